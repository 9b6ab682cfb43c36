/**
 * Many writers on one ledger: several programs and several instances, a reader that looks without rest, and a server
 * that cuts the connection. Positions are contiguous at every moment, and nobody is told of a success that is none.
 */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isOutage } from '../../src/store/connect.ts';
import { Ledger, Refused } from '../../src/store/ledger.ts';
import { readHead, readPage, readRun, readStream } from '../../src/store/read.ts';
import { verifyChain } from '../support/chain.ts';
import { created, cutConnections, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

/** Another program that appends; resolves with the positions it was given. */
async function appender(url: string, name: string, rounds: number): Promise<number[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/appender.ts')], {
    env: { ...process.env, DATABASE_URL: url, APPENDER: name, ROUNDS: String(rounds) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(status).toBe(0);
  return JSON.parse(output);
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i + 1);

/** Looks at the ledger without rest until `done`, each family and both together, and once more after that. */
async function watch(
  store: TestStore,
  done: () => boolean,
): Promise<{ looks: number; runs: number[]; pages: number[] }> {
  const runs: number[] = [];
  const pages: number[] = [];
  const at = { facts: 0, scans: 0 };
  for (let looks = 1; ; looks++) {
    const last = done();
    for (const family of ['facts', 'scans'] as const) {
      const run = await readRun(store.sql, family, at[family], 1_000_000);
      runs.push(...run.events.map(({ position }) => position));
      at[family] = run.to;
    }
    const page = await readPage(store.sql, { org: 'org_1' }, pages.at(-1) ?? 0, 1_000_000);
    pages.push(...page.map(({ position }) => position));
    if (last) return { looks, runs: runs.sort((a, b) => a - b), pages };
  }
}

test('three programs and two ledgers of this one leave no gap, and a restless reader misses nothing', async () => {
  const store = await testStore();
  const second = new Ledger(store.url);
  let writing = true;
  const own = async (ledger: Ledger, name: string) => {
    const positions: number[] = [];
    for (let i = 0; i < 100; i++) {
      const batch = [requestOf(`${name}-${i}`, 0, created('x')), scansTo(name, i * 2, scanOf('qr_1'), scanOf('qr_2'))];
      for (const events of await Promise.all(batch.map(request => ledger.append(request)))) {
        positions.push(...events.map(({ position }) => position));
      }
    }
    return positions;
  };
  const writers = Promise.all([
    ...['a', 'b', 'c'].map(name => appender(store.url, name, 60)),
    own(store.ledger, 'own'),
    own(second, 'second'),
  ]).finally(() => {
    writing = false;
  });
  const seen = await watch(store, () => !writing);
  const given = (await writers).flat().sort((a, b) => a - b);
  const total = 3 * 60 * 10 + 2 * 100 * 3;
  expect(given).toEqual(upTo(total));
  expect(seen.runs).toEqual(upTo(total));
  expect(seen.pages).toEqual(upTo(total));
  expect(seen.looks).toBeGreaterThan(10);
  expect(await readHead(store.sql)).toBe(total);
  await verifyChain(store.sql);
  await second.close();
  await store.close();
}, 120_000);

test('of many writers that want the same version of a stream exactly one gets each', async () => {
  const store = await testStore();
  const ledgers = [store.ledger, new Ledger(store.url), new Ledger(store.url)];
  const wins = await Promise.all(
    ledgers.map(async (ledger, writer) => {
      let won = 0;
      for (let version = 0; version < 60; ) {
        const label = { type: 'qr.relabeled', data: { label: `${writer}` } };
        const outcome = await ledger.append(requestOf('qr_1', version, label)).catch(error => error);
        if (!(outcome instanceof Refused)) won += 1;
        version = (await readStream(store.sql, 'qr_1')).length;
      }
      return won;
    }),
  );
  const events = await readStream(store.sql, 'qr_1');
  expect(events.map(({ version }) => version)).toEqual(upTo(events.length));
  expect(wins.reduce((sum, won) => sum + won, 0)).toBe(events.length);
  await Promise.all(ledgers.slice(1).map(ledger => ledger.close()));
  await store.close();
});

test('a server that cuts the connection costs an answer, never a fact that was answered', async () => {
  const store = await testStore();
  const outcomes = new Map<string, 'written' | 'unknown'>();
  let cuts = 0;
  for (let wave = 0; wave < 25; wave++) {
    const streams = Array.from({ length: 20 }, (_, i) => `qr_${wave}_${i}`);
    const waiting = streams.map(stream =>
      store.ledger.append(requestOf(stream, 0, created('x'))).then(
        () => outcomes.set(stream, 'written'),
        error => {
          // Anything else would be an answer: an outage says that nothing is known.
          expect([String(error), isOutage(error)]).toEqual([String(error), true]);
          outcomes.set(stream, 'unknown');
        },
      ),
    );
    // Now and then a moment later, so that different moments of the commit are hit.
    for (let turns = wave % 5; turns > 0; turns--) await store.sql`select 1`;
    cuts += await cutConnections(store, 'indelible ledger');
    await Promise.all(waiting);
  }
  expect(cuts).toBeGreaterThan(0);
  expect(outcomes.size).toBe(25 * 20);
  // The last cut may have met a connection at rest; then it is told to whoever uses that next.
  await store.ledger.append(requestOf('qr_next', 0, created('x'))).catch(error => expect(isOutage(error)).toBe(true));
  const rows = await store.sql`select stream, position from ledger.events order by position`;
  const stored = new Set(rows.map(row => row['stream']));
  for (const [stream, outcome] of outcomes) if (outcome === 'written') expect(stored.has(stream)).toBe(true);
  expect(rows.map(row => row['position'])).toEqual(upTo(rows.length));
  expect((await store.ledger.append(requestOf('qr_after', 0, created('x'))))[0]!.position).toBe(rows.length + 1);
  await verifyChain(store.sql);
  await store.close();
});
