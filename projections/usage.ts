/**
 * What an organisation used in a calendar month (UTC): codes created, however they fared since, and API requests, by key
 * and by team. Trials are not counted. Each row knows the first and the last event it comes from, so that every unit can
 * be traced; which thresholds of a quota were told is kept beside it. How it is asked for stands in `usage-rows.ts`.
 */
import { type Projection, periodOf } from './projection.ts';

interface Sum {
  readonly org: string;
  readonly period: string;
  /** '' for what no team's key did. */
  readonly team: string;
  readonly key: string;
  units: number;
  readonly first: number;
  last: number;
}

const table = (name: string) => `
  create table ${name} (
    org text collate "C" not null,
    period text collate "C" not null,
    team text collate "C" not null,
    key text collate "C" not null,
    units bigint not null,
    first bigint not null,
    last bigint not null,
    primary key (org, period, team, key)
  );`;

export const usage: Projection = {
  name: 'usage',
  version: 1,
  family: 'facts',
  handles: ['qr.created', 'request.metered', 'quota.reached'],
  tables: `
    ${table('usage_codes')}
    ${table('usage_requests')}
    create table usage_thresholds (
      org text collate "C" not null,
      period text collate "C" not null,
      team text collate "C" not null,
      quota text not null,
      threshold integer not null,
      primary key (org, period, team, quota, threshold)
    );
  `,

  async apply(sql, events) {
    const codes = new Map<string, Sum>();
    const requests = new Map<string, Sum>();
    const add = (sums: Map<string, Sum>, row: Omit<Sum, 'first' | 'last'>, position: number) => {
      const name = [row.org, row.period, row.team, row.key].join(' ');
      const sum = sums.get(name);
      if (!sum) sums.set(name, { ...row, first: position, last: position });
      else {
        sum.units += row.units;
        sum.last = position;
      }
    };
    for (const event of events) {
      const { position, at } = event;
      const org = event.org!;
      if (event.type === 'qr.created') {
        const { team = '', test } = event.data;
        if (!test) add(codes, { org, period: periodOf(at), team, key: event.actor, units: 1 }, position);
      } else if (event.type === 'request.metered') {
        const { key, period, count, team = '', test } = event.data;
        if (!test) add(requests, { org, period, team, key, units: count }, position);
      } else if (event.type === 'quota.reached') {
        const { period, team, quota, threshold } = event.data;
        await sql`
          insert into usage_thresholds (org, period, team, quota, threshold)
          values (${org}, ${period}, ${team ?? ''}, ${quota}, ${threshold}) on conflict do nothing`;
      }
    }
    for (const [name, sums] of [
      ['usage_codes', codes],
      ['usage_requests', requests],
    ] as const) {
      if (sums.size === 0) continue;
      await sql`
        insert into ${sql(name)} as known
        select * from json_populate_recordset(null::${sql(name)}, ${JSON.stringify([...sums.values()])}::text::json)
        on conflict (org, period, team, key) do update set
          units = known.units + excluded.units, last = excluded.last`;
    }
  },
};
