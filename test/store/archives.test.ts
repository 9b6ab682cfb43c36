/**
 * Scans that were moved into files: every reader gets what it got before, read models are rebuilt from them, the chain
 * over all commits is recomputed from them, and another engine opens the file.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaOf } from '../../projections/projection.ts';
import { scans } from '../../projections/scans.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { checkLedger } from '../../src/audit/ledger-check.ts';
import { Projector } from '../../src/projector.ts';
import { Grower } from '../../src/proofs/grower.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { archivedBehind, archivesWithin, seeOneMoment } from '../../src/store/archives.ts';
import { archive, digestOf, fullPartitions } from '../../src/store/archiving.ts';
import { transaction } from '../../src/store/connect.ts';
import { readEntries } from '../../src/store/entries.ts';
import { readHead, readPage, readPositions, readRun, readScan } from '../../src/store/read.ts';
import { readScanPage } from '../../src/store/scan-pages.ts';
import { burst } from '../support/bursts.ts';
import { asked } from '../support/duck.ts';
import { behindReader, partitioned } from '../support/moving.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { rebuild, rowsIn, silentFeed } from '../support/read-models.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const now = Date.UTC(2026, 3, 8);
const directory = scratchDirectory();
let store: TestStore;

beforeAll(async () => {
  store = await testStore();
  await partitioned(store.sql, 1_000);
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
    const isMeant = ({ org }: Record<string, unknown>) => org === 'org_2';
    const theirs = await archivedBehind(store.sql, 0, 900, { isMeant });
    expect(theirs.length).toBeGreaterThan(100);
    expect(await archivedBehind(store.sql, 0, 900, { isMeant, limit: 7 })).toEqual(theirs.slice(0, 7));
    expect(await archivedBehind(store.sql, 0, 900, { isMeant, limit: 7, isLast: true })).toEqual(theirs.slice(-7));
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
});

const closing = <S extends TestStore>(store: S) => Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });

/** A ledger of its own, with so many scans behind one fact. */
async function filled(scans: number): Promise<TestStore> {
  const store = await testStore();
  await partitioned(store.sql, 1_000);
  await store.ledger.append(requestOf('qr_1', 0, created('a')));
  const some = Array.from({ length: scans }, (_, i) => scanOf(`qr_${i % 7}`));
  if (scans > 0) await store.ledger.append(scansTo('scans-1', 0, ...some));
  return store;
}

describe('Scans that are moved into a file', () => {
  test('are moved by one run, and another one that waited for it leaves the file alone', async () => {
    await using store = closing(await filled(1_200));
    const directory = scratchDirectory();
    const [partition] = await fullPartitions(store.sql);
    const move = () => archive(store.sql, partition!, directory, now);
    const [one, other] = await behindReader(store.sql, move, move);
    expect(one).toMatchObject({ status: 'fulfilled', value: { scans: 998 } });
    expect(String((other as PromiseRejectedResult).reason)).toContain('another run has moved it');
    const [made] = await archivesWithin(store.sql, 0, 5_000);
    expect(await digestOf(made!.file)).toBe(made!.sha256);
    expect((await readRun(store.sql, 'scans', 0, 5_000)).events).toHaveLength(1_200);
    expect(readdirSync(directory)).toEqual(['scans-0-999.parquet']);
  });

  test('are all there for an audit and an export that begin meanwhile', async () => {
    await using store = closing(await filled(1_200));
    const { sql } = store;
    const [partition] = await fullPartitions(sql);
    await new Grower(sql, () => {}).settle();
    const [, checked, exported] = await behindReader(
      sql,
      () => archive(sql, partition!, scratchDirectory(), now),
      () => checkLedger(sql),
      () => writeExport(sql, 'org_1', signerOf(new Uint8Array(32), 'x'), async () => {}),
    );
    expect(await archivesWithin(sql, 0, 5_000)).toHaveLength(1);
    expect(checked).toMatchObject({ value: { events: 1_201, faults: [] } });
    expect(exported).toMatchObject({ value: { entries: 1_201 } });
  });

  test('wait for who reads as of one moment, and nobody waits for them meanwhile', async () => {
    await using store = closing(await filled(1_200));
    const { sql, ledger } = store;
    const [partition] = await fullPartitions(sql);
    const reading = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const moment = transaction(sql, async tx => {
      await seeOneMoment(tx);
      begun.resolve();
      await reading.promise;
    });
    await begun.promise;
    let isMoved = false;
    const moving = archive(sql, partition!, scratchDirectory(), now).finally(() => {
      isMoved = true;
    });
    const isWaiting = async () =>
      (await sql`select from pg_locks where not granted and relation = 'ledger.scans'::regclass`).length > 0;
    await until(isWaiting, 20_000);
    for (let n = 0; n < 5; n++) await ledger.append(scansTo('scans-1', 1_200 + n, scanOf('qr_1')));
    expect((await readScan(sql, 500))?.position).toBe(500);
    expect(isMoved).toBe(false);
    reading.resolve();
    await Promise.all([moment, moving]);
    expect(await archivesWithin(sql, 0, 5_000)).toHaveLength(1);
    expect((await readScan(sql, 500))?.position).toBe(500);
  });

  test('are on record as moved only when the partition has given way, for which the same file is good later', async () => {
    await using store = closing(await filled(1_200));
    const directory = scratchDirectory();
    const file = join(directory, 'scans-0-999.parquet');
    const [partition] = await fullPartitions(store.sql);
    await store.sql`create view held as select * from ledger.scans_0`;
    await expect(archive(store.sql, partition!, directory, now)).rejects.toThrow('depend');
    expect(await archivesWithin(store.sql, 0, 5_000)).toEqual([]);
    const left = statSync(file);
    await store.sql`drop view held`;
    expect(await archive(store.sql, partition!, directory, now)).toMatchObject({ file, scans: 998 });
    expect(statSync(file)).toEqual(left);
    // Those of another database are in the way, also where it has none to put in their place.
    for (const scans of [0, 1_100]) {
      await using other = closing(await filled(scans));
      if (scans === 0) {
        const facts = Array.from({ length: 1_000 }, () => ({ type: 'qr.deleted' as const, data: {} }));
        await other.ledger.append(requestOf('qr_2', 0, ...facts));
      }
      await other.sql`update ledger.writers set stream = 'scans-2'`;
      const [same] = await fullPartitions(other.sql);
      await expect(archive(other.sql, same!, directory, now)).rejects.toThrow('nothing was removed');
      expect(statSync(file)).toEqual(left);
      expect(await archivesWithin(other.sql, 0, 5_000)).toEqual([]);
    }
  });

  test('are moved once: a partition with the same positions is none that can be moved', async () => {
    await using store = closing(await filled(998));
    // The next append would make it again.
    expect([await readHead(store.sql), await fullPartitions(store.sql)]).toEqual([999, []]);
    await store.ledger.append(scansTo('scans-1', 998, scanOf('qr_1')));
    const [partition] = await fullPartitions(store.sql);
    await archive(store.sql, partition!, scratchDirectory(), now);
    await store.sql`select ledger.add_scan_partition(0, 1000)`;
    expect(await fullPartitions(store.sql)).toEqual([]);
    await expect(archive(store.sql, partition!, scratchDirectory(), now)).rejects.toThrow('scans_0');
  });
});
