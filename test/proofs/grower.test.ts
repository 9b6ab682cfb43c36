import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Grower } from '../../src/proofs/grower.ts';
import { Frontier, leafHash } from '../../src/proofs/merkle.ts';
import { entryText, readEntries } from '../../src/store/entries.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readHead } from '../../src/store/read.ts';
import { readTrees, treeReached } from '../../src/store/tree.ts';
import { created, cutConnections, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
let errors: unknown[];
beforeEach(async () => {
  store = await testStore();
  errors = [];
});
afterEach(() => store.close());

const growerOf = () => new Grower(store.sql, error => errors.push(error));

/** Codes of two organisations, something of nobody's, and scans. */
async function chapter(n: number, scans = 50): Promise<void> {
  await Promise.all([
    store.ledger.append(requestOf(`qr_a${n}`, 0, created(`a${n}`))),
    store.ledger.append({ ...requestOf(`qr_b${n}`, 0, created(`b${n}`)), org: 'org_2' }),
    store.ledger.append({ ...requestOf(`sys_${n}`, 0, created(`c${n}`)), org: null }),
    store.ledger.append(scansTo(`scans-${n}`, 0, ...Array.from({ length: scans }, () => scanOf('qr_a0')))),
  ]);
}

/** What the trees have to be, from all entries at once. */
async function expected(): Promise<Record<string, string>> {
  const entries = await readEntries(store.sql, 0, await readHead(store.sql));
  const trees = new Map<string, Frontier>([['', new Frontier()]]);
  for (const entry of entries) {
    for (const org of ['', ...(entry.org === null ? [] : [entry.org])]) {
      const tree = trees.get(org) ?? new Frontier();
      tree.push(leafHash(entryText(entry)));
      trees.set(org, tree);
    }
  }
  return Object.fromEntries([...trees].map(([org, tree]) => [org, `${tree.size} ${tree.bytes().toString('hex')}`]));
}

async function stored(): Promise<Record<string, string>> {
  const trees = await readTrees(store.sql, ['', 'org_1', 'org_2', 'org_3']);
  return Object.fromEntries(
    [...trees.values()].map(({ org, size, frontier }) => [org, `${size} ${Buffer.from(frontier).toString('hex')}`]),
  );
}

describe('the trees', () => {
  test('of the ledger and of each organisation are those of their entries, however they grew', async () => {
    const grower = growerOf();
    for (let n = 0; n < 5; n++) {
      await chapter(n);
      if (n % 2 === 0) await grower.settle();
    }
    await grower.settle();
    expect(await stored()).toEqual(await expected());
    expect(Object.keys(await stored()).sort()).toEqual(['', 'org_1', 'org_2']);
  });

  test('are the same where what this process writes is not read back, and another one writes too', async () => {
    const other = new Ledger(store.url);
    const grower = new Grower(store.sql, error => errors.push(error), store.ledger).start();
    for (let n = 0; n < 6; n++) {
      await chapter(n);
      if (n % 3 === 1) await other.append(requestOf(`qr_c${n}`, 0, created(`c${n}`)));
      if (n % 2 === 0) await grower.settle();
    }
    await grower.stop();
    await grower.settle();
    await other.close();
    expect(await stored()).toEqual(await expected());
    expect(errors).toEqual([]);
  });

  test('grow by themselves, and at once when somebody waits', async () => {
    const grower = growerOf().start();
    for (let n = 0; n < 3; n++) {
      await chapter(n);
      grower.wake();
      await treeReached(store.sql, await readHead(store.sql), 30_000);
    }
    await chapter(3);
    await treeReached(store.sql, await readHead(store.sql), 30_000);
    await grower.stop();
    expect(await stored()).toEqual(await expected());
    expect(errors).toEqual([]);
  });

  test('grown by several at once are the same', async () => {
    const growers = [growerOf(), growerOf(), growerOf()];
    for (let n = 0; n < 4; n++) {
      await chapter(n);
      await Promise.all(growers.map(grower => grower.settle()));
    }
    expect(await stored()).toEqual(await expected());
  });

  test('go on after the database was away', async () => {
    const grower = growerOf().start();
    await chapter(0);
    await treeReached(store.sql, await readHead(store.sql), 30_000);
    expect(await cutConnections(store, 'indelible')).toBeGreaterThan(0);
    await chapter(1);
    await until(
      () =>
        treeReached(store.sql, 2, 1_000)
          .then(async () => (await readTrees(store.sql, [''])).get('')!.size === (await readHead(store.sql)))
          .catch(() => false),
      10_000,
    );
    await grower.stop();
    expect(await stored()).toEqual(await expected());
  });
});
