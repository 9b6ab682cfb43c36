/**
 * Two batches under way at once, one behind the other on a connection: what Postgres refuses of one is not the other's, a
 * connection that is lost fails both at once, and whoever listens hears of them in the order of positions. And what a batch
 * costs does not grow with the ledger.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AppendRequest } from '../../src/store/batch.ts';
import { connect } from '../../src/store/connect.ts';
import { type Commit, Ledger } from '../../src/store/ledger.ts';
import { readHead } from '../../src/store/read.ts';
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

  /** Both of them on their way, the first one waiting for the ledger's lock, and the process of Postgres that has them. */
  const held = async (ledger: Ledger) => {
    const holder = connect(store.url, { max: 1 });
    await holder`select pg_advisory_lock(hashtext('indelible ledger'))`;
    const settling = Promise.allSettled([large(), large()].map(request => ledger.append(request)));
    const waiting = () => store.sql`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'indelible ledger' and wait_event = 'advisory'`;
    await until(async () => (await waiting()).length > 0, 10_000);
    const [backend, ...others] = await waiting();
    expect(others).toEqual([]);
    return { settling, holder, pid: backend!['pid'] as number };
  };
  const statuses = (settled: readonly PromiseSettledResult<unknown>[]) => settled.map(({ status }) => status);

  test('fail each on its own: what the other one wrote is told', async () => {
    const ledger = new Ledger(store.url);
    const heard: Commit[] = [];
    ledger.onCommit(commit => heard.push(commit));
    const { settling, holder, pid } = await held(ledger);
    await store.sql`select pg_cancel_backend(${pid})`;
    // The second one waits for the lock now.
    await until(
      async () => (await store.sql`select 1 from pg_locks where pid = ${pid} and not granted`).length > 0,
      10_000,
    );
    await holder.end();
    expect(statuses(await settling)).toEqual(['rejected', 'fulfilled']);
    expect(heard.map(({ facts }) => facts.length)).toEqual([600]);
    const after = await ledger.append(requestOf(fresh(), 0, created('x')));
    expect(after[0]!.position).toBe(heard[0]!.to + 1);
    await ledger.close();
  });

  test('fail both with the connection, at once and whole, and the next one finds another', async () => {
    const ledger = new Ledger(store.url);
    const before = await readHead(store.sql);
    const { settling, holder, pid } = await held(ledger);
    await store.sql`select pg_terminate_backend(${pid})`;
    expect(statuses(await settling)).toEqual(['rejected', 'rejected']);
    await holder.end();
    const after = await ledger.append(requestOf(fresh(), 0, created('x')));
    expect(after[0]!.position).toBe(before + 1);
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
