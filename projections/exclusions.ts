/**
 * Scans that do not count after all, as analytics ask for them: the exclusions that are in force, and which key made
 * which code, for one may exclude all that a key has made. The scans themselves and their sums know nothing of it, so
 * that including them again is exact and takes no time.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Projection, Slice, Sql } from './projection.ts';

export interface ExclusionRow {
  id: string;
  org: string;
  codes: string[] | null;
  key: string | null;
  from_ms: number | null;
  before_ms: number | null;
  utm_source: string | null;
  utm_medium: string | null;
  utm_campaign: string | null;
  reason: string | null;
  included: boolean;
  version: number;
  created_ms: number;
  updated_ms: number;
}

const columns = `id, org, codes, key, from_ms, before_ms, utm_source, utm_medium, utm_campaign, reason, included, version,
  created_ms, updated_ms`;

export const exclusions: Projection = {
  name: 'exclusions',
  version: 1,
  family: 'facts',
  handles: ['traffic.excluded', 'traffic.included', 'traffic.erased', 'qr.created'],
  tables: `
    create table exclusions (
      id text collate "C" primary key,
      org text collate "C" not null,
      codes text[] collate "C",
      key text collate "C",
      from_ms bigint,
      before_ms bigint,
      utm_source text collate "C",
      utm_medium text collate "C",
      utm_campaign text collate "C",
      reason text,
      included boolean not null,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index exclusions_org on exclusions (org, id desc) where not included;
    create table code_makers (
      qr text collate "C" primary key,
      key text collate "C" not null
    );
    create index code_makers_key on code_makers (key);
  `,

  async apply(sql, events) {
    const made = events
      .filter(event => event.type === 'qr.created')
      .map(({ stream, actor }) => ({ qr: stream, key: actor }));
    if (made.length > 0) {
      await sql`
        insert into code_makers
        select qr, key from json_populate_recordset(null::code_makers, ${JSON.stringify(made)}::text::json)
        on conflict do nothing`;
    }
    const said = events.filter(event => event.type !== 'qr.created');
    if (said.length === 0) return;
    const ids = [...new Set(said.map(event => event.stream))];
    const known = await sql<ExclusionRow[]>`select ${sql.unsafe(columns)} from exclusions where id = any(${ids})`;
    const rows = new Map(known.map(row => [row.id, row]));
    for (const event of said) {
      const row = evolveExclusion(rows.get(event.stream), event);
      if (row) rows.set(row.id, row);
    }
    await sql`
      insert into exclusions (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::exclusions, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (id) do update set
        included = excluded.included, reason = excluded.reason, version = excluded.version, updated_ms = excluded.updated_ms`;
  },
};

/** An exclusion's row after an event; pure. */
function evolveExclusion(row: ExclusionRow | undefined, event: AnyEvent): ExclusionRow | undefined {
  if (event.type === 'traffic.excluded') {
    const { codes = null, key = null, from = null, before = null, reason = null } = event.data;
    const { utmSource = null, utmMedium = null, utmCampaign = null } = event.data;
    return {
      ...{ id: event.stream, org: event.org!, codes, key, from_ms: from, before_ms: before },
      ...{ utm_source: utmSource, utm_medium: utmMedium, utm_campaign: utmCampaign, reason, included: false },
      ...{ version: event.version, created_ms: event.at, updated_ms: event.at },
    };
  }
  if (!row) return row;
  const next = { ...row, version: event.version, updated_ms: event.at };
  switch (event.type) {
    case 'traffic.included':
      return { ...next, included: true };
    case 'traffic.erased':
      return { ...next, reason: null };
    default:
      return row;
  }
}

/** Exclusions of an organisation that are in force, newest first. */
export const activeExclusions = (sql: Sql, org: string): Promise<ExclusionRow[]> => sql<ExclusionRow[]>`
  select ${sql.unsafe(columns)} from exclusions where org = ${org} and not included order by id desc`;

/** A page of them, older than the id that is given, and how many there are in all. */
export async function listExclusions(sql: Sql, org: string, page: Slice) {
  const [rows, [counted]] = await Promise.all([
    sql<ExclusionRow[]>`
      select ${sql.unsafe(columns)} from exclusions
      where org = ${org} and not included ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from exclusions where org = ${org} and not included`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

/** One of them; undefined when it is unknown, included again or somebody else's. */
export async function findExclusion(sql: Sql, org: string, id: string): Promise<ExclusionRow | undefined> {
  const [row] = await sql<ExclusionRow[]>`
    select ${sql.unsafe(columns)} from exclusions where id = ${id} and org = ${org} and not included`;
  return row;
}

/** Which of these codes these keys have made: key by code. */
export async function makersOf(
  sql: Sql,
  codes: readonly string[],
  keys: readonly string[],
): Promise<Map<string, string>> {
  if (keys.length === 0 || codes.length === 0) return new Map();
  const rows = await sql`
    select qr, key from code_makers where qr = any(${codes as string[]}) and key = any(${keys as string[]})`;
  return new Map(rows.map(row => [row['qr'], row['key']]));
}
