/**
 * Analytics against plain SQL over the raw scans in the ledger: the same question asked twice, by random ranges, zones,
 * rules and filters, once of the read model as it follows the ledger and once of the ledger itself by Postgres, which
 * has calendars of its own.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Recent } from '../../projections/recent.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { keepCondensed } from '../../projections/scan-condensing.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { scans } from '../../projections/scans.ts';
import { estimate, registersOf } from '../../projections/uniques.ts';
import { type AnalyticsQuery, questionOf, toldInFull } from '../../src/http/analytics-queries.ts';
import { report } from '../../src/http/analytics-report.ts';
import { condensingSizes } from '../../src/http/condensing.ts';
import { Projector } from '../../src/projector.ts';
import { readHead } from '../../src/store/read.ts';
import { burst, said } from '../support/bursts.ts';
import { silentFeed } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const size = 12_000;
const recent = new Recent(200_000);
const events = burst(41, size);
const errors: unknown[] = [];
let store: TestStore;
let projector: Projector;

beforeAll(async () => {
  store = await testStore();
  for (let done = 0; done < size; done += 2_000) {
    const some = events.slice(done, done + 2_000);
    await store.ledger.append({
      ...{ at: some[0]!.at, org: null, actor: 'scanner', request: null, writes: [] },
      scans: { stream: 'scans-x', expected: done, scans: some.map(({ at, org, data }) => ({ at, org: org!, data })) },
    });
  }
  projector = new Projector({ sql: store.sql, feed: silentFeed, onError: error => errors.push(error) });
  await projector.prepare([scans]);
  await projector.start([scans]);
  await projector.reached(await readHead(store.sql), [scans.name], 60_000);
});
afterAll(async () => {
  await projector?.stop();
  await store?.close();
  expect(errors).toEqual([]);
});

const columns = {
  country: 'country',
  device: 'device',
  os: 'os',
  browser: 'browser',
  language: 'language',
  referrer: 'referrer',
  rule: 'rule',
  region: 'region',
  city: 'city',
  utmSource: 'utm_source',
  utmMedium: 'utm_medium',
  utmCampaign: 'utm_campaign',
} as const;
type Name = keyof typeof columns;

/** The kind by the rules of a version, out of the columns themselves. */
const kindBy = (version: number): string => `case when coalesce(rules, 1) > ${version}
  then coalesce(substring(earlier from '(?:^| )${version}=(\\w+)'), kind) else kind end`;

const day = fc
  .integer({ min: -40, max: 40 })
  .map(days => new Date(Date.UTC(2026, 0, 31 + days)).toISOString().slice(0, 10));
const question = fc.record({
  days: fc.tuple(day, day).map(pair => pair.sort()),
  tz: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'),
  rules: fc.constantFrom(1, 2),
  bots: fc.constantFrom('exclude' as const, 'include' as const, 'only' as const),
  names: fc.constantFrom(['qr_0'], ['qr_1'], ['qr_0', 'qr_2', 'qr_3']),
  // Of what is condensed when somebody asks: nothing, some and all.
  over: day,
  filters: fc.array(fc.tuple(fc.constantFrom(...(Object.keys(columns) as Name[])), fc.nat({ max: size - 1 })), {
    maxLength: 2,
  }),
});

test('the read model and the ledger give the same answer to any question', async () => {
  await fc.assert(
    fc.asyncProperty(question, async ({ days: [from, to], tz, rules, bots, names, over, filters }) => {
      const chosen = Object.fromEntries(filters.map(([name, n]) => [name, said(events[n]!.data, name) ?? '']));
      const query = { from, to, tz, rules, bots, top: 1_000, ...chosen } as AnalyticsQuery;
      const asked = questionOf(query, 0, Date.UTC(2026, 5, 1));
      const found = await sumUp(store.sql, {
        names,
        spans: asked.spans,
        matches: asked.matches,
        inFull: toldInFull(asked),
        condensing: {
          ...{ ...condensingSizes, until: quarterOf(Date.parse(over)), left: size, recent },
          keep: row => keepCondensed(store.sql, row),
        },
      });
      const body = report(asked, found, [], () => 'x');

      const kinds = bots === 'include' ? ['scan', 'bot'] : [bots === 'only' ? 'bot' : 'scan'];
      let where = store.sql`qr = any(${names}) and local::date between ${from!}::date and ${to!}::date`;
      for (const [name, value] of Object.entries(chosen)) {
        where = store.sql`${where} and coalesce(${store.sql.unsafe(columns[name as Name])}, '') = ${value}`;
      }
      const rows = await store.sql`
        select *, to_char(local, 'YYYY-MM-DD') as day, extract(isodow from local)::int as weekday,
          extract(hour from local)::int as hour
        from (
          select *, (to_timestamp(at_ms / 1000.0) at time zone ${tz}) as local, ${store.sql.unsafe(kindBy(rules))} as judged
          from ledger.scans
        ) scans where ${where}`;
      const counted = rows.filter(row => kinds.includes(row['judged']));
      const per = (key: (row: (typeof rows)[number]) => string): Record<string, number> => {
        const groups = Map.groupBy(counted, key);
        groups.delete('');
        return Object.fromEntries([...groups].map(([value, all]) => [value, all.length]));
      };
      expect(body.totalScans).toBe(counted.length);
      const told = (list: readonly { value: string; scans: number }[]) =>
        Object.fromEntries(list.map(({ value, scans }) => [value, scans]));
      for (const [name, column] of Object.entries(columns)) {
        expect(told(body.dimensions[name]!.values)).toEqual(per(row => row[column] ?? ''));
      }
      const series = body.timeSeries.filter(point => point.scans > 0).map(({ date, scans }) => [date, scans]);
      expect(Object.fromEntries(series)).toEqual(per(row => row['day']));
      const hours = body.weekdayHours.flatMap((list, i) => list.map((n, hour) => [`${i + 1} ${hour}`, n] as const));
      expect(Object.fromEntries(hours.filter(([, n]) => n > 0))).toEqual(
        per(row => `${row['weekday']} ${row['hour']}`),
      );
      const visitors = estimate(registersOf(counted.map(row => row['visitor'] as number)));
      expect(body.uniqueScans).toBe(Math.min(visitors, counted.length));
      for (const [kind, n] of Object.entries(body.kinds)) {
        expect([kind, rows.filter(row => row['judged'] === kind).length]).toEqual([kind, n]);
      }
    }),
    { numRuns: 40 },
  );
  const [row] = await store.sql`select count(*) as rows, count(distinct grain) as grains from scan_condensed`;
  expect(row!['rows']).toBeGreaterThan(1);
  expect(row!['grains']).toBeGreaterThan(1);
}, 120_000);
