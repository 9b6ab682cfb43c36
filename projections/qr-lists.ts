/**
 * Pages of an organisation's codes: in any order, as they are or as they were at a moment of the past. Every order ends
 * in the id, so that it is total, and a page begins behind a code's place in it; whoever follows the cursor meets each
 * code once while others are being made. Ids are in the order of creation.
 */
import type { Sql } from './projection.ts';
import { type QrFilter, type QrScope, whereOf } from './qr-filters.ts';
import { type Moment, type QrRow, qrColumns } from './qr-rows.ts';

/** `label` knows no capitals, and codes without one come as if theirs were empty; `scans` is that of the moment of asking. */
export const qrSorts = ['created', 'updated', 'label', 'scans'] as const;
export type QrSort = (typeof qrSorts)[number];

/** A code's place in an order. */
export interface Place {
  readonly key: string | number;
  readonly id: string;
}

export interface QrPage {
  readonly limit: number;
  readonly offset: number;
  /** `created` by default. */
  readonly sort?: QrSort | undefined;
  /** `desc` by default. */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only codes behind this place. */
  readonly after?: Place | undefined;
  readonly moment?: Moment | undefined;
}

/** What a code is sorted by, before its id. */
const keys: Record<QrSort, string> = {
  created: "''",
  updated: 'updated_ms',
  label: "split_part(search, E'\\n', 1)",
  scans: 'coalesce(scans, 0)',
};

/** A page of an organisation's codes, each with its place, and how many there are in all. */
export async function listQrs(sql: Sql, org: string, filter: QrFilter, scope: QrScope, page: QrPage) {
  const { limit, offset, sort = 'created', order = 'desc', after, moment } = page;
  const codes = moment === undefined ? sql`codes` : past(sql, org, moment, scope);
  const from = sort === 'scans' ? sql`${codes} left join (select qr, scans from scan_totals) totals on qr = id` : codes;
  const where = whereOf(sql, org, filter, scope);
  const key = sql.unsafe(keys[sort]);
  const direction = sql.unsafe(order);
  const behind = sql.unsafe(order === 'asc' ? '>' : '<');
  const place = sort === 'created' ? sql`id ${direction}` : sql`${key} ${direction}, id ${direction}`;
  const [rows, [counted]] = await Promise.all([
    sql<(QrRow & { key: string | number })[]>`
      select ${sql.unsafe(qrColumns)}, ${key} as key from ${from}
      where ${where} ${after === undefined ? sql`` : sort === 'created' ? sql`and id ${behind} ${after.id}` : sql`and (${key}, id) ${behind} (${after.key}, ${after.id})`}
      order by ${place} limit ${limit} offset ${offset}`,
    sql`select count(*) as total from ${codes} where ${where}`,
  ]);
  return {
    rows: rows.map(({ key: _, ...row }): QrRow => row),
    places: rows.map(({ key, id }): Place => ({ key, id })),
    total: counted!['total'] as number,
  };
}

/**
 * The codes of an organisation as they were: those that have not changed since, and of the others what they were. Whoever
 * sees only some tags or domains sees nothing of a code that has left them, not even its past.
 */
function past(sql: Sql, org: string, moment: Moment, scope: QrScope) {
  const [unit, value] = 'position' in moment ? ['', moment.position] : ['_ms', moment.at];
  const [since, until] = [sql.unsafe(`since${unit}`), sql.unsafe(`until${unit}`)];
  const columns = sql.unsafe(`${qrColumns}, search`);
  const isNarrowed = scope.tags !== null || scope.domains != null;
  const reached = isNarrowed
    ? sql`and id in (select id from codes where ${whereOf(sql, org, { status: 'any' }, scope)})`
    : sql``;
  return sql`(
    select ${columns} from codes where org = ${org} and ${since} <= ${value}
    union all
    select ${columns} from code_versions where org = ${org} and ${since} <= ${value} and ${until} > ${value} ${reached}
  ) codes`;
}
