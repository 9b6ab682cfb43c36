/**
 * Which groups of a span are meant, as text: two questions share what was found just if they mean the same groups, of
 * the same scans; and what was read of a span is not read again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Recent } from '../../projections/recent.ts';
import { Choice, readChoosable, type Wish } from '../../projections/scan-choices.ts';
import { keepCondensed } from '../../projections/scan-condensing.ts';
import { type Dense, keyOf } from '../../projections/scan-group-rows.ts';
import { type Group, storedGroups } from '../../projections/scan-groups.ts';
import { Combinations } from '../../projections/scan-tallies.ts';
import { scans } from '../../projections/scans.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

const start = 1_963_008;
const nodeOf = (from: number, scans = 1_500): Dense => ({
  ...{ subject: 1, org: 'org_1', month: from, grain: 'month', span: { from, to: from + 2_880 } },
  ...{ scans, firstPart: 0, lastPart: 9, isCode: true, model: 7 },
});
const countries = ['DE', 'FR', 'JP', ''];
const groupsOf = (size: number): Group[] =>
  Array.from({ length: size }, (_, i) => ({
    ...{ combination: 1 + (i % countries.length), version: 1 + Math.floor(i / countries.length), scans: 5 + i },
    ...{ quarters: new Uint8Array(9), visitors: new Uint8Array(9) },
  }));
/** More groups than a character says, and other ones in the second month. */
const months = [nodeOf(start), nodeOf(start + 2_880)];
const sizes = [11, 22];

const wishes: Record<string, Wish> = {
  none: () => 'none',
  all: () => 'all',
  number: () => 'number',
  german: (_, { country }) => (country === 'DE' ? 'all' : 'none'),
  'german, the other way round': (_, { country }) => (['FR', 'JP', ''].includes(country) ? 'none' : 'all'),
  second: (_, __, version) => (version === 2 ? 'all' : 'none'),
  sixth: (_, __, version) => (version === 6 ? 'all' : 'none'),
};

test('questions have the same key just if they mean the same groups', async () => {
  await trial(store.sql, scans, [], async tx => {
    for (const [i, country] of countries.entries()) {
      await tx`insert into scan_combinations values (${i + 1}, ${`scan scan\t${country}${'\t'.repeat(11)}`})`;
    }
    for (const [i, { span, scans }] of months.entries()) {
      const row = { org: 'org_1', subject: 1, grain: 0, start: span.from, scans };
      await keepCondensed(tx, { ...row, ...storedGroups(groupsOf(sizes[i]!)) });
    }
    const recent = new Recent(1_000_000);
    const read = () => readChoosable(tx, [...months, nodeOf(start, 1_600)], new Combinations(), recent);
    const choosable = await read();
    expect([...choosable.keys()]).toEqual(months);
    // Where it stands is of no concern any more.
    await tx`delete from scan_condensed`;
    expect([...(await read()).values()]).toEqual([...choosable.values()]);

    for (const [i, node] of months.entries()) {
      const groups = choosable.get(node)!;
      const same = Map.groupBy(Object.keys(wishes), name => new Choice(wishes[name]!).keyOf(node, groups));
      const alike = [...same.values()].filter(names => names.length > 1);
      // The first month has no sixth version, so that asking for it is asking for nothing there.
      expect(alike).toEqual(
        i === 0
          ? [
              ['none', 'sixth'],
              ['german', 'german, the other way round'],
            ]
          : [['german', 'german, the other way round']],
      );
      for (const key of same.keys()) expect(key.startsWith(`${keyOf(node)} `)).toBeTrue();
      const choice = new Choice(wishes['german']!);
      expect(groupsOf(sizes[i]!).map((_, place) => choice.of(node, groups, place))).toEqual(
        groupsOf(sizes[i]!).map(({ combination }) => (combination === 1 ? 'all' : 'none')),
      );
    }
  });
});

test('a span is another one with other scans, in another month and in another building of the model', () => {
  const keys = [
    nodeOf(start),
    nodeOf(start, 1_501),
    nodeOf(start + 2_880),
    { ...nodeOf(start), model: 8 },
    { ...nodeOf(start), org: 'org_2' },
    { ...nodeOf(start), subject: 2 },
    { ...nodeOf(start), grain: 'third' as const },
  ].map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
});
