/**
 * Scans summed up by code and day: how many, by which country, device and so on, and a sketch of how many different
 * visitors. Only scans of people count; bots, previews and HEAD requests are kept apart, by their kind alone. A day of a
 * code is one row, whatever its scans had in them: with a row for each value a scan cost eight upserts. Days are those
 * of UTC; sketches of any days can be united, so that uniques of a month are not a sum of days.
 */
import type { Scan } from '../events/scan.ts';
import type { Projection, Sql } from './projection.ts';
import { dayOf } from './projection.ts';
import { estimate, registersOf } from './uniques.ts';

/** What scans are told apart by. */
export const dimensions = ['kind', 'country', 'device', 'os', 'browser', 'referrer', 'language'] as const;
export type Dimension = (typeof dimensions)[number];

/** Scans by dimension and value; '' stands for not known. */
type Counts = Partial<Record<Dimension, Record<string, number>>>;

interface Day {
  readonly qr: string;
  readonly day: string;
  scans: number;
  /** Those of this batch. */
  fresh: number;
  readonly counts: Counts;
  /** Register → coordinate of the highest rank seen. */
  readonly visitors: Map<number, number>;
}

export const scans: Projection = {
  name: 'scans',
  version: 1,
  family: 'scans',
  // A day's row is rewritten whole: taking scans in as they came cost half a core at 25,000 a second.
  paceMs: 250,
  handles: ['scan.recorded'],
  tables: `
    create table scan_days (
      qr text collate "C" not null,
      day date not null,
      scans bigint not null,
      counts jsonb not null,
      primary key (qr, day)
    );
    create table scan_totals (
      qr text collate "C" primary key,
      scans bigint not null
    );
    create table scan_visitors (
      qr text collate "C" not null,
      day date not null,
      visitors integer[] not null,
      primary key (qr, day)
    );
  `,

  async apply(sql, events) {
    const days = new Map<string, Day>();
    for (const event of events) {
      if (event.type === 'scan.recorded') add(days, dayOf(event.at), event.data);
    }
    await addStored(sql, days);
    const rows = [...days.values()];
    const dayRows = rows.map(({ qr, day, scans, counts }) => ({ qr, day, scans, counts }));
    await sql`
      insert into scan_days
      select qr, day, scans, counts from json_populate_recordset(null::scan_days, ${JSON.stringify(dayRows)}::text::json)
      on conflict (qr, day) do update set scans = excluded.scans, counts = excluded.counts`;
    await addTotals(sql, rows);
    await addVisitors(sql, rows);
  },
};

function add(days: Map<string, Day>, day: string, scan: Scan): void {
  const key = `${scan.qr} ${day}`;
  let sum = days.get(key);
  if (!sum) {
    sum = { qr: scan.qr, day, scans: 0, fresh: 0, counts: {}, visitors: new Map() };
    days.set(key, sum);
  }
  for (const dimension of scan.kind === 'scan' ? dimensions : (['kind'] as const)) {
    count(sum.counts, dimension, scan[dimension] ?? '', 1);
  }
  if (scan.kind !== 'scan') return;
  sum.scans += 1;
  sum.fresh += 1;
  const register = scan.visitor >> 4;
  sum.visitors.set(register, Math.max(scan.visitor, sum.visitors.get(register) ?? 0));
}

function count(counts: Counts, dimension: Dimension, value: string, scans: number): void {
  // Values come from headers; one may be called like something every object has.
  counts[dimension] ??= Object.create(null) as Record<string, number>;
  const values = counts[dimension];
  values[value] = (values[value] ?? 0) + scans;
}

/** Adds what the rows of these days hold already. */
async function addStored(sql: Sql, days: ReadonlyMap<string, Day>): Promise<void> {
  const keys = JSON.stringify([...days.values()].map(({ qr, day }) => ({ qr, day })));
  const stored = await sql`
    select d.qr, to_char(d.day, 'YYYY-MM-DD') as day, d.scans, d.counts
    from json_populate_recordset(null::scan_days, ${keys}::text::json) k join scan_days d using (qr, day)`;
  for (const row of stored) {
    const sum = days.get(`${row['qr']} ${row['day']}`)!;
    sum.scans += row['scans'];
    for (const [dimension, values] of Object.entries(row['counts'] as Record<Dimension, Record<string, number>>)) {
      for (const [value, n] of Object.entries(values)) count(sum.counts, dimension as Dimension, value, n);
    }
  }
}

