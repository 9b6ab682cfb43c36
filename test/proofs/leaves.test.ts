import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { OwnLeaves, readLeaves } from '../../src/proofs/leaves.ts';
import { transaction } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readHead } from '../../src/store/read.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let own: OwnLeaves;
beforeEach(async () => {
  store = await testStore();
  own = new OwnLeaves();
  store.ledger.onCommit(commit => own.take(commit));
});
afterEach(() => store.close());

/** Facts of two organisations, one of nobody's, and scans, in one commit. */
const chapter = (n: number, ledger = store.ledger) =>
  Promise.all([
    ledger.append(requestOf(`qr_a${n}`, 0, created(`a${n}`), created('sealed'))),
    ledger.append({ ...requestOf(`qr_b${n}`, 0, created(`b${n}`)), org: 'org_2' }),
    ledger.append({ ...requestOf(`sys_${n}`, 0, created(`c${n}`)), org: null }),
    ledger.append(scansTo(`scans-${n}`, 0, scanOf('qr_a0'), scanOf('qr_b0'))),
  ]);

const inOne = (runs: readonly { hashes: Uint8Array; orgs: readonly (string | null)[] }[]) => ({
  hashes: Buffer.concat(runs.map(({ hashes }) => hashes)).toString('hex'),
  orgs: runs.flatMap(({ orgs }) => orgs),
});

describe('the leaves of what this process wrote', () => {
  test('are those of the rows in the ledger', async () => {
    const start = await readHead(store.sql);
    for (let n = 0; n < 3; n++) await chapter(n);
    const head = await readHead(store.sql);
    const runs = await own.after(store.sql, start, head);
    expect(runs.map(({ from, to }) => [from, to])).toEqual([0, 1, 2].map(n => [start + 6 * n, start + 6 * n + 6]));
    expect(inOne(runs)).toEqual(inOne([await readLeaves(store.sql, start, head)]));
  });

  test('are not known before a commit of another process, nor beyond what is asked for', async () => {
    await chapter(0);
    const other = new Ledger(store.url);
    await chapter(1, other);
    await other.close();
    const start = await readHead(store.sql);
    await chapter(2);
    const middle = await readHead(store.sql);
    await chapter(3);
    expect(await own.after(store.sql, start - 6, middle)).toEqual([]);
    expect((await own.after(store.sql, start, middle)).map(({ to }) => to)).toEqual([middle]);
  });

  test('are forgotten once a tree has them', async () => {
    const start = await readHead(store.sql);
    await chapter(0);
    const head = await readHead(store.sql);
    expect(await own.after(store.sql, head, head)).toEqual([]);
    expect(await own.after(store.sql, start, head)).toEqual([]);
  });

  test('are not those of commits that the database has lost, whatever stands in their place and follows', async () => {
    const start = await readHead(store.sql);
    await chapter(0);
    await transaction(store.sql, async tx => {
      await tx`set local session_replication_role = replica`;
      await tx`delete from ledger.events where position > ${start}`;
      await tx`delete from ledger.scans where position > ${start}`;
      await tx`delete from ledger.commits where last > ${start}`;
      await tx`delete from vault.pads where first > ${start}`;
    });
    // As long as the one that was lost, from elsewhere; then this process goes on just where it was.
    const other = new Ledger(store.url);
    await chapter(2, other);
    await other.close();
    await chapter(3);
    const head = await readHead(store.sql);
    expect(await own.after(store.sql, start, head)).toEqual([]);
    await chapter(4);
    const runs = await own.after(store.sql, head, head + 6);
    expect(inOne(runs)).toEqual(inOne([await readLeaves(store.sql, head, head + 6)]));
  });
});
