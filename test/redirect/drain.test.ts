import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Drain, spooled } from '../../src/redirect/drain.ts';
import type { Sighting } from '../../src/redirect/recorder.ts';
import { Spool } from '../../src/redirect/spool.ts';
import { Spools } from '../../src/redirect/spools.ts';
import { scanRequest } from '../../src/store/batch.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { readScanVersion } from '../../src/store/read.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { recordedBy, sighting } from '../support/sightings.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

/** Scans with these numbers, to stand behind `expected` in a node's stream. */
const write = (node: string, expected: number, ...numbers: (number | Sighting)[]) => ({
  stream: `scans-${node}-20260408-1`,
  expected,
  scans: numbers.map(n => (typeof n === 'number' ? sighting(n) : n)),
});

/** Puts batches in a spool and drains them; the errors that were reported. */
async function drained(
  writes: readonly ReturnType<typeof write>[],
  append = store.ledger.append.bind(store.ledger),
  restMs = () => 0,
) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const [directory, bytesMax] = [scratchDirectory(), 10_000_000];
  // All in one file, for a piece ends where its file does; where another one takes over is up to the disk.
  const one = { directory: join(directory, 'n'), bytesMax, onError, spareFrom: Number.POSITIVE_INFINITY };
  const spool = await Spool.open(one);
  for (const batch of writes) await spool.append(spooled(batch));
  await spool.close();
  const spools = await Spools.open({ directory, node: 'n', bytesMax, onError });
  const versionOf = (stream: string) => readScanVersion(store.sql, stream);
  const drain = new Drain({ spools, ledger: { append }, versionOf, restMs, onError });
  await until(() => spools.bytes === 0, 20_000);
  await drain.stop();
  await spools.close();
  return { errors, moved: drain.moved };
}

test('whose scans are home is told of this process alone, with what was on record already and what went apart', async () => {
  const [directory, bytesMax, onError] = [scratchDirectory(), 10_000_000, () => {}];
  const dead = await Spool.open({ directory: join(directory, 'dead'), bytesMax, onError });
  await dead.append(spooled(write('gone', 0, 1)));
  await dead.close();
  writeFileSync(join(directory, 'dead', 'owner'), `${hostname()} 1 nobody`);
  const spools = await Spools.open({ directory, node: 'mine', bytesMax, onError });
  await store.ledger.append(scanRequest(write('mine', 0, 2, 3)));
  for (const batch of [write('mine', 0, 2, 3), write('mine', 2, 4), write('mine', 90, 5)])
    await spools.append(spooled(batch));
  const home: string[] = [];
  const onHome = (scans: readonly Sighting[]) => void home.push(...scans.map(({ data }) => data.qr));
  const versionOf = (stream: string) => readScanVersion(store.sql, stream);
  const drain = new Drain({ spools, ledger: store.ledger, versionOf, restMs: () => 0, onHome, onError });
  await until(() => spools.bytes === 0, 20_000);
  await drain.stop();
  await spools.close();
  expect(home).toEqual([2, 3, 4, 5].map(n => sighting(n).data.qr));
});

test('batches of a stream come into the ledger in their order, many in one commit', async () => {
  const appends: number[] = [];
  const append: Ledger['append'] = request => {
    appends.push(request.scans!.scans.length);
    return store.ledger.append(request);
  };
  const batches = Array.from({ length: 30 }, (_, i) => write('many', i * 3, 3 * i, 3 * i + 1, 3 * i + 2));
  expect(await drained(batches, append)).toEqual({ errors: [], moved: 30 });
  expect(await recordedBy(store.sql, 'many')).toEqual(Array.from({ length: 90 }, (_, i) => i));
  expect(appends).toEqual([90]);
});

test('a batch waits in a fraction of the room that its text would take', () => {
  const batch = write('small', 0, ...Array.from({ length: 150 }, (_, i) => i));
  expect(spooled(batch).length).toBeLessThan(JSON.stringify(batch).length / 4);
});

test('a ledger that failed is tried with less', async () => {
  const appends: number[] = [];
  const append: Ledger['append'] = async request => {
    appends.push(request.scans!.scans.length);
    if (appends.length < 3) throw new Error('away');
    return store.ledger.append(request);
  };
  const batches = Array.from({ length: 30 }, (_, i) =>
    write('tried', i * 100, ...Array.from({ length: 100 }, (_, n) => 100 * i + n)),
  );
  expect((await drained(batches, append)).moved).toBe(30);
  expect(appends).toEqual([2_000, 500, 500, 2_000, 500]);
  expect(await recordedBy(store.sql, 'tried')).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
});

test('in a rush it rests after a piece, until that is over', async () => {
  const appends: number[] = [];
  const append: Ledger['append'] = request => {
    appends.push(request.scans!.scans.length);
    return store.ledger.append(request);
  };
  let looks = 0;
  const seen: number[] = [];
  const restMs = () => {
    seen.push(appends.length);
    return ++looks < 4 ? 600_000 : 0;
  };
  const batches = Array.from({ length: 30 }, (_, i) =>
    write('rested', i * 100, ...Array.from({ length: 100 }, (_, n) => 100 * i + n)),
  );
  expect((await drained(batches, append, restMs)).moved).toBe(30);
  expect(appends).toEqual([2_000, 1_000]);
  // While it rested and before the other piece; whether once more, when nothing was left, is up to who stops it.
  expect(seen.slice(0, 4)).toEqual([1, 1, 1, 1]);
});

