/**
 * Scans out of the ledger by what they say: of some codes, within some time, from some country. They are looked for in
 * windows of positions that grow, like pages of the ledger, where their time can be, and blocks that hold none of the codes
 * are passed over. In order of positions, either way.
 */
import type { AnyEvent } from '../../events/index.ts';
import { archivedBehind, joined } from './archives.ts';
import type { Sql } from './connect.ts';
import { readHead } from './read.ts';
import { readScans, toScan } from './scan-rows.ts';
import { spansBack, spansOf } from './times.ts';

/** Columns that scans can be chosen by; '' is for what is not known. */
export const scanFilterColumns = {
  kind: 'kind',
  country: 'country',
  region: 'region',
  city: 'city',
  device: 'device',
  os: 'os',
  browser: 'browser',
  language: 'language',
  referrer: 'referrer',
  rule: 'rule',
  utmSource: 'utm_source',
  utmMedium: 'utm_medium',
  utmCampaign: 'utm_campaign',
} as const;
type ScanColumn = keyof typeof scanFilterColumns;

export interface ScanFilter {
  readonly org: string;
  /** Of test codes, or of live ones. */
  readonly test: boolean;
  /** Null for all codes. */
  readonly codes: readonly string[] | null;
  /** Milliseconds: from then on, and before. */
  readonly from?: number | undefined;
  readonly before?: number | undefined;
  /** By the names of `scanFilterColumns`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface ScanPage {
  /** Position behind which to go on: above it, or below it when newest come first. */
  readonly after?: number | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

/** Positions looked at first; more, if they don't fill the page. */
const windowMin = 20_000;
/** A partition's worth: what one statement looks through, however few match. */
const windowMax = 10_000_000;

/** A page of scans that match. */
export async function readScanPage(
  sql: Sql,
  filter: ScanFilter,
  { after, order, limit }: ScanPage,
): Promise<AnyEvent[]> {
  const head = await readHead(sql);
  const found: AnyEvent[] = [];
  let width = windowMin;
  const isUp = order === 'asc';
  const spans = isUp
    ? spansOf(sql, filter, after ?? 0, head)
    : await spansBack(sql, filter, 0, (after ?? head + 1) - 1);
  for await (const span of spans) {
    for (let left = span; left.after < left.to && found.length < limit; width = Math.min(width * 8, windowMax)) {
      const from = isUp ? left.after : Math.max(left.after, left.to - width);
      const to = isUp ? Math.min(left.to, left.after + width) : left.to;
      found.push(...(await readWindow(sql, filter, from, to, order, limit - found.length)));
      left = isUp ? { ...left, after: to } : { ...left, to: from };
    }
    if (found.length >= limit) break;
  }
  return found;
}

async function readWindow(
  sql: Sql,
  { org, test, codes, from: fromMs, before, values }: ScanFilter,
  from: number,
  to: number,
  order: 'asc' | 'desc',
  limit: number,
): Promise<AnyEvent[]> {
  let conditions = sql``;
  for (const [name, list] of Object.entries(values)) {
    const column = sql.unsafe(`s.${scanFilterColumns[name as ScanColumn]}`);
    conditions = sql`${conditions} and coalesce(${column}, '') = any(${list as string[]})`;
  }
  const where = sql`
    s.position > ${from} and s.position <= ${to} and s.org = ${org}
      and s.test is ${test ? sql`not null` : sql`null`}
      ${codes === null ? sql`` : sql`and s.qr = any(${codes as string[]})`}
      ${fromMs === undefined ? sql`` : sql`and s.at_ms >= ${fromMs}`}
      ${before === undefined ? sql`` : sql`and s.at_ms < ${before}`}
      ${conditions}`;
  const scans = await readScans(sql, where, limit, order);
  const old = await archivedBehind(sql, from, to, { isMeant, limit, isLast: order === 'desc' });
  if (old.length === 0) return scans;
  const both = joined(scans, old.map(toScan));
  return (order === 'asc' ? both : both.reverse()).slice(0, limit);

  /** The same conditions for a row of a file. */
  function isMeant(row: Record<string, unknown>): boolean {
    return (
      row['org'] === org &&
      (row['test'] !== null) === test &&
      (codes === null || codes.includes(row['qr'] as string)) &&
      (fromMs === undefined || (row['at_ms'] as number) >= fromMs) &&
      (before === undefined || (row['at_ms'] as number) < before) &&
      Object.entries(values).every(([name, list]) =>
        list.includes((row[scanFilterColumns[name as ScanColumn]] as string | null) ?? ''),
      )
    );
  }
}
