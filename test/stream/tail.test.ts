import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Feed } from '../../src/stream/cursor.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { Tail } from '../../src/stream/tail.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';
import { HeldFeed } from './held-feed.ts';
import { Writer } from './traffic.ts';

let store: TestStore;
let feed: Feed;
let tail: Tail;
let writer: Writer;
const errors: unknown[] = [];

beforeEach(async () => {
  store = await testStore();
  feed = new EmbeddedFeed(store.ledger, store.sql);
  tail = new Tail({ sql: store.sql, feed, onError: error => errors.push(error) });
  writer = new Writer(store.ledger, 'w');
});
afterEach(async () => {
  await tail.close();
  await feed.close();
  await store.close();
});

const positions = (position: number) => tail.after(position)?.events.map(event => event.position);
const reached = (position: number) => until(() => (tail.after(position - 1)?.to ?? 0) >= position, 5_000);

describe('the tail', () => {
  test('holds facts and scans from where the first watcher is, in one order', async () => {
    await writer.facts(3);
    let news = 0;
    tail.watch(3, () => news++);
    expect([tail.reaches(2), tail.reaches(3), tail.after(3)]).toEqual([false, true, undefined]);
    await writer.scans(2);
    await writer.facts(1);
    await reached(6);
    expect(positions(3)).toEqual([4, 5, 6]);
    expect(positions(5)).toEqual([6]);
    expect(tail.after(6)).toBeUndefined();
    expect(news).toBeGreaterThan(0);
  });

  test('keeps the last events only: who is slower has to look elsewhere', async () => {
    const unwatch = tail.watch(0, () => {}, 'org_1');
    expect([tail.watchersFor('org_1'), tail.watchersFor('org_2')]).toEqual([1, 0]);
    for (let n = 0; n < 24; n++) await writer.scans(1_000);
    await reached(24_000);
    expect([tail.reaches(0), tail.reaches(3_000)]).toEqual([false, false]);
    expect(tail.reaches(23_000)).toBe(true);
    expect(positions(23_000)).toHaveLength(1_000);
    unwatch();
  });

  test('listens while somebody watches and not a moment longer', async () => {
    const held = new HeldFeed();
    const lazy = new Tail({ sql: store.sql, feed: held, onError: error => errors.push(error) });
    expect([held.listeners.size, lazy.watchers]).toEqual([0, 0]);
    const [first, second] = [lazy.watch(0, () => {}), lazy.watch(0, () => {})];
    expect([held.listeners.size, lazy.watchers]).toEqual([2, 2]);
    first();
    first();
    expect([held.listeners.size, lazy.watchers]).toEqual([2, 1]);
    second();
    expect(lazy.reaches(0)).toBe(false);
    await until(() => held.listeners.size === 0, 5_000);
    await writer.facts(5);
    const again = lazy.watch(5, () => {});
    await writer.facts(1);
    held.hint();
    await until(() => lazy.after(5)?.to === 6, 5_000);
    expect(lazy.reaches(4)).toBe(false);
    again();
    await lazy.close();
  });

  test('lets everybody go when it is closed', async () => {
    let told = 0;
    tail.watch(0, () => told++);
    expect(tail.closed).toBe(false);
    await tail.close();
    expect([tail.closed, told > 0, tail.reaches(0)]).toEqual([true, true, false]);
    expect(errors).toEqual([]);
  });
});
