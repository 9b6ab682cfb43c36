/**
 * What the organisation used in a month and may use, as the reference shows it, and by team and key; and the events that
 * every unit of it comes from. The answer is never behind: it counts the very request that asks for it. A key for a part
 * of the organisation sees the usage of that part.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import type { Access } from '../../projections/keys.ts';
import { periodOf } from '../../projections/projection.ts';
import { findUsage, type UsageRow, type UsageScope, usageBy, usageSpan } from '../../projections/usage-rows.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { reachOf } from './rights.ts';
import * as schemas from './schemas.ts';
import { Closed } from './shapes.ts';

const Period = Type.Optional(
  Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', description: 'Calendar month in UTC; this one when absent' }),
);
const UsageQuery = Closed({ period: Period });
const UnitsQuery = Closed({
  period: Period,
  team: Type.Optional(Type.String({ maxLength: 64, description: 'Only what keys of this team did' })),
  key: Type.Optional(Type.String({ maxLength: 64, description: 'Only what this key did' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'next_cursor of the page before' })),
});
type Units = Static<typeof UnitsQuery>;

/** What the caller may see of the usage: all of it, its team's or its own. */
function scopeOf(access: Access): UsageScope {
  if (reachOf(access) === 'codes') return { key: access.key };
  return access.team === null ? {} : { team: access.team };
}

const row = ({ id, name, codes, requests }: UsageRow) => ({ id, name, qrCodesCreated: codes, apiRequests: requests });

/** What one event stands for. */
function unit({ position, type, at, actor, data, stream }: AnyEvent & { data: object }) {
  const { team = null, key = actor, count = 0 } = data as { team?: string; key?: string; count?: number };
  const isCode = type === 'qr.created';
  return {
    position,
    type,
    at: new Date(at).toISOString(),
    key,
    team,
    qr: isCode ? stream : null,
    qrCodesCreated: isCode ? 1 : 0,
    apiRequests: isCode ? 0 : count,
  };
}

/** Whether the event stands for a unit of this period and scope. */
function isCounted(event: AnyEvent, period: string, { team, key }: UsageScope): boolean {
  const data = event.data as { team?: string; key?: string; test?: true; period?: string };
  if (data.test || (data.period ?? periodOf(event.at)) !== period) return false;
  if (team !== undefined && data.team !== team) return false;
  return key === undefined || (data.key ?? event.actor) === key;
}

async function units(deps: ApiDeps, access: Access, asked: Units, period: string): Promise<Response> {
  const { limit = 100, cursor, team, key } = asked;
  const own = scopeOf(access);
  const scope = { ...(team !== undefined && { team }), ...(key !== undefined && { key }), ...own };
  if ((own.team && team && team !== own.team) || (own.key && key && key !== own.key)) {
    throw invalid([
      { pointer: own.team ? '?team' : '?key', code: 'not_allowed', detail: 'This key sees its own usage.' },
    ]);
  }
  const span = await usageSpan(deps.sql, access.org, period, scope);
  const found: AnyEvent[] = [];
  let after = Math.max(cursor === undefined ? 0 : Number(cursor), (span?.first ?? 1) - 1);
  while (span && found.length <= limit && after < span.last) {
    const page = await deps.readPage({ org: access.org, types: ['qr.created', 'request.metered'] }, after, 1_000);
    if (page.length === 0) break;
    found.push(...page.filter(event => event.position <= span.last && isCounted(event, period, scope)));
    after = page.at(-1)!.position;
  }
  const data = found.slice(0, limit);
  const has_more = found.length > limit;
  return json({ data: data.map(unit), limit, has_more, next_cursor: has_more ? String(data.at(-1)!.position) : null });
}

export function account(deps: ApiDeps) {
  /** What was counted in memory, the request at hand included, goes on record first. */
  const current = async () => {
    await deps.meterFlush();
    await deps.fresh(['usage', 'organizations', 'keys']);
  };
  return new Elysia({ name: 'account', prefix: '/v1/account', tags: ['Account'] })
    .get(
      '/usage',
      async ({ query, request }) => {
        const caller = callerOf(request, 'read');
        const { access } = caller;
        await current();
        const period = query.period ?? periodOf(caller.at);
        const scope = scopeOf(access);
        const [{ codes, requests }, teams, keys] = await Promise.all([
          findUsage(deps.sql, access.org, period, scope),
          usageBy(deps.sql, 'team', access.org, period, scope),
          usageBy(deps.sql, 'key', access.org, period, scope),
        ]);
        return json({
          plan: access.plan,
          period,
          qrCodesCreated: codes,
          apiRequests: requests,
          limits: deps.limitsOf(caller),
          teams: teams.map(row),
          keys: keys.map(row),
          events: `${deps.baseUrl()}/v1/account/usage/events?period=${period}`,
        });
      },
      {
        ...asks(UsageQuery),
        response: { 200: schemas.Usage },
        detail: { operationId: 'getUsage', summary: 'Usage of a month, also by team and by key' },
      },
    )
    .get(
      '/usage/events',
      async ({ query, request }) => {
        const { access, at } = callerOf(request, 'read');
        await current();
        return units(deps, access, query, query.period ?? periodOf(at));
      },
      {
        ...asks(UnitsQuery),
        response: { 200: schemas.UsageEvents },
        detail: { operationId: 'listUsageEvents', summary: 'The events that the usage of a month is the sum of' },
      },
    );
}
