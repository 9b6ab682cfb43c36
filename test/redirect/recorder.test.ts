import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Ledger } from '../../src/store/ledger.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { recording } from '../support/recording.ts';
import { noon, recordedBy, sighting } from '../support/sightings.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const gone = () => Object.assign(new Error('the connection broke'), { code: 'CONNECTION_CLOSED' });

test('a scan is on record, whole, when its promise resolves', async () => {
  const { recorder, close } = await recording(store, { node: 'whole' });
  const full = sighting(1);
  const data = { ...full.data, rule: 'weekend', country: 'DE', os: 'iOS', browser: 'Safari', referrer: 'a.example' };
  await recorder.record({ ...full, data: { ...data, language: 'de', kind: 'bot' } });
  const [row] = await store.sql`select s.* from ledger.scans s join ledger.writers w on w.id = s.writer
    where w.stream like 'scans-whole-20260408-%'`;
  expect(row).toMatchObject({ at_ms: noon, org: 'org_1', qr: 'qr_1', qr_version: 1, rule: 'weekend', kind: 'bot' });
  expect(row).toMatchObject({ country: 'DE', os: 'iOS', browser: 'Safari', referrer: 'a.example', language: 'de' });
  expect(row).toMatchObject({ version: 1, device: 'mobile', agent: 1, visitor: 17 });
  await close();
});

test('scans that come together are all recorded once, in few commits', async () => {
  const { recorder, drained, close } = await recording(store, { node: 'many' });
  const before = await commits();
  await Promise.all(numbers(1, 5_000).map(n => recorder.record(sighting(n))));
  await drained();
  expect(sorted(await recordedBy(store.sql, 'many'))).toEqual(numbers(1, 5_000));
  expect((await commits()) - before).toBeLessThan(50);
  await close();
});

async function commits(): Promise<number> {
  const [row] = await store.sql`select count(*) from ledger.commits`;
  return row!['count'];
}

test('scans of two recorders and facts of commands share the ledger without disturbing each other', async () => {
  const [a, b] = [await recording(store, { node: 'left' }), await recording(store, { node: 'right' })];
  await Promise.all(numbers(1, 500).flatMap(n => [a.recorder.record(sighting(n)), b.recorder.record(sighting(n))]));
  expect(await recordedBy(store.sql, 'left')).toEqual(numbers(1, 500));
  expect(await recordedBy(store.sql, 'right')).toEqual(numbers(1, 500));
  await Promise.all([a.close(), b.close()]);
});

test('each day has its stream, also when the clock is put back', async () => {
  const { recorder, close } = await recording(store, { node: 'days' });
  const day = 86_400_000;
  for (const [i, at] of [noon, noon, noon + day, noon, noon + day].entries()) await recorder.record(sighting(i, at));
  const rows = await store.sql`select stream, version from ledger.writers where stream like 'scans-days-%' order by id`;
  expect(rows.map(row => [row['stream'], row['version']])).toEqual([
    ['scans-days-20260408-1', 2],
    ['scans-days-20260409-2', 1],
    ['scans-days-20260408-3', 1],
    ['scans-days-20260409-4', 1],
  ]);
  await close();
});

test('closing waits for what is under way', async () => {
  const { recorder, close } = await recording(store, { node: 'closing' });
  const done = numbers(1, 100).map(n => recorder.record(sighting(n)));
  await recorder.close();
  expect(await recordedBy(store.sql, 'closing')).toEqual(numbers(1, 100));
  await Promise.all(done);
  await close();
});

test('while the store is away scans are kept on disk, and are on record once when it is back', async () => {
  let away = true;
  const append: Ledger['append'] = request => (away ? Promise.reject(gone()) : store.ledger.append(request));
  const { recorder, spools, drained, close, directory } = await recording(store, { node: 'away', append });
  await Promise.all(numbers(0, 3_000).map(n => recorder.record(sighting(n))));
  for (const n of numbers(3_000, 50)) await recorder.record(sighting(n));
  expect(recorder.detoured).toBe(true);
  expect(spools.bytes).toBeGreaterThan(0);
  expect(await recordedBy(store.sql, 'away')).toEqual([]);
  away = false;
  await drained();
  await recorder.record(sighting(3_050));
  expect(recorder.detoured).toBe(false);
  expect(await recordedBy(store.sql, 'away')).toEqual(numbers(0, 3_051));
  await close();
  expect(existsSync(`${directory}/away`)).toBe(false);
});

test('a store that does not answer keeps nobody waiting longer than the patience, and what it wrote is not twice', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>(resolve => {
    open = resolve;
  });
  const append: Ledger['append'] = request => gate.then(() => store.ledger.append(request));
  const { recorder, drained, close } = await recording(store, { node: 'silent', append, patienceMs: 250 });
  await Promise.all(numbers(1, 40).map(n => recorder.record(sighting(n))));
  await recorder.record(sighting(41));
  open();
  await drained();
  expect(await recordedBy(store.sql, 'silent')).toEqual(numbers(1, 41));
  await close();
});

