import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Recorder } from '../../src/redirect/recorder.ts';
import { Ledger } from '../../src/store/ledger.ts';
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

test('a scan is on record, whole, when its promise resolves', async () => {
  const recorder = new Recorder(store.ledger, 'whole');
  const full = sighting(1);
  const data = { ...full.data, rule: 'weekend', country: 'DE', os: 'iOS', browser: 'Safari', referrer: 'a.example' };
  await recorder.record({ ...full, data: { ...data, language: 'de', kind: 'bot' } });
  const [row] = await store.sql`select s.* from ledger.scans s join ledger.writers w on w.id = s.writer
    where w.stream like 'scans-whole-20260408-%'`;
  expect(row).toMatchObject({ at_ms: noon, org: 'org_1', qr: 'qr_1', qr_version: 1, rule: 'weekend', kind: 'bot' });
  expect(row).toMatchObject({ country: 'DE', os: 'iOS', browser: 'Safari', referrer: 'a.example', language: 'de' });
  expect(row).toMatchObject({ version: 1, device: 'mobile', agent: 1, visitor: 17 });
});

test('scans that come together are all recorded once, in few commits', async () => {
  const recorder = new Recorder(store.ledger, 'many');
  const before = await commits();
  await Promise.all(numbers(1, 5_000).map(n => recorder.record(sighting(n))));
  expect(await recordedBy(store.sql, 'many')).toEqual(numbers(1, 5_000));
  expect((await commits()) - before).toBeLessThan(10);
});

async function commits(): Promise<number> {
  const [row] = await store.sql`select count(*) from ledger.commits`;
  return row!['count'];
}

test('scans of two recorders and facts of commands share the ledger without disturbing each other', async () => {
  const [a, b] = [new Recorder(store.ledger, 'left'), new Recorder(store.ledger, 'right')];
  await Promise.all(numbers(1, 500).flatMap(n => [a.record(sighting(n)), b.record(sighting(n))]));
  expect(await recordedBy(store.sql, 'left')).toEqual(numbers(1, 500));
  expect(await recordedBy(store.sql, 'right')).toEqual(numbers(1, 500));
});

test('each day has its stream, also when the clock is put back', async () => {
  const recorder = new Recorder(store.ledger, 'days');
  const day = 86_400_000;
  for (const [i, at] of [noon, noon, noon + day, noon, noon + day].entries()) await recorder.record(sighting(i, at));
  const rows = await store.sql`select stream, version from ledger.writers where stream like 'scans-days-%' order by id`;
  expect(rows.map(row => [row['stream'], row['version']])).toEqual([
    ['scans-days-20260408-1', 2],
    ['scans-days-20260409-2', 1],
    ['scans-days-20260408-3', 1],
    ['scans-days-20260409-4', 1],
  ]);
});

test('closing waits for what is under way', async () => {
  const recorder = new Recorder(store.ledger, 'closing');
  const done = numbers(1, 100).map(n => recorder.record(sighting(n)));
  await recorder.close();
  expect(await recordedBy(store.sql, 'closing')).toEqual(numbers(1, 100));
  await Promise.all(done);
});

test('a store that is away fails the scan, which is then not on record, and the next one is recorded again', async () => {
  let away = true;
  const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const append: Ledger['append'] = request => (away ? Promise.reject(gone) : store.ledger.append(request));
  const recorder = new Recorder({ append } as Ledger, 'away');
  await expect(recorder.record(sighting(1))).rejects.toThrow('refused');
  away = false;
  await recorder.record(sighting(2));
  expect(await recordedBy(store.sql, 'away')).toEqual([2]);
});

test('an answer that was lost is not a second scan', async () => {
  let lost = 0;
  const append: Ledger['append'] = async request => {
    const events = await store.ledger.append(request);
    if (lost++ % 2 === 0) throw Object.assign(new Error('the connection broke'), { code: 'CONNECTION_CLOSED' });
    return events;
  };
  const recorder = new Recorder({ append } as Ledger, 'lost');
  for (const n of numbers(1, 20)) await recorder.record(sighting(n));
  expect(await recordedBy(store.sql, 'lost')).toEqual(numbers(1, 20));
});

test('a batch that is written after it was given up can not be taken for the next one of that millisecond', async () => {
  const broken = Object.assign(new Error('the connection broke'), { code: 'CONNECTION_CLOSED' });
  const held: Parameters<Ledger['append']>[0][] = [];
  const append: Ledger['append'] = async request => {
    if (held.length === 4) return store.ledger.append(request);
    held.push(request);
    throw broken;
  };
  const recorder = new Recorder({ append } as Ledger, 'late');
  await expect(recorder.record(sighting(1))).rejects.toThrow('broke');
  await store.ledger.append(held[2]!);
  // Its first attempt breaks before it is written, so that the second one must not be taken for a repetition.
  await recorder.record(sighting(2));
  expect(held).toHaveLength(4);
  expect(await recordedBy(store.sql, 'late')).toEqual([1, 2]);
});

test('more scans than may wait are turned away, and those that wait are still recorded', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>(resolve => {
    open = resolve;
  });
  const append: Ledger['append'] = request => gate.then(() => store.ledger.append(request));
  const recorder = new Recorder({ append } as Ledger, 'full');
  const results = numbers(0, 20_050).map(n =>
    recorder.record(sighting(n)).then(
      () => n,
      () => -1,
    ),
  );
  open();
  const done = (await Promise.all(results)).filter(n => n >= 0);
  expect(done.length).toBeGreaterThanOrEqual(20_000);
  expect(done.length).toBeLessThan(20_050);
  expect(await recordedBy(store.sql, 'full')).toEqual(done);
});

test('connections that are cut under load lose no answered scan and count none twice', async () => {
  const ledger = new Ledger(store.url);
  const recorder = new Recorder(ledger, 'cut');
  const resolved: number[] = [];
  let next = 0;
  let stop = false;
  const scanners = Array.from({ length: 32 }, async () => {
    while (!stop) {
      const n = next++;
      await recorder.record(sighting(n)).then(
        () => resolved.push(n),
        () => {},
      );
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
  await recorder.close();
  await ledger.close();
  const recorded = await recordedBy(store.sql, 'cut');
  expect(new Set(recorded).size).toBe(recorded.length);
  const known = new Set(recorded);
  expect(sorted(resolved).filter(n => !known.has(n))).toEqual([]);
});
