/**
 * The usage of an organisation, asked about: by the API as sums of a month, of each team and of each key, and by the
 * quota for what teams have not used of what is theirs. The rows are made in `usage.ts`.
 */
import type { Sql } from './projection.ts';

export interface UsageSum {
  /** Codes created and requests made. */
  readonly codes: number;
  readonly requests: number;
}

export interface UsageRow extends UsageSum {
  /** Id of the team or key; null for what no team's key did. */
  readonly id: string | null;
  readonly name: string | null;
}

/** Which part of the usage is seen: all of it, a team's, or a key's. */
export interface UsageScope {
  readonly team?: string | undefined;
  readonly key?: string | undefined;
}

const within = (sql: Sql, org: string, period: string, { team, key }: UsageScope) => sql`
  org = ${org} and period = ${period}
  ${team === undefined ? sql`` : sql`and team = ${team}`} ${key === undefined ? sql`` : sql`and key = ${key}`}`;

/** Codes created and requests made in a period `YYYY-MM`. */
export async function findUsage(sql: Sql, org: string, period: string, scope: UsageScope = {}): Promise<UsageSum> {
  const where = within(sql, org, period, scope);
  const [row] = await sql<[UsageSum]>`
    select
      coalesce((select sum(units) from usage_codes where ${where}), 0)::bigint as codes,
      coalesce((select sum(units) from usage_requests where ${where}), 0)::bigint as requests`;
  return { codes: row.codes, requests: row.requests };
}

/** The same by team or by key, most codes first; teams and keys that are gone too. */
export async function usageBy(
  sql: Sql,
  by: 'team' | 'key',
  org: string,
  period: string,
  scope: UsageScope,
): Promise<UsageRow[]> {
  const where = within(sql, org, period, scope);
  const rows = await sql<UsageRow[]>`
    select nullif(id, '') as id, named.name, codes, requests
    from (
      select id, sum(codes)::bigint as codes, sum(requests)::bigint as requests
      from (
        select ${sql(by)} as id, units as codes, 0 as requests from usage_codes where ${where}
        union all
        select ${sql(by)}, 0, units from usage_requests where ${where}
      ) parts group by id
    ) sums left join ${sql(`${by}s`)} named using (id)
    order by codes desc, requests desc, id`;
  return [...rows];
}

/** Where in the ledger the events of this usage begin and end; undefined when there are none. */
export async function usageSpan(
  sql: Sql,
  org: string,
  period: string,
  scope: UsageScope,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const where = within(sql, org, period, scope);
  const [row] = await sql`
    select min(first) as first, max(last) as last from (
      select first, last from usage_codes where ${where} union all select first, last from usage_requests where ${where}
    ) spans`;
  return row!['first'] === null ? undefined : { first: row!['first'], last: row!['last'] };
}

/** Codes that teams have to themselves and have not made yet, all together: nobody else can have these. */
export async function reservedCodes(sql: Sql, org: string, period: string): Promise<number> {
  const [row] = await sql`
    select coalesce(sum(greatest(0, qr_codes_per_month - coalesce(used, 0))), 0)::bigint as reserved
    from teams left join (
      select team, sum(units) as used from usage_codes where org = ${org} and period = ${period} group by team
    ) made on made.team = teams.id
    where teams.org = ${org} and not deleted and qr_codes_per_month is not null`;
  return row!['reserved'] as number;
}

export interface QuotaUse {
  readonly team: string | null;
  readonly used: number;
  readonly limit: number;
  /** Thresholds that were told in this period. */
  readonly told: readonly number[];
}

/** What an organisation and each of its teams with a quota used of their codes, and what of it was told. */
export async function quotaUses(sql: Sql, org: string, period: string, limitDefault: number): Promise<QuotaUse[]> {
  return [
    ...(await sql<QuotaUse[]>`
      select nullif(quotas.team, '') as team, quotas.quota as "limit",
        coalesce((select sum(units) from usage_codes made
          where made.org = ${org} and made.period = ${period} and (quotas.team = '' or made.team = quotas.team)), 0)::bigint as used,
        coalesce((select json_agg(threshold) from usage_thresholds told
          where told.org = ${org} and told.period = ${period} and told.team = quotas.team
            and told.quota = 'qrCodesPerMonth'), '[]'::json) as told
      from (
        select '' as team, coalesce((limits ->> 'qrCodesPerMonth')::bigint, ${limitDefault}) as quota
        from organizations where id = ${org}
        union all
        select id, qr_codes_per_month from teams
        where org = ${org} and not deleted and qr_codes_per_month is not null
      ) quotas order by quotas.team`),
  ];
}

/** The allowance that the codes of a month are counted under, of an organisation or of a team of it. */
export const codesAllowance = (org: string, period: string, team: string | null = null): string =>
  `codes:${org}:${period}${team === null ? '' : `:${team}`}`;
