/**
 * A place in the ledger against feeds that do what feeds do: lose, repeat, delay and mix up runs, fall silent, go on
 * while the database is away. Whatever happens, each event comes out once and in order.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Family } from '../../events/index.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import type { Run } from '../../src/store/read.ts';
import { Cursor } from '../../src/stream/cursor.ts';
import { Subscription } from '../../src/stream/subscribe.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';
import { HeldFeed } from './held-feed.ts';
import { Writer } from './traffic.ts';
import { Witness } from './witness.ts';

const soonMs = 10_000;
let store: TestStore;
let names = 0;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const writer = () => new Writer(store.ledger, `w${++names}-`);

/** What becomes of a commit on its way: which of the commits so far are said next, if any, and whether a hint comes. */
const fates = fc.array(
  fc.record({
    back: fc.array(fc.nat(6), { maxLength: 4 }),
    hint: fc.boolean(),
    fails: fc.boolean(),
    facts: fc.nat(3),
    scans: fc.nat(3),
  }),
  { minLength: 1, maxLength: 25 },
);

test('whatever the feed loses, repeats, delays or mixes up, each event comes once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 9 }), async (plan, batchMax) => {
      const feed = new HeldFeed();
      const work = writer();
      const runs: { family: Family; run: Run }[] = [];
      const stop = store.ledger.onCommit(({ from, to, facts, scans }) => {
        runs.push({ family: 'facts', run: { from, to, events: facts } });
        runs.push({ family: 'scans', run: { from, to, events: scans } });
      });
      let failures = plan.filter(({ fails }) => fails).length;
      const before = () => {
        if (failures > 0 && failures-- % 2 === 0) throw new Error('not now');
      };
      const after = store.ledger.position;
      const options = { sql: store.sql, feed, after, batchMax, pollMs: 20, before };
      const witnesses = (['facts', 'scans', 'all'] as const).map(family => new Witness({ ...options, family }));
      for (const { facts, scans, back, hint } of plan) {
        if (facts > 0) await work.facts(facts);
        if (scans > 0) await work.scans(scans);
        for (const n of back) {
          const said = runs.at(-1 - n);
          if (said) feed.run(said.family, said.run);
        }
        if (hint) feed.hint();
      }
      for (const witness of witnesses) {
        const { seen, ledger } = await witness.caughtUp();
        expect(seen).toEqual([...ledger]);
        await witness.stop();
      }
      stop();
    }),
    { numRuns: 40 },
  );
});

test('while a run is worked on, the one behind it is being read', async () => {
  const work = writer();
  await work.facts(9);
  let looks = 0;
  const counting = new Proxy(store.sql, {
    apply: (target, self, query: Parameters<Sql>) => {
      if (query[0].join('').includes('from ledger.events')) looks += 1;
      return Reflect.apply(target, self, query);
    },
  });
  const handed: number[] = [];
  const before = async ({ events }: Run) => {
    handed.push(events.length);
    // Of nine facts, four at a time, the last run is not full: there is nothing behind it to be read ahead.
    if (events.length === 4) await until(() => looks > handed.length, soonMs);
  };
  const after = store.ledger.position - 9;
  const witness = new Witness({ sql: counting, feed: new HeldFeed(), family: 'facts', after, batchMax: 4, before });
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(handed).toEqual([4, 4, 1]);
  await witness.stop();
});

test('of types that nobody wants nothing need be read', async () => {
  const work = writer();
  const after = store.ledger.position;
  await work.facts(5);
  await work.scans(3);
  const place = (types: readonly string[]) =>
    new Cursor({ sql: store.sql, feed: new HeldFeed(), family: 'facts', after, types }, () => {});
  const none = await place(['qr.deleted']).next();
  expect([none?.events, none?.to]).toEqual([[], store.ledger.position]);
  const all = await place(['qr.created']).next();
  expect(all?.events).toHaveLength(5);
});

