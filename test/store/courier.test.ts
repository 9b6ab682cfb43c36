/**
 * Two batches under way at once, each on a connection of its own: whatever becomes of one, the other is answered, and
 * whoever listens hears of both in the order of positions. And what a batch costs does not grow with the ledger.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AppendRequest } from '../../src/store/batch.ts';
import { connect } from '../../src/store/connect.ts';
import { type Commit, Ledger } from '../../src/store/ledger.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

let names = 0;
const fresh = () => `qr_${++names}`;
/** So many rows that it is a batch of its own. */
const large = (stream = fresh(), expected = 0): AppendRequest =>
  requestOf(stream, expected, ...Array(600).fill({ type: 'qr.relabeled', data: { label: 'x' } }));

describe('Two batches under way', () => {
  test('are told in the order of their positions, also when others write between them', async () => {
    const rival = new Ledger(store.url);
    const heard: Commit[] = [];
    const stop = store.ledger.onCommit(commit => heard.push(commit));
    const batches = (ledger: Ledger) => Promise.all(Array.from({ length: 20 }, () => ledger.append(large())));
    const [answered] = await Promise.all([batches(store.ledger), batches(rival)]);
    stop();
    await rival.close();
    const byPosition = answered.flat().sort((a, b) => a.position - b.position);
    expect(heard.flatMap(({ facts }) => facts)).toEqual(byPosition);
    const stored =
      await store.sql`select stream from ledger.events where position = any(${byPosition.map(e => e.position)}) order by position`;
    expect(stored.map(row => row['stream'])).toEqual(byPosition.map(({ stream }) => stream));
  });

  test('fail each on its own: what the other one wrote is told', async () => {
    const ledger = new Ledger(store.url);
    await Promise.all([ledger.append(large()), ledger.append(large())]);
    const heard: Commit[] = [];
    ledger.onCommit(commit => heard.push(commit));
    const holder = connect(store.url, { max: 1 });
    await holder`select pg_advisory_lock(hashtext('indelible ledger'))`;
    // From the start, for one of them may fail before the other has what it waits for.
    const settling = Promise.allSettled([large(), large()].map(request => ledger.append(request)));
    const waiting = () => store.sql`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'indelible ledger' and wait_event = 'advisory'`;
    await until(async () => (await waiting()).length === 2, 10_000);
    const [one] = await waiting();
    await holder`select pg_terminate_backend(${one!['pid']})`;
    await holder`select pg_advisory_unlock(hashtext('indelible ledger'))`;
    const settled = await settling;
    await holder.end();
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(heard.map(({ facts }) => facts.length)).toEqual([600]);
    const after = await ledger.append(requestOf(fresh(), 0, created('x')));
    expect(after[0]!.position).toBe(heard[0]!.to + 1);
    await ledger.close();
  });

  test('never touch the same stream', async () => {
    const stream = fresh();
    const parts = [0, 600, 1200].map(expected => store.ledger.append(large(stream, expected)));
    const events = (await Promise.all(parts)).flat();
    expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 1800 }, (_, i) => i + 1));
  });
});

test('whatever stands against a batch is looked up by index, also when its tables were small at first', async () => {
  const store = await testStore();
  const claim = (n: number) => ({
    ...requestOf(`qr_${n}`, 0, created(`s${n}`)),
    claims: [{ name: `slug:s${n}`, stream: `qr_${n}` }],
    answer: { org: 'org_1', key: `key ${n}`, fingerprint: 'f', status: 201, headers: {}, body: '{}' },
    spends: [{ name: `codes:${n % 5}`, amount: 1, maximum: 1_000 }],
  });
  for (let n = 0; n < 20; n++) await store.ledger.append(claim(n));
  await store.sql`analyze`;
  for (let round = 1; round <= 20; round++) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.ledger.append(claim(round * 20 + i))));
  }
  // A session tells what it has done when it ends, at the latest.
  await store.ledger.close();
  const rows = await until(async () => {
    const found = await store.sql`
      select relname as name, seq_scan as whole, idx_scan as sought from pg_stat_user_tables
      where relname in ('claims', 'answers', 'used', 'commits') order by 1`;
    return found.every(({ whole, sought }) => whole + sought >= 20) ? found : undefined;
  }, 10_000);
  expect(rows?.map(({ name, whole }) => [name, whole])).toEqual([
    ['answers', 0],
    ['claims', 0],
    ['commits', 0],
    ['used', 0],
  ]);
  await store.close();
});
