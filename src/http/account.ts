/**
 * What the organisation used this month and may use, as the reference shows it. The answer is never behind: it counts
 * the very request that asks for it.
 */
import { Elysia } from 'elysia';
import { periodOf } from '../../projections/projection.ts';
import { findUsage } from '../../projections/usage.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { json } from './replies.ts';
import * as schemas from './schemas.ts';

export function account(deps: ApiDeps) {
  return new Elysia({ name: 'account', prefix: '/v1/account', tags: ['Account'] }).get(
    '/usage',
    async ({ request }) => {
      const caller = callerOf(request, 'read');
      // What was counted in memory, this request included, goes on record first.
      await deps.meterFlush();
      await deps.fresh(['usage']);
      const period = periodOf(caller.at);
      const { codes, requests } = await findUsage(deps.sql, caller.access.org, period);
      return json({
        plan: caller.access.plan,
        period,
        qrCodesCreated: codes,
        apiRequests: requests,
        limits: deps.limitsOf(caller),
      });
    },
    {
      query: schemas.NoQuery,
      response: { 200: schemas.Usage },
      detail: { operationId: 'getUsage', summary: 'Usage of the current month' },
    },
  );
}
