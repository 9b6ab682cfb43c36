/**
 * What an organisation used in a calendar month (UTC): codes created, however they fared since, and API requests by
 * key. The quota and `GET /v1/account/usage` are answered from here.
 */
import { type Projection, periodOf, type Sql } from './projection.ts';

export const usage: Projection = {
  name: 'usage',
  version: 1,
  family: 'facts',
  handles: ['qr.created', 'request.metered'],
  tables: `
    create table usage_codes (
      org text collate "C" not null,
      period text collate "C" not null,
      created bigint not null,
      primary key (org, period)
    );
    create table usage_requests (
      org text collate "C" not null,
      period text collate "C" not null,
      key text collate "C" not null,
      requests bigint not null,
      primary key (org, period, key)
    );
  `,

  async apply(sql, events) {
    const codes = new Map<string, { org: string; period: string; created: number }>();
    const requests = new Map<string, { org: string; period: string; key: string; requests: number }>();
    for (const event of events) {
      const org = event.org!;
      if (event.type === 'qr.created') {
        const period = periodOf(event.at);
        const row = codes.get(`${org} ${period}`) ?? { org, period, created: 0 };
        row.created += 1;
        codes.set(`${org} ${period}`, row);
      } else if (event.type === 'request.metered') {
        const { key, period, count } = event.data;
        const row = requests.get(`${org} ${key} ${period}`) ?? { org, period, key, requests: 0 };
        row.requests += count;
        requests.set(`${org} ${key} ${period}`, row);
      }
    }
    if (codes.size > 0) {
      await sql`
        insert into usage_codes
        select org, period, created from json_populate_recordset(null::usage_codes, ${JSON.stringify([...codes.values()])}::text::json)
        on conflict (org, period) do update set created = usage_codes.created + excluded.created`;
    }
    if (requests.size > 0) {
      await sql`
        insert into usage_requests
        select org, period, key, requests
        from json_populate_recordset(null::usage_requests, ${JSON.stringify([...requests.values()])}::text::json)
        on conflict (org, period, key) do update set requests = usage_requests.requests + excluded.requests`;
    }
  },
};

/** Codes created and requests made by an organisation in a period `YYYY-MM`. */
export async function findUsage(sql: Sql, org: string, period: string): Promise<{ codes: number; requests: number }> {
  const [row] = await sql`
    select
      coalesce((select created from usage_codes where org = ${org} and period = ${period}), 0)::bigint as codes,
      coalesce((select sum(requests) from usage_requests where org = ${org} and period = ${period}), 0)::bigint as requests`;
  return { codes: row!['codes'], requests: row!['requests'] };
}
