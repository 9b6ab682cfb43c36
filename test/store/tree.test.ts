import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readNodes, readTrees, type StoredNode, treeReached, writeStep } from '../../src/store/tree.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const node = (height: number, index: number): StoredNode => ({ height, index, hash: hash((height + index) % 256) });
const tree = (size: number, org = '') => ({ org, size, frontier: hash(size % 256) });

describe('a step', () => {
  test('is written from where the one before has ended, and from nowhere else', async () => {
    const { sql } = store;
    expect((await readTrees(sql, ['', 'org_1'])).get('')).toEqual({ org: '', size: 0, frontier: Buffer.alloc(0) });
    expect(await writeStep(sql, 0, [node(8, 0)], [tree(300), tree(5, 'org_1')])).toBe(true);
    expect(await writeStep(sql, 0, [node(8, 1)], [tree(600), tree(9, 'org_1')])).toBe(false);
    const trees = await readTrees(sql, ['', 'org_1', 'org_2']);
    expect([...trees.values()].map(({ org, size }) => [org, size])).toEqual([
      ['', 300],
      ['org_1', 5],
    ]);
    expect(await readNodes(sql, [0])).toEqual([{ height: 8, index: 0, hash: Buffer.from(hash(8)) }]);
    expect(await writeStep(sql, 300, [], [tree(301), tree(1, 'org_2')])).toBe(true);
    expect((await readTrees(sql, ['org_2'])).get('org_2')!.size).toBe(1);
  });

  test('of one of two at once is written, of the other nothing', async () => {
    const at = (await readTrees(store.sql, [''])).get('')!.size;
    const written = await Promise.all(
      [1, 2].map(n => writeStep(store.sql, at, [node(16, n)], [tree(at + 1, ''), tree(n, `org_race_${n}`)])),
    );
    expect(written.toSorted()).toEqual([false, true]);
    expect((await readTrees(store.sql, ['org_race_1', 'org_race_2'])).size).toBe(1);
    const [row] = await store.sql`select count(*) as nodes from ledger.tree_nodes where height = 16`;
    expect(row!['nodes']).toBe(1);
  });
});

test('nodes are read where a path may need them, and only there', async () => {
  const at = (await readTrees(store.sql, [''])).get('')!.size;
  const far = 3 * 2 ** 16;
  const nodes = [node(8, 255), node(8, 256), node(8, far / 256), node(8, far / 256 + 255), node(24, 0), node(24, 256)];
  await writeStep(store.sql, at, nodes, [tree(at + 1)]);
  const found = async (leaves: number[]) =>
    (await readNodes(store.sql, leaves))
      .filter(({ height }) => height !== 16)
      .map(({ height, index }) => `${height} ${index}`)
      .sort();
  expect(await found([5])).toEqual(['24 0', '8 0', '8 255']);
  expect(await found([far + 65_535])).toEqual(['24 0', `8 ${far / 256 + 255}`, `8 ${far / 256}`]);
  expect(await found([5, 65_536])).toEqual(['24 0', '8 0', '8 255', '8 256']);
});

test('the database refuses that a node is changed or removed', async () => {
  const refused = async (statement: string) => {
    await expect(store.sql.unsafe(statement)).rejects.toThrow(/append-only|permission denied/);
  };
  await refused(`update ledger.tree_nodes set hash = sha256('x')`);
  await refused('delete from ledger.tree_nodes');
  await refused('truncate ledger.tree_nodes');
});

test('whoever waits for a size hears when it is reached, or that it takes too long', async () => {
  const at = (await readTrees(store.sql, [''])).get('')!.size;
  const waiting = treeReached(store.sql, at + 2, 30_000);
  await expect(treeReached(store.sql, at + 2, 30)).rejects.toThrow('the tree took more than 30 ms');
  await writeStep(store.sql, at, [], [tree(at + 2)]);
  await waiting;
});