test('an answer that was lost is not a second scan', async () => {
  let lost = 0;
  const append: Ledger['append'] = async request => {
    const events = await store.ledger.append(request);
    if (lost++ % 2 === 0) throw gone();
    return events;
  };
  const { recorder, drained, close } = await recording(store, { node: 'lost', append });
  for (const n of numbers(1, 20)) await recorder.record(sighting(n));
  await drained();
  expect(sorted(await recordedBy(store.sql, 'lost'))).toEqual(numbers(1, 20));
  await close();
});

test('a stream that somebody else wrote to is left for one of a new name', async () => {
  const { recorder, close } = await recording(store, { node: 'stranger' });
  await recorder.record(sighting(1));
  const { at, org, data } = sighting(2);
  const scans = { stream: 'scans-stranger-20260408-1', expected: 1, scans: [{ at, org, data }] };
  await store.ledger.append({ at, org: null, actor: 'scanner', request: null, writes: [], scans });
  await recorder.record(sighting(3));
  expect(await recordedBy(store.sql, 'stranger')).toEqual([1, 2, 3]);
  await close();
});

test('a full spool turns scans away, and they are not counted', async () => {
  let away = true;
  const append: Ledger['append'] = request => (away ? Promise.reject(gone()) : store.ledger.append(request));
  const { recorder, drained, close } = await recording(store, { node: 'brim', append, bytesMax: 2_000 });
  const kept: number[] = [];
  for (const n of numbers(1, 50)) {
    await recorder.record(sighting(n)).then(
      () => kept.push(n),
      error => expect(String(error)).toContain('the spool holds 2000 bytes at most'),
    );
  }
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.length).toBeLessThan(20);
  away = false;
  await drained();
  await recorder.record(sighting(51));
  expect(await recordedBy(store.sql, 'brim')).toEqual([...kept, 51]);
  await close();
});

test('a scan that can not be stored is refused and harms no other', async () => {
  const { recorder, close } = await recording(store, { node: 'unfit' });
  const unfit = sighting(1);
  await expect(recorder.record({ ...unfit, data: { ...unfit.data, os: 'a\tb' } })).rejects.toThrow("can't hold");
  await recorder.record(sighting(2));
  expect(await recordedBy(store.sql, 'unfit')).toEqual([2]);
  await close();
});

test('more scans than may wait are turned away, and those that wait are still recorded', async () => {
  const { recorder, drained, close } = await recording(store, { node: 'full' });
  const results = numbers(0, 20_050).map(n =>
    recorder.record(sighting(n)).then(
      () => n,
      () => -1,
    ),
  );
  const done = (await Promise.all(results)).filter(n => n >= 0);
  expect(done.length).toBeGreaterThanOrEqual(20_000);
  expect(done.length).toBeLessThan(20_050);
  await drained();
  expect(sorted(await recordedBy(store.sql, 'full'))).toEqual(done);
  await close();
});

test('connections that are cut under load lose no answered scan and count none twice', async () => {
  const ledger = new Ledger(store.url);
  const append: Ledger['append'] = request => ledger.append(request);
  const { recorder, drained, close } = await recording(store, { node: 'cut', append });
  const resolved: number[] = [];
  let next = 0;
  let stop = false;
  const scanners = Array.from({ length: 32 }, async () => {
    while (!stop) {
      const n = next++;
      await recorder.record(sighting(n));
      resolved.push(n);
    }
  });
  for (let cuts = 0; cuts < 12; cuts++) {
    const seen = resolved.length;
    await until(() => resolved.length > seen + 50, 20_000);
    await store.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'indelible ledger' and datname = current_database()`;
  }
  const seen = resolved.length;
  await until(() => resolved.length > seen + 50, 20_000);
  stop = true;
  await Promise.all(scanners);
  await drained();
  await close();
  await ledger.close();
  expect(sorted(await recordedBy(store.sql, 'cut'))).toEqual(sorted(resolved));
});

test('what a killed process has left on disk is brought home by the next one', async () => {
  const directory = `${scratchDirectory()}/spool`;
  const append: Ledger['append'] = () => Promise.reject(gone());
  const first = await recording(store, { node: 'first', append, directory });
  for (const n of numbers(1, 30)) await first.recorder.record(sighting(n));
  // It ends without a word; its sign of life says that it was another process.
  await Bun.write(`${directory}/first/owner`, `${hostname()} 1.1`);
  const second = await recording(store, { node: 'second', directory });
  await second.drained();
  expect(await recordedBy(store.sql, 'first')).toEqual(numbers(1, 30));
  await second.close();
  expect(existsSync(`${directory}/first`)).toBe(false);
});
