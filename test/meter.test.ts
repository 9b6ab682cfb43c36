import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { Meter } from '../src/meter.ts';
import { Ledger } from '../src/store/ledger.ts';
import { type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

let store: TestStore;
const open: Meter[] = [];
beforeAll(async () => {
  store = await testStore();
});
afterEach(async () => {
  for (const meter of open.splice(0)) await meter.stop();
});
afterAll(() => store.close());

const april = Date.UTC(2026, 3, 8);
let nodes = 0;

function meterOn(ledger: Pick<Ledger, 'append'>, now: () => number = () => april) {
  const node = `node${++nodes}`;
  const errors: unknown[] = [];
  const meter = new Meter(ledger as Ledger, node, now, error => errors.push(error));
  open.push(meter);
  return { meter, node, errors };
}

/** A request with a live key of no team. */
const by = (org: string, key: string) => ({ org, key, team: null, test: false });

/** What is on record of a node: `org key period` → sum, and how many events that took. */
async function recorded(node: string) {
  const rows = await store.sql`
    select org || ' ' || (data ->> 'key') || ' ' || (data ->> 'period') as what, sum((data ->> 'count')::integer) as sum
    from ledger.events where stream like ${`requests-${node}-%`} group by 1 order by 1`;
  return Object.fromEntries(rows.map(row => [row['what'], Number(row['sum'])]));
}

test('requests are summed by organisation, key and month, one event each', async () => {
  let now = april;
  const { meter, node } = meterOn(store.ledger, () => now);
  for (let i = 0; i < 5; i++) meter.count(by('org_1', 'key_1'));
  meter.count(by('org_1', 'key_2'));
  meter.count(by('org_2', 'key_3'));
  now = Date.UTC(2026, 4, 1);
  meter.count(by('org_1', 'key_1'));
  await meter.flush();
  expect(await recorded(node)).toEqual({
    'org_1 key_1 2026-04': 5,
    'org_1 key_1 2026-05': 1,
    'org_1 key_2 2026-04': 1,
    'org_2 key_3 2026-04': 1,
  });
  const [row] = await store.sql`select count(*) from ledger.events where stream like ${`requests-${node}-%`}`;
  expect(row!['count']).toBe(4);
});

test('a request says for which team it was made, and whether with a test key', async () => {
  const { meter, node } = meterOn(store.ledger);
  meter.count({ ...by('org_1', 'key_1'), team: 'team_1' });
  meter.count({ ...by('org_1', 'key_2'), test: true });
  meter.count({ ...by('org_1', 'key_1'), team: 'team_1' });
  await meter.flush();
  const rows =
    await store.sql`select data from ledger.events where stream = ${`requests-${node}-org_1`} order by version`;
  expect(rows.map(row => row['data'])).toEqual([
    { key: 'key_1', period: '2026-04', count: 2, team: 'team_1' },
    { key: 'key_2', period: '2026-04', count: 1, test: true },
  ]);
});

test('nothing counted, nothing written', async () => {
  const { meter, node } = meterOn(store.ledger);
  await meter.flush();
  await meter.flush();
  expect(await recorded(node)).toEqual({});
});

test('what was counted before a flush is on record after it, however many flush at once', async () => {
  const { meter, node } = meterOn(store.ledger);
  let counted = 0;
  const callers = Array.from({ length: 50 }, async () => {
    for (let i = 0; i < 10; i++) {
      meter.count(by('org_1', 'key_1'));
      const atLeast = ++counted;
      await meter.flush();
      expect((await recorded(node))['org_1 key_1 2026-04']).toBeGreaterThanOrEqual(atLeast);
    }
  });
  await Promise.all(callers);
  expect(await recorded(node)).toEqual({ 'org_1 key_1 2026-04': 500 });
});

test('stopping writes what was counted last', async () => {
  const { meter, node } = meterOn(store.ledger);
  meter.count(by('org_1', 'key_1'));
  await meter.stop();
  expect(await recorded(node)).toEqual({ 'org_1 key_1 2026-04': 1 });
});

test('a flush that could not be written loses nothing: the next one writes it once', async () => {
  let away = true;
  const append: Ledger['append'] = request =>
    away ? Promise.reject(new Error('the store is away')) : store.ledger.append(request);
  const { meter, node } = meterOn({ append });
  for (let i = 0; i < 3; i++) {
    meter.count(by('org_1', 'key_1'));
    meter.count(by('org_2', 'key_2'));
    await expect(meter.flush()).rejects.toThrow('the store is away');
  }
  away = false;
  await meter.flush();
  meter.count(by('org_1', 'key_1'));
  await meter.flush();
  expect(await recorded(node)).toEqual({ 'org_1 key_1 2026-04': 4, 'org_2 key_2 2026-04': 3 });
});

test('a flush that was written but not answered is not counted twice', async () => {
  let answers = false;
  const append: Ledger['append'] = async request => {
    const events = await store.ledger.append(request);
    if (!answers) throw new Error('the answer was lost');
    return events;
  };
  const { meter, node } = meterOn({ append });
  meter.count(by('org_1', 'key_1'));
  await expect(meter.flush()).rejects.toThrow('the answer was lost');
  meter.count(by('org_1', 'key_1'));
  answers = true;
  await meter.flush();
  await meter.flush();
  expect(await recorded(node)).toEqual({ 'org_1 key_1 2026-04': 2 });
});

test('counts survive connections that are cut under them, each exactly once', async () => {
  const ledger = new Ledger(store.url);
  const { meter, node } = meterOn(ledger);
  for (let i = 0; i < 300; i++) {
    meter.count(by(`org_${i % 3}`, 'key_1'));
    const flushed = meter.flush().catch(() => {});
    if (i % 60 === 30) {
      await store.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'indelible ledger' and datname = current_database()`;
    }
    await flushed;
  }
  await until(
    () =>
      meter.flush().then(
        () => true,
        () => false,
      ),
    10_000,
  );
  expect(await recorded(node)).toEqual({
    'org_0 key_1 2026-04': 100,
    'org_1 key_1 2026-04': 100,
    'org_2 key_1 2026-04': 100,
  });
  await ledger.close();
});
