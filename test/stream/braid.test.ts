/**
 * Both families in one order. That nothing is lost, repeated or mixed up whatever the feed does is shown with the other
 * places in `cursor.test.ts`; here stands what two families need: silence of the one must not hold up the other.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Sql } from '../../src/store/connect.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';
import { HeldFeed } from './held-feed.ts';
import { Writer } from './traffic.ts';
import { Witness } from './witness.ts';

let store: TestStore;
let names = 0;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const writer = () => new Writer(store.ledger, `w${++names}-`);

/** Counts how often the ledger's head is asked for. */
function counted(sql: Sql): { sql: Sql; looks: () => number } {
  let looks = 0;
  const counting = new Proxy(sql, {
    apply: (target, self, query: Parameters<Sql>) => {
      if (query[0].join('').includes('ledger.head')) looks += 1;
      return Reflect.apply(target, self, query);
    },
  });
  return { sql: counting, looks: () => looks };
}

test('commits of both families, in turns and together, come out as they stand in the ledger', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const witness = new Witness({ sql: store.sql, feed, family: 'all', after: store.ledger.position, batchMax: 3 });
  const [one, other] = [writer(), writer()];
  await Promise.all([one.commits(40), other.commits(40)]);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(new Set(witness.seen.map(({ type }) => type)).size).toBe(2);
  stop();
  await witness.stop();
});

test('one family alone is not held up by the silence of the other', async () => {
  const feed = new HeldFeed();
  const stop = store.ledger.onCommit(({ from, to, scans }) => feed.run('scans', { from, to, events: scans }));
  const witness = new Witness({ sql: store.sql, feed, family: 'all', after: store.ledger.position });
  const work = writer();
  for (let i = 0; i < 5; i++) {
    await work.scans(2);
    const { seen, ledger } = await witness.caughtUp(2_000);
    expect(seen).toEqual([...ledger]);
  }
  stop();
  await witness.stop();
});

test('a process that hears of its own commits asks the ledger for nothing', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const { sql, looks } = counted(store.sql);
  const witness = new Witness({ sql, feed, family: 'all', after: store.ledger.position });
  const work = writer();
  const arrived = () => until(() => witness.position === store.ledger.position, 5_000);
  await work.commits(2);
  await arrived();
  const before = looks();
  await work.commits(100);
  await arrived();
  expect(looks()).toBe(before);
  stop();
  await witness.stop();
});

test('a place is sought for both families at once, forwards and backwards', async () => {
  const after = store.ledger.position;
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  let leap = true;
  const offered: number[] = [];
  const witness = new Witness({
    sql: store.sql,
    feed,
    family: 'all',
    after,
    before: run => {
      offered.push(run.from);
      if (leap && run.to >= after + 4) {
        leap = false;
        throw new Error('once more');
      }
    },
  });
  await writer().commits(8);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(offered.filter((from, i) => offered.indexOf(from) < i).length).toBeGreaterThan(0);
  await until(() => witness.position === store.ledger.position, 5_000);
  stop();
  await witness.stop();
});
