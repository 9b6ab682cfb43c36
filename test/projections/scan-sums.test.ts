/**
 * Sums of scans by themselves: what is stored is what is read, and adding sums is counting all their scans together.
 */
import { expect, test } from 'bun:test';
import { combinationFrom, combinationOf, type Item } from '../../projections/scan-items.ts';
import { addStored, addSum, emptySum, type Sums, storedSum } from '../../projections/scan-sums.ts';
import { addItems, Combinations } from '../../projections/scan-tallies.ts';
import { spanOf } from '../../projections/scan-times.ts';
import { burst, comparable, counted, type ScanEvent } from '../support/bursts.ts';

/** Scans as the read model numbers them. */
function itemsOf(events: readonly ScanEvent[]) {
  const texts = [...new Set(events.map(({ data }) => combinationOf(data)))];
  const items = events.map(
    ({ at, data }): Item => ({
      ...{ quarter: Math.floor(at / 900_000), visitor: data.visitor, version: data.qrVersion, part: 0 },
      combination: texts.indexOf(combinationOf(data)),
    }),
  );
  return { items, combinations: new Combinations(texts.map((text, id) => [id, combinationFrom(text)])) };
}

const total = (sums: Sums) => {
  const sum = emptySum();
  for (const part of sums.values()) addSum(sum, part);
  return comparable(new Map([['all', sum]]));
};

test('the sum of scans is a plain count of them', () => {
  for (const size of [0, 1, 40, 3_000]) {
    const events = burst(size + 1, size);
    const { items, combinations } = itemsOf(events);
    const sums: Sums = new Map();
    addItems(sums, items, combinations, true);
    expect(comparable(sums)).toEqual(comparable(counted(events, new Map(), true)));
  }
});

test('sums added up, and stored and read in between, are the sum of all their scans', () => {
  for (const size of [10, 3_000, 12_000]) {
    const events = burst(size, size);
    const { items, combinations } = itemsOf(events);
    const whole: Sums = new Map();
    addItems(whole, items, combinations, true);
    const again = emptySum();
    for (const [month, some] of Map.groupBy(items, ({ quarter }) => spanOf('month', quarter).from)) {
      const part: Sums = new Map();
      addItems(part, some, combinations, true);
      for (const sum of part.values())
        addStored(again, JSON.parse(JSON.stringify(storedSum(sum, month)), bytes), month);
    }
    expect(comparable(new Map([['all', again]]))).toEqual(total(whole));
  }
});
const bytes = (_: string, value: unknown) =>
  (value as { type?: unknown })?.type === 'Buffer' ? Buffer.from((value as { data: number[] }).data) : value;

test('a value that is called like what every object has is a value like others', () => {
  const sum = emptySum();
  const stored = {
    scans: 2,
    counts: JSON.parse('{"city":{"__proto__":1,"constructor":1}}'),
    quarters: Buffer.alloc(0),
    visitors: Buffer.alloc(0),
  };
  addStored(sum, stored, 0);
  addStored(sum, storedSum(sum, 0), 0);
  expect(Object.entries(sum.counts.city!)).toEqual([
    ['__proto__', 2],
    ['constructor', 2],
  ]);
});
