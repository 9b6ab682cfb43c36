/**
 * Teams, asked about: by the API with the version of the stream they stand in, and by the quota with what each has to
 * itself. The rows are made in `organizations.ts`.
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

export interface TeamQuota {
  readonly team: string;
  /** Codes a month and requests a minute that are this team's alone; null where it shares what no team holds. */
  readonly qrCodesPerMonth: number | null;
  readonly requestsPerMinute: number | null;
}

/** What each team of an organisation has to itself; what is left of the limits is shared by all others. */
export async function teamQuotas(sql: Sql, org: string): Promise<TeamQuota[]> {
  return [
    ...(await sql<TeamQuota[]>`
      select id as team, qr_codes_per_month as "qrCodesPerMonth", requests_per_minute as "requestsPerMinute"
      from teams where org = ${org} and not deleted order by id`),
  ];
}