test('many small texts in a spool come into the ledger in commits of the usual size', async () => {
  const appends: number[] = [];
  const append: Ledger['append'] = request => {
    appends.push(request.scans!.scans.length);
    return store.ledger.append(request);
  };
  const numbers = Array.from({ length: 500 }, (_, i) => i);
  const batches = Array.from({ length: 10 }, (_, i) => write('dense', i * 500, ...numbers.map(n => 500 * i + n)));
  expect((await drained(batches, append)).errors).toEqual([]);
  expect(appends).toEqual([2_000, 2_000, 1_000]);
  expect(await recordedBy(store.sql, 'dense')).toHaveLength(5_000);
});

test('another stream or a gap in one begins another commit', async () => {
  expect((await drained([write('a', 0, 1, 2), write('b', 0, 3), write('a', 2, 4), write('a', 3, 5)])).errors).toEqual(
    [],
  );
  expect([await recordedBy(store.sql, 'a'), await recordedBy(store.sql, 'b')]).toEqual([[1, 2, 4, 5], [3]]);
});

test('what is in the ledger already, all of it or the first part, is not written again', async () => {
  await store.ledger.append(scanRequest(write('again', 0, 1, 2, 3)));
  await drained([write('again', 0, 1, 2), write('again', 2, 3, 4), write('again', 4, 5)]);
  expect(await recordedBy(store.sql, 'again')).toEqual([1, 2, 3, 4, 5]);
  await drained([write('again', 0, 1, 2), write('again', 2, 3, 4), write('again', 4, 5)]);
  expect(await recordedBy(store.sql, 'again')).toEqual([1, 2, 3, 4, 5]);
});

test('an answer that is lost again and again makes no scan twice', async () => {
  let calls = 0;
  const append: Ledger['append'] = async request => {
    const events = await store.ledger.append(request);
    if (calls++ < 4) throw Object.assign(new Error('the connection broke'), { code: 'CONNECTION_CLOSED' });
    return events;
  };
  const { errors } = await drained([write('lost', 0, 1, 2), write('lost', 2, 3), write('lost', 3, 4)], append);
  expect(await recordedBy(store.sql, 'lost')).toEqual([1, 2, 3, 4]);
  expect(errors.length).toBeGreaterThan(0);
});

test('a ledger that was put back to an older state gets the scans behind the gap once, in streams of a new name', async () => {
  await drained([write('gap', 7, 8, 9)]);
  for (let time = 0; time < 2; time++) await drained([write('gap', 7, 8, 9), write('gap', 9, 10)]);
  expect(await recordedBy(store.sql, 'gap')).toEqual([8, 9, 10]);
  const rows = await store.sql`select stream, version from ledger.writers where stream like 'scans-gap-%' order by 1`;
  expect([...rows]).toEqual([
    { stream: 'scans-gap-20260408-1-7', version: 2 },
    { stream: 'scans-gap-20260408-1-9', version: 1 },
  ]);
});

test('a scan that the ledger can not hold is told and left out, and no other', async () => {
  const bad = { ...sighting(2), data: { ...sighting(2).data, os: 'a\nb' } };
  const { errors } = await drained([write('bad', 0, 1, bad, 3), write('bad', 3, 4)]);
  expect((await recordedBy(store.sql, 'bad')).sort()).toEqual([1, 3, 4]);
  expect(String(errors)).toContain('1 scans hold what the ledger');
});

describe('two nodes that have found what a dead one left', () => {
  const errors: unknown[] = [];
  /** Both know of it before one begins, and what the second has itself stands behind it. */
  async function inTurn(name: string, leave: (dead: Spool) => Promise<void>): Promise<void> {
    errors.length = 0;
    const [directory, bytesMax, onError] = [scratchDirectory(), 1_000_000, (error: unknown) => errors.push(error)];
    const dead = await Spool.open({ directory: join(directory, 'dead'), bytesMax, onError });
    await leave(dead);
    await dead.close();
    writeFileSync(join(directory, 'dead/owner'), `${hostname()} 1.1`);
    const open = (node: string) => Spools.open({ directory, node, bytesMax, onError });
    const [quick, slow] = [await open('quick'), await open('slow')];
    await slow.own.append(spooled(write(name, 0, 7)));
    for (const spools of [quick, slow]) {
      const versionOf = (stream: string) => readScanVersion(store.sql, stream);
      const drain = new Drain({ spools, ledger: store.ledger, versionOf, restMs: () => 0, onError });
      await until(() => (spools === slow ? spools.own.bytes === 0 : spools.bytes === 0 || errors.length > 0), 20_000);
      await drain.stop();
      await spools.close();
    }
  }

  test('put it on record once, and the second one its own too', async () => {
    await inTurn('slow', async dead => {
      for (const n of [0, 1, 2]) await dead.append(spooled(write('dead', n, n)));
    });
    expect([await recordedBy(store.sql, 'dead'), await recordedBy(store.sql, 'slow')]).toEqual([[0, 1, 2], [7]]);
    expect(errors).toEqual([]);
  });

  test('put their own on record, and tell of it, when it can not be read', async () => {
    await inTurn('own', dead => dead.append(new TextEncoder().encode('no batch')));
    expect(await recordedBy(store.sql, 'own')).toEqual([7]);
    expect(errors.length).toBeGreaterThan(0);
  });
});