async function addTotals(sql: Sql, rows: readonly Day[]): Promise<void> {
  const totals = new Map<string, number>();
  for (const { qr, fresh } of rows) if (fresh > 0) totals.set(qr, (totals.get(qr) ?? 0) + fresh);
  if (totals.size === 0) return;
  const totalRows = JSON.stringify([...totals].map(([qr, scans]) => ({ qr, scans })));
  await sql`
    insert into scan_totals
    select qr, scans from json_populate_recordset(null::scan_totals, ${totalRows}::text::json)
    on conflict (qr) do update set scans = scan_totals.scans + excluded.scans`;
}

async function addVisitors(sql: Sql, rows: readonly Day[]): Promise<void> {
  const sketches = rows
    .filter(({ visitors }) => visitors.size > 0)
    // Sorted as the union leaves them, so that rows don't tell how the events were split into batches.
    .map(({ qr, day, visitors }) => ({ qr, day, visitors: [...visitors.values()].sort((a, b) => a - b) }));
  if (sketches.length === 0) return;
  // A coordinate is register * 16 + rank: of each register the highest rank stays.
  await sql`
    insert into scan_visitors
    select qr, day, visitors from json_populate_recordset(null::scan_visitors, ${JSON.stringify(sketches)}::text::json)
    on conflict (qr, day) do update set visitors = array(
      select max(v) from unnest(scan_visitors.visitors || excluded.visitors) v group by v >> 4 order by 1)`;
}

/** Counted scans of codes, in all time. Codes that were never scanned are absent. */
export async function scanTotals(sql: Sql, qrs: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql`select qr, scans from scan_totals where qr = any(${qrs as string[]})`;
  return new Map(rows.map(row => [row['qr'], row['scans']]));
}

/** Days of a range, both ends included, `YYYY-MM-DD` in UTC. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** Scans of a code over some days, all of it as of one moment. */
export interface ScanSummary {
  /** Scans by day, for the days that had any. */
  readonly byDay: ReadonlyMap<string, number>;
  /** Scans by the values of each dimension, most first, then by name. */
  readonly by: Readonly<Record<Dimension, readonly { readonly value: string; readonly scans: number }[]>>;
  /** Estimated number of different visitors: one union, not a sum of days. */
  readonly visitors: number;
}

/** Sums up a code's scans over some days. One statement, so that no number is older than another. */
export async function summarize(sql: Sql, qr: string, { from, to }: Days): Promise<ScanSummary> {
  const [row] = await sql`
    with days as (
      select day, scans, counts from scan_days where qr = ${qr} and day between ${from} and ${to}
    ),
    sums as (
      select d.key as dimension, v.key as value, sum(v.value::bigint) as scans
      from days, jsonb_each(counts) d, jsonb_each(d.value) v group by 1, 2
    )
    select
      (select json_agg(json_build_array(to_char(day, 'YYYY-MM-DD'), scans)) from days where scans > 0) as by_day,
      (select json_agg(json_build_array(dimension, value, scans) order by scans desc, value collate "C") from sums) as sums,
      array(
        select max(v) from scan_visitors, unnest(visitors) v
        where qr = ${qr} and day between ${from} and ${to} group by v >> 4
      ) as visitors`;
  const by = Object.fromEntries(dimensions.map(name => [name, []])) as unknown as Record<
    Dimension,
    { value: string; scans: number }[]
  >;
  for (const [dimension, value, n] of (row!['sums'] ?? []) as [Dimension, string, number][]) {
    by[dimension].push({ value, scans: n });
  }
  return { byDay: new Map(row!['by_day'] ?? []), by, visitors: estimate(registersOf(row!['visitors'])) };
}
