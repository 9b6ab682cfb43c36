/**
 * Simulated scans: whoever tries the API with a test key sees what scans look like in analytics, events and webhooks,
 * without a phone. They are marked as tests, cost nothing, and only codes of test keys can have any.
 */
import { randomInt } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { Device, ScanKind } from '../../events/scan.ts';
import { RANK_MAX, REGISTERS } from '../../projections/uniques.ts';
import { execute, replay } from '../execute.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { reachedQr } from './qr-reach.ts';
import { replyResponse } from './replies.ts';
import { notPermitted } from './rights.ts';
import { NoQuery } from './schemas.ts';
import { Closed } from './shapes.ts';

const Name = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 64, description }));

export const Simulation = Closed(
  {
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 1, description: 'How many scans' })),
    kind: Type.Optional({ ...ScanKind, description: 'scan when absent; all others are recorded and not counted' }),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })),
    device: Type.Optional({ ...Device, description: 'mobile when absent' }),
    os: Name('Such as iOS'),
    browser: Name('Such as Safari'),
    language: Type.Optional(Type.String({ pattern: '^[a-z]{2,3}$', description: 'BCP 47 primary subtag' })),
    referrer: Name('Host name of the referring page'),
    sameVisitor: Type.Optional(Type.Boolean({ description: 'Whether all of them are of one visitor' })),
  },
  { title: 'Simulation', examples: [{ count: 25, country: 'DE', device: 'mobile', os: 'iOS' }] },
);
export const Simulated = Type.Object({ recorded: Type.Integer() }, { title: 'Simulated' });

/** A visitor like any other: each further rank is half as likely. */
function anybody(): number {
  let rank = 1;
  while (rank < RANK_MAX && randomInt(2) === 0) rank += 1;
  return randomInt(REGISTERS) * 16 + rank;
}

export function simulations(deps: ApiDeps) {
  return new Elysia({ name: 'simulations', prefix: '/v1/qr', tags: ['Analytics'] }).post(
    '/:id/scans/simulate',
    async ({ params, body, request }) => {
      const caller = callerOf(request, 'write');
      const { access, at } = caller;
      const context = contextOf(request, caller, body);
      const earlier = await replay(deps.execution, context);
      if (earlier) return replyResponse(earlier);
      await deps.fresh(['qrs']);
      const { id, version } = await reachedQr(deps, access, params.id);
      if (access.mode !== 'test') throw notPermitted('Scans are simulated with a test key, of codes made with one.');
      const { count = 1, kind = 'scan', device = 'mobile', sameVisitor = false } = body;
      const { country = null, os = null, browser = null, language = null, referrer = null } = body;
      const one = anybody();
      const scans = Array.from({ length: count }, () => ({
        at,
        org: access.org,
        data: {
          ...{ qr: id, qrVersion: version, rule: null, kind, country, device, os, browser, language },
          referrer: referrer?.toLowerCase() ?? null,
          ...{ agent: 0, visitor: sameVisitor ? one : anybody(), test: true as const },
        },
      }));
      // The answer is kept first, so that a repetition records nothing more.
      const reply = await execute(
        deps.execution,
        context,
        () => [],
        () => ({
          ...{ status: 201, headers: {}, body: { recorded: count } },
        }),
      );
      if (!reply.replayed) await deps.simulate(scans);
      return replyResponse(reply);
    },
    {
      ...accepts(Simulation),
      query: NoQuery,
      response: { 201: Simulated },
      detail: { operationId: 'simulateScans', summary: 'Simulate scans of a code that was made with a test key' },
    },
  );
}
