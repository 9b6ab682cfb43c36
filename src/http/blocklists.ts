/**
 * An organisation's list of blocked hosts over HTTP: read and replaced as a whole. It holds from the answer on, for what
 * is set and for what was set before.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { BlocklistFact } from '../../events/blocklist.ts';
import { findBlocklist } from '../../projections/domains.ts';
import {
  type BlocklistCommand,
  type BlocklistState,
  blockedFaults,
  blockedMax,
  blocklist,
} from '../deciders/blocklist.ts';
import { execute } from '../execute.ts';
import type { Fault } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { etagOf, json, replyResponse, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';
import { Closed } from './shapes.ts';

const Blocklist = Closed(
  {
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      maxItems: blockedMax,
      description: 'Host names and addresses that codes must not lead to, with all below them',
    }),
  },
  { title: 'Blocklist', examples: [{ hosts: ['competitor.example'] }] },
);

function faultsIn(body: unknown): Fault[] {
  const { hosts } = (body ?? {}) as { hosts?: unknown };
  return Array.isArray(hosts) ? blockedFaults(hosts.map(host => (typeof host === 'string' ? host : 'x.example'))) : [];
}

/** The one list of an organisation has a stream of its own. */
const streamOf = (org: string): string => `blocklist-${org}`;

async function replace(deps: ApiDeps, request: Request, body: Static<typeof Blocklist>): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const reply = await execute<BlocklistState, BlocklistCommand, BlocklistFact>(
    deps.execution,
    contextOf(request, caller, body),
    () => [
      {
        decider: blocklist,
        stream: streamOf(caller.access.org),
        command: { do: 'change', hosts: body.hosts },
        expected: versionsOf(request),
      },
    ],
    ([outcome]) => ({
      status: 200,
      headers: { etag: etagOf(outcome!.version) },
      body: { hosts: outcome!.state.hosts },
    }),
  );
  return replyResponse(reply);
}

export function blocklists(deps: ApiDeps) {
  return new Elysia({ name: 'blocklists', prefix: '/v1/blocklist', tags: ['Domains'] })
    .get(
      '/',
      async ({ request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['domains']);
        const { hosts, version } = await findBlocklist(deps.sql, access.org);
        return json({ hosts }, { headers: { etag: etagOf(version) } });
      },
      {
        query: NoQuery,
        response: { 200: Blocklist },
        detail: { operationId: 'getBlocklist', summary: 'Get the hosts that your codes must not lead to' },
      },
    )
    .put('/', ({ body, request }) => replace(deps, request, body), {
      ...accepts(Blocklist, faultsIn),
      query: NoQuery,
      response: { 200: Blocklist },
      detail: { operationId: 'setBlocklist', summary: 'Replace the hosts that your codes must not lead to' },
    });
}
