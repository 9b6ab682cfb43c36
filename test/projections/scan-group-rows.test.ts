/**
 * Groups of scans in their rows: read by heads, in pieces and whole, and only while the row is the one that was meant.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Sql } from '../../projections/projection.ts';
import { keepCondensed } from '../../projections/scan-condensing.ts';
import { type Dense, readHeads, readWhole, readWished } from '../../projections/scan-group-rows.ts';
import { type Group, storedGroups } from '../../projections/scan-groups.ts';
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
const nodeOf = (scans: number, subject = 1): Dense => ({
  ...{ subject, org: 'org_1', month: start, grain: 'month', span: { from: start, to: start + 2_976 } },
  ...{ scans, firstPart: 0, lastPart: 9, isCode: true, model: 1 },
});
/** Long enough that groups which are not side by side are read apart. */
const groups: Group[] = Array.from({ length: 12 }, (_, i) => ({
  ...{ combination: 100 + i, version: 1, scans: 5 + i },
  quarters: new Uint8Array(1_000 + i).fill(i),
  visitors: new Uint8Array(2_000 - i).fill(100 + i),
}));
const keep = (tx: Sql, scans: number, some: readonly Group[], subject = 1) =>
  keepCondensed(tx, { org: 'org_1', subject, grain: 0, start, scans, ...storedGroups(some) });
const plain = (some: readonly Group[] | undefined) =>
  some
    ?.map(({ quarters, visitors, ...group }) => ({ ...group, quarters: [...quarters], visitors: [...visitors] }))
    .sort((a, b) => a.combination - b.combination);

test('what is wished for is read and nothing else, wherever it lies', async () => {
  await trial(store.sql, scans, [], async tx => {
    const [one, other] = [nodeOf(1_500), nodeOf(1_600, 2)];
    await keep(tx, 1_500, groups);
    await keep(tx, 1_600, groups.slice(3, 5), 2);
    expect(plain(await readWhole(tx, one))).toEqual(plain(groups));
    const heads = await readHeads(tx, [one, other, nodeOf(1_700, 3)]);
    expect([...heads.keys()]).toEqual([one, other]);
    for (const wanted of [[100], [100, 101, 111], [103, 107], [104, 105, 106, 110], []]) {
      const found = await readWished(tx, heads, (node, place) => {
        const { combination } = (node === one ? groups : groups.slice(3, 5))[place]!;
        return wanted.includes(combination) ? 'all' : combination === 108 ? 'number' : 'none';
      });
      const number = { ...groups[8]!, quarters: new Uint8Array(0), visitors: new Uint8Array(0) };
      const mine = groups.filter(({ combination }) => wanted.includes(combination));
      expect(plain(found.get(one))).toEqual(plain([...mine, number]));
      expect(plain(found.get(other))).toEqual(
        plain(mine.filter(({ combination }) => [103, 104].includes(combination))),
      );
    }
  });
});

test('a row that holds other scans than are meant is none, also when it changes in between', async () => {
  await trial(store.sql, scans, [], async tx => {
    const node = nodeOf(1_500);
    await keep(tx, 1_500, groups);
    const heads = await readHeads(tx, [node]);
    await keep(tx, 1_501, groups.slice(1));
    expect(await readWished(tx, heads, () => 'all')).toEqual(new Map());
    expect(await readWhole(tx, node)).toBeUndefined();
    expect(plain(await readWhole(tx, nodeOf(1_501)))).toEqual(plain(groups.slice(1)));
    // What was made of fewer scans comes too late.
    await keep(tx, 1_500, groups);
    expect(await readWhole(tx, node)).toBeUndefined();
  });
});

test('a row without groups says that shorter spans have them', async () => {
  await trial(store.sql, scans, [], async tx => {
    const node = nodeOf(1_500);
    await keep(tx, 1_500, []);
    const heads = await readHeads(tx, [node]);
    expect([...heads.get(node)!]).toEqual([]);
    expect(await readWished(tx, heads, () => 'all')).toEqual(new Map());
  });
});