test('while the database is out of reach, what joins on is still taken from the feed', async () => {
  const away = connect('postgres://nobody@127.0.0.1:1/none', { max: 1 });
  const feed = new HeldFeed();
  const seen: number[] = [];
  const errors: unknown[] = [];
  const subscription = new Subscription({
    name: 'cut off',
    sql: away,
    feed,
    family: 'facts',
    after: store.ledger.position,
    onRun: async run => void seen.push(...run.events.map(({ position }) => position)) as undefined,
    onError: error => errors.push(error),
  });
  await until(() => errors.length > 0, soonMs);
  const stop = feed.follow(store.ledger);
  const first = store.ledger.position;
  await writer().commits(10);
  await until(() => subscription.position === store.ledger.position, soonMs);
  expect(seen[0]).toBe(first + 1);
  expect(errors.length).toBeGreaterThan(0);
  stop();
  await subscription.stop();
  await away.end({ timeout: 0 });
});

test('a hint is followed at once, without waiting for the poll', async () => {
  const feed = new HeldFeed();
  const witness = new Witness({ sql: store.sql, feed, family: 'facts', after: store.ledger.position });
  await writer().facts(3);
  feed.hint();
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  await witness.stop();
});

test('a feed that says nothing at all only costs time', async () => {
  const feed = new HeldFeed();
  const witness = new Witness({ sql: store.sql, feed, family: 'scans', after: store.ledger.position, pollMs: 50 });
  await writer().scans(3);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  await witness.stop();
});

test('a run that the ledger does not have is not handed over and blocks nothing', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const witness = new Witness({ sql: store.sql, feed, family: 'facts', after: store.ledger.position });
  const far = store.ledger.position + 1_000_000;
  await witness.caughtUp();
  feed.run('facts', { from: far, to: far + 1, events: [{ position: far + 1 } as Run['events'][number]] });
  await writer().facts(4);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  stop();
  await witness.stop();
});

test('commits of other families behind a gap are taken in soon, but cost no look at the ledger each', async () => {
  const feed = new HeldFeed();
  let looks = 0;
  const sql = new Proxy(store.sql, {
    apply: (target, self, query: Parameters<Sql>) => {
      if (query[0].join('').includes('ledger.head')) looks += 1;
      return Reflect.apply(target, self, query);
    },
  });
  const witness = new Witness({ sql, feed, family: 'facts', after: store.ledger.position });
  await until(() => looks > 0, soonMs);
  const before = { looks, at: performance.now() };
  const head = store.ledger.position;
  // Commits of this process that hold scans only, each behind commits of others of which the facts' feed says nothing.
  for (let i = 1; i <= 300; i++) {
    feed.run('facts', { from: head + 2 * i, to: head + 2 * i + 1, events: [] });
    await store.sql`select 1`;
  }
  expect(looks - before.looks).toBeLessThanOrEqual((performance.now() - before.at) / 9 + 1);
  await writer().facts(1);
  feed.run('facts', { from: head + 1_000, to: head + 1_001, events: [] });
  await until(() => witness.seen.length === 1, soonMs);
  await witness.stop();
});

test('more than is kept for a slow subscriber is read from the ledger', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const options = { sql: store.sql, feed, after: store.ledger.position, before: () => released };
  const witness = new Witness({ ...options, family: 'scans' });
  const work = writer();
  await work.scans(1);
  for (let i = 0; i < 35; i++) await work.scans(2_000);
  release();
  const { seen, ledger } = await witness.caughtUp();
  expect(seen.length).toBe(70_001);
  expect(seen).toEqual([...ledger]);
  stop();
  await witness.stop();
});

test('what comes live does not put off the next look at the ledger', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const after = store.ledger.position;
  const cursor = new Cursor({ sql: store.sql, feed, family: 'facts', after, pollMs: 600_000 }, () => {});
  expect(cursor.dueMs).toBe(0);
  expect(await cursor.next()).toBeUndefined();
  const dueMs = cursor.dueMs;
  expect(dueMs).toBeGreaterThan(0);
  const work = writer();
  for (let i = 0; i < 5; i++) {
    await work.facts(1);
    const run = await cursor.next();
    expect(run?.events).toHaveLength(1);
    cursor.seek(run!.to);
    expect(cursor.dueMs).toBeLessThan(dueMs);
  }
  cursor.close();
  stop();
});
