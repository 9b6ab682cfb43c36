import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Entry, entryText, readEntries } from '../../src/store/entries.ts';
import { chain, digestOf, genesis } from '../../src/store/line.ts';
import { readHead } from '../../src/store/read.ts';
import { scanData } from '../support/history.ts';
import { created, requestOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  const scans = fc.sample(scanData, { numRuns: 80, seed: 3 }).map((data, at) => ({ at, org: 'org_2', data }));
  await store.ledger.append(scansTo('scans-1', 0, ...scans.slice(0, 20)));
  const labels = ['Ölüdeniz ☕ \u{1F468}\u200D\u{1F469}', 'tab\tand\nfeed', `"' \\ \\n \\u0000`, '\u2028'];
  await Promise.all([
    ...labels.map((label, i) =>
      store.ledger.append(requestOf(`qr_${i}`, 0, { type: 'qr.relabeled', data: { label } })),
    ),
    store.ledger.append(scansTo('scans-1', 20, ...scans.slice(20, 50))),
    store.ledger.append({ ...requestOf('instance', 0, created('a')), org: null, request: null }),
  ]);
  await store.ledger.append(scansTo('scans-2', 0, ...scans.slice(50)));
});
afterAll(() => store.close());

const all = async (): Promise<Entry[]> => readEntries(store.sql, 0, await readHead(store.sql));

describe('entries', () => {
  test('are the lines that the chain was made of, each at its position', async () => {
    const entries = await all();
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, i) => i + 1));
    const commits = await store.sql`select first, last, hash from ledger.commits where last > 0 order by last`;
    let hash: Uint8Array = genesis;
    for (const commit of commits) {
      const lines = entries.slice(commit['first'] - 1, commit['last']).map(({ line }) => line);
      hash = chain(hash, digestOf(lines.join('')));
      expect(Buffer.from(hash).equals(commit['hash'])).toBe(true);
    }
    expect(commits.at(-1)!['last']).toBe(entries.length);
  });

  test('are read by range and by organisation', async () => {
    const entries = await all();
    expect(await readEntries(store.sql, 3, 30)).toEqual(entries.slice(3, 30));
    for (const org of ['org_1', 'org_2', 'org_3']) {
      const own = entries.filter(entry => entry.org === org);
      expect(await readEntries(store.sql, 0, entries.length, org)).toEqual(own);
    }
    expect(entries.filter(({ org }) => org === null)).toHaveLength(1);
    expect(await readEntries(store.sql, entries.length, entries.length + 5)).toEqual([]);
  });

  test('are told apart by their position, also where the rows are the same', () => {
    expect(entryText({ position: 7, line: 'a\tb\n' })).toBe('7\ta\tb\n');
  });
});
