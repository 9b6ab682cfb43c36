/**
 * Scans that were moved into files: every reader gets what it got before, read models are rebuilt from them, the chain
 * over all commits is recomputed from them, and another engine opens the file.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaOf } from '../../projections/projection.ts';
import { scans } from '../../projections/scans.ts';
import { Projector } from '../../src/projector.ts';
import { archivesWithin } from '../../src/store/archives.ts';
import { archive, digestOf, fullPartitions } from '../../src/store/archiving.ts';
import { readEntries } from '../../src/store/entries.ts';
import { readHead, readPage, readPositions, readRun, readScan } from '../../src/store/read.ts';
import { readScanPage } from '../../src/store/scan-pages.ts';
import { burst } from '../support/bursts.ts';
import { asked } from '../support/duck.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { rebuild, rowsIn, silentFeed } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const now = Date.UTC(2026, 3, 8);
const directory = scratchDirectory();
let store: TestStore;

beforeAll(async () => {
  store = await testStore();
  // Partitions of a size that a test can fill; the one that is written to would reach further.
  await store.sql`select ledger.add_scan_partition(0, 1000)`;
  await store.sql
    .unsafe(`
    create table ledger.scans_rest (like ledger.scans including all);
    create unique index on ledger.scans_rest (position);
    alter table ledger.scans attach partition ledger.scans_rest for values from (1000) to (10000000)`)
    .simple();
  const events = burst(31, 1_600).map((event, i) => ({ ...event, org: i % 5 === 0 ? 'org_2' : 'org_1' }));
  for (let done = 0; done < events.length; done += 80) {
    const some = events.slice(done, done + 80);
    await store.ledger.append({
      ...{ at: now, org: 'org_1', actor: 'scanner', request: null },
      writes: [{ stream: 'org_1', expected: done / 80, facts: [{ type: 'org.renamed', data: { name: `N ${done}` } }] }],
      scans: { stream: 'scans-x', expected: done, scans: some.map(({ at, org, data }) => ({ at, org, data })) },
    });
  }
});
afterAll(() => store.close());

/** What every kind of reader gets. */
async function everything() {
  const { sql } = store;
  const head = await readHead(sql);
  const runs = [];
  for (let from = 0; from < head; ) {
    const run = await readRun(sql, 'scans', from, 170);
    runs.push(...run.events);
    from = run.to;
  }
  const filter = {
    org: 'org_1',
    test: false,
    codes: ['qr_0', 'qr_2'],
    values: { kind: ['scan'], country: ['', 'DE'] },
  };
  return {
    runs,
    one: await Promise.all([2, 500, 1_200].map(position => readScan(sql, position))),
    some: (await readPositions(sql, [1, 2, 40, 500, 990, 1_200])).sort((a, b) => a.position - b.position),
    ledger: await readPage(sql, { org: 'org_1' }, 300, 1_000),
    lately: await readPage(sql, { org: 'org_2', types: ['scan.recorded'], from: now - 90 * 86_400_000 }, 0, 150),
    up: await readScanPage(sql, filter, { order: 'asc', after: 100, limit: 60 }),
    down: await readScanPage(sql, filter, { order: 'desc', limit: 400 }),
    entries: await readEntries(sql, 0, head),
    ofOne: await readEntries(sql, 0, head, 'org_2'),
  };
}

async function rebuilt() {
  const errors: unknown[] = [];
  const place = { sql: store.sql, feed: silentFeed, onError: (error: unknown) => errors.push(error) };
  const projector = new Projector(place);
  await projector.prepare([scans]);
  await projector.start([scans]);
  await projector.reached(await readHead(store.sql), [scans.name]);
  await rebuild(place, scans);
  await projector.stop();
  expect(errors).toEqual([]);
  return rowsIn(store.sql, schemaOf(scans));
}

describe('scans in a file', () => {
  test('are read by everybody as before, and read models are rebuilt from them', async () => {
    const before = await everything();
    const rows = await rebuilt();
    expect(before.runs).toHaveLength(1_600);
    const full = await fullPartitions(store.sql);
    expect(full).toEqual([{ table: 'scans_0', first: 0, last: 999 }]);
    const made = await archive(store.sql, full[0]!, directory, now);
    const [left] = await store.sql`select count(*) as n, min(position) as first from ledger.scans`;
    expect([left!['n'] + made.scans, left!['first'] >= 1_000]).toEqual([1_600, true]);
    expect(await everything()).toEqual(before);
    expect(await rebuilt()).toEqual(rows);
    expect(await fullPartitions(store.sql)).toEqual([]);
  });

  test('are named with the digest of their file, which another engine opens', async () => {
    const [made] = await archivesWithin(store.sql, 0, 5_000);
    expect(made!.sha256).toBe(await digestOf(made!.file));
    const [row] = await asked(
      made!.file,
      'select count(*) as n, min(position) as low, max(position) as high, count(distinct qr) as codes from read_parquet($file)',
    );
    expect(row).toEqual({ n: String(made!.scans), low: '2', high: '999', codes: '4' });
    await expect(store.sql`delete from ledger.archives`.execute()).rejects.toThrow('append-only');
  });

  test('that was changed says something else than the chain does, and one that is gone is an error', async () => {
    const [made] = await archivesWithin(store.sql, 0, 5_000);
    const bytes = readFileSync(made!.file);
    const entries = await readEntries(store.sql, 0, 400);
    const changed = Buffer.from(bytes);
    changed.write('FR', changed.indexOf('DE'), 'latin1');
    writeFileSync(made!.file, changed);
    expect(await readEntries(store.sql, 0, 400).catch(() => 'unreadable')).not.toEqual(entries);
    writeFileSync(made!.file, bytes);
    expect(await readEntries(store.sql, 0, 400)).toEqual(entries);
  });

  test('are on record as moved only when the partition has given way', async () => {
    await expect(archive(store.sql, { table: 'none', first: 1_000, last: 1_099 }, directory, now)).rejects.toThrow(
      'none',
    );
    expect(await archivesWithin(store.sql, 999, 5_000)).toEqual([]);
  });
});
