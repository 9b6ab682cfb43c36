/**
 * Extracts by themselves: the sum of a span's groups by kinds, as a plain count has it, and only a number where no more
 * was asked for.
 */
import { expect, test } from 'bun:test';
import { extractOf, sizeOf } from '../../projections/scan-extracts.ts';
import type { Dense } from '../../projections/scan-group-rows.ts';
import { Grouping, onlyNumber } from '../../projections/scan-groups.ts';
import { combinationFrom, combinationOf, packed } from '../../projections/scan-items.ts';
import { addStored, emptySum, type Sums } from '../../projections/scan-sums.ts';
import { Combinations } from '../../projections/scan-tallies.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { burst, comparable, counted } from '../support/bursts.ts';

const start = quarterOf(Date.UTC(2025, 10, 1));
const node: Dense = {
  ...{ subject: 1, org: 'org_1', month: start, grain: 'month', span: { from: start, to: start + 200 * 96 } },
  ...{ scans: 3_000, firstPart: 0, lastPart: 9, isCode: true, model: 1 },
};
const events = burst(7, 3_000);
const texts = [...new Set(events.map(({ data }) => combinationOf(data)))];
const known = new Combinations(texts.map((text, id) => [id, combinationFrom(text)]));
const grouping = new Grouping(node.span);
grouping.add(
  packed(
    events.map(({ at, data }) => ({
      ...{ quarter: quarterOf(at), visitor: data.visitor, version: data.qrVersion, part: 0 },
      combination: texts.indexOf(combinationOf(data)),
    })),
  ),
);
const groups = grouping.groups();

test('groups make the sums of a plain count, time and again', () => {
  for (const isCode of [true, false, true]) {
    const sums: Sums = new Map();
    for (const { kinds, counts, ...extract } of extractOf({ ...node, isCode }, groups, known)) {
      const sum = emptySum();
      addStored(sum, { ...extract, counts: counts! }, start);
      sums.set(kinds, sum);
    }
    expect(comparable(sums)).toEqual(comparable(counted(events, new Map(), isCode)));
  }
});

test('of groups without bodies no more is told than how many scans there are', () => {
  const told = extractOf(node, groups, known);
  const numbers = extractOf(node, groups.map(onlyNumber), known);
  expect(numbers.map(({ kinds, scans }) => [kinds, scans])).toEqual(told.map(({ kinds, scans }) => [kinds, scans]));
  expect(numbers.map(({ counts }) => counts)).toEqual(numbers.map(() => null));
  expect(sizeOf(numbers)).toBeLessThan(sizeOf(told));
  // They are kept, and hold no more memory than is said.
  for (const { visitors } of [...told, ...numbers]) expect(visitors.buffer.byteLength).toBe(visitors.length);
  expect(extractOf(node, [], known)).toEqual([]);
});
