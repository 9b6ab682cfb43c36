/**
 * What a subscriber's handler can rely on: it may fail, be slow, leap or be stopped, and is handed each event once.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from '../../src/store/connect.ts';
import { Subscription } from '../../src/stream/subscribe.ts';
import { gate } from '../support/gate.ts';
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

test('a handler that fails is given the same events again until it takes them', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const offered: number[] = [];
  const witness = new Witness({
    sql: store.sql,
    feed,
    family: 'facts',
    after: store.ledger.position,
    before: run => {
      offered.push(...run.events.map(({ position }) => position));
      if (offered.length < 6) throw new Error('not yet');
    },
  });
  await writer().facts(2);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(offered).toEqual([...ledger, ...ledger, ...ledger]);
  expect(witness.errors.map(String)).toEqual(['Error: not yet', 'Error: not yet']);
  stop();
  await witness.stop();
});

test('a handler that keeps refusing is not bothered again with every new event', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  let offered = 0;
  const witness = new Witness({
    sql: store.sql,
    feed,
    family: 'facts',
    after: store.ledger.position,
    before: () => {
      offered += 1;
      throw new Error('never');
    },
  });
  const work = writer();
  await until(async () => (await work.facts(1)) === undefined && offered > 0, soonMs);
  for (let i = 0; i < 200; i++) await work.facts(1);
  expect(offered).toBeLessThan(50);
  stop();
  await witness.stop();
});

test('who could not reach the database for long knows soon after its return what others wrote meanwhile', async () => {
  await using door = await gate(store.url);
  const pool = connect(door.url, { max: 2 });
  const witness = new Witness({ sql: pool, feed: new HeldFeed(), family: 'facts', after: store.ledger.position });
  await door.shut();
  // By then a pause that doubles up to two seconds would be at its longest.
  await until(() => witness.errors.length >= 6, soonMs);
  const begunAt = performance.now();
  await until(() => witness.errors.length >= 10, soonMs);
  // Such a pause takes 7.6 s here at the least; a tenth of a second with the backoff of the pool takes one and a half.
  expect(performance.now() - begunAt).toBeLessThan(7_000);
  await writer().facts(3);
  await door.open();
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  await witness.stop();
  await pool.end({ timeout: 1 });
});

test('a handler may name another position to go on from, before or behind', async () => {
  const feed = new HeldFeed();
  const start = store.ledger.position;
  await writer().facts(6);
  const from: number[] = [];
  const answers = [start + 4, start + 1, start + 2];
  const subscription = new Subscription({
    name: 'leaps',
    sql: store.sql,
    feed,
    family: 'facts',
    after: start,
    batchMax: 2,
    pollMs: 60_000,
    onRun: async run => {
      from.push(run.from);
      return answers.shift();
    },
    onError: () => {},
  });
  await until(() => subscription.position === store.ledger.position, soonMs);
  expect(from.slice(0, 4)).toEqual([start, start + 4, start + 1, start + 2]);
  await subscription.stop();
});

test('stopping waits for the handler and hands over nothing after it', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let runs = 0;
  const witness = new Witness({
    sql: store.sql,
    feed,
    family: 'facts',
    after: store.ledger.position,
    before: () => {
      runs += 1;
      return released;
    },
  });
  const work = writer();
  await work.facts(1);
  await until(() => runs === 1, soonMs);
  await work.facts(1);
  const stopped = witness.stop();
  expect(feed.listeners.size).toBe(0);
  release();
  await stopped;
  expect(runs).toBe(1);
  expect(witness.seen.length).toBe(1);
  stop();
});

test('a subscriber that waits stops at once', async () => {
  const feed = new HeldFeed();
  const witness = new Witness({ sql: store.sql, feed, family: 'facts', after: store.ledger.position });
  await witness.caughtUp();
  await witness.stop();
  expect(feed.listeners.size).toBe(0);
});

test('a subscriber with a pace takes what came meanwhile as one run, and at once when it is hurried', async () => {
  const feed = new HeldFeed();
  const stop = feed.follow(store.ledger);
  const offered: number[] = [];
  let paceMs = 3_600_000;
  const subscription = new Subscription({
    name: 'paced',
    sql: store.sql,
    feed,
    family: 'facts',
    after: store.ledger.position,
    paceMs: () => paceMs,
    onRun: async run => void offered.push(run.events.length),
    onError: () => {},
  });
  const work = writer();
  await work.facts(1);
  await until(() => offered.length === 1, soonMs);
  for (let i = 0; i < 5; i++) await work.facts(2);
  expect(offered).toEqual([1]);
  paceMs = 0;
  subscription.hurry();
  await until(() => offered.length === 2, soonMs);
  expect(offered).toEqual([1, 10]);
  paceMs = 3_600_000;
  stop();
  await subscription.stop();
});
