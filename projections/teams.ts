/**
 * Teams, as the API asks for them: with the version of the stream they stand in and what each has to itself. The rows are
 * made in `organizations.ts`.
 */
import type { Slice, Sql } from './projection.ts';

export interface TeamRow {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  /** Null where the team shares what no team holds. */
  readonly qr_codes_per_month: number | null;
  readonly requests_per_minute: number | null;
  readonly created_ms: number;
  readonly updated_ms: number;
  /** Of the organisation's stream: quotas are decided together. */
  readonly version: number;
}

const columns = `teams.id, teams.org, teams.name, qr_codes_per_month, requests_per_minute, teams.created_ms,
  teams.updated_ms, organizations.version`;

/** One team of an organisation; undefined when it is unknown, deleted, somebody else's or not the one that is seen. */
export async function findTeam(sql: Sql, org: string, id: string): Promise<TeamRow | undefined> {
  const [row] = await sql<TeamRow[]>`
    select ${sql.unsafe(columns)} from teams join organizations on organizations.id = teams.org
    where teams.id = ${id} and teams.org = ${org} and not deleted`;
  return row;
}

/** An organisation's teams, newest first, older than the id that is given, and how many there are in all. */
export async function listTeams(
  sql: Sql,
  org: string,
  /** Only this one; null for all. */
  only: string | null,
  page: Slice,
) {
  const where = sql`org = ${org} and not deleted ${only === null ? sql`` : sql`and teams.id = ${only}`}`;
  const [rows, [counted]] = await Promise.all([
    sql<TeamRow[]>`
      select ${sql.unsafe(columns)} from teams join organizations on organizations.id = teams.org
      where ${where} ${page.before ? sql`and teams.id < ${page.before}` : sql``}
      order by teams.id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from teams where ${where}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}
