/**
 * Taking a code back to an earlier version, or a deleted one back with its slug and its scans. What is said is a version
 * or a moment; what is done stands in `deciders/restoration.ts`, and the redirect follows before the answer is sent.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import { stepsOf } from '../../projections/histories.ts';
import { rowAfter, upTo } from '../../projections/qr-rows.ts';
import { fold } from '../decider.ts';
import { type QrCommand, qr } from '../deciders/qr.ts';
import { execute, replay } from '../execute.ts';
import { type Fault, invalid } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { momentOf } from './moments.ts';
import { lostDomain } from './own-domains.ts';
import { reachedEvents, rulesFor } from './qr-reach.ts';
import { shown } from './qr-view.ts';
import { etagOf, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery, QrCreated } from './schemas.ts';
import { Closed } from './shapes.ts';

const Restore = Closed(
  {
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'Which version to bring back' })),
    asOf: Type.Optional(
      Type.Union([Type.String({ maxLength: 40 }), Type.Integer({ minimum: 0 })], {
        description: 'Or the moment: an RFC 3339 time, or a position in the ledger',
      }),
    ),
  },
  { title: 'Restore', examples: [{ version: 3 }, { asOf: '2026-04-08T12:00:00Z' }, {}] },
);
type Restore = Static<typeof Restore>;

function faultsIn(body: unknown): Fault[] {
  const { version, asOf } = (body ?? {}) as Restore;
  if (version === undefined || asOf === undefined) return [];
  return [{ pointer: '/asOf', code: 'not_allowed', detail: 'Give a version or a moment, not both.' }];
}

const refused = (pointer: string, code: string, detail: string) => invalid([{ pointer, code, detail }]);

/** How many of a code's events make the version that is meant. */
async function versionOf(deps: ApiDeps, { version, asOf }: Restore, events: readonly AnyEvent[]): Promise<number> {
  if (version !== undefined) {
    if (version <= events.length) return version;
    throw refused('/version', 'too_large', `The code is at version ${events.length}.`);
  }
  if (asOf !== undefined) {
    const reached = upTo(events, await momentOf(deps, asOf, '/asOf')).length;
    if (reached > 0) return reached;
    throw refused('/asOf', 'too_small', 'At that moment the code was not there yet.');
  }
  // The last version before it was deleted; of an active code the rules say that one has to be named.
  const deletion = stepsOf(events).findLast(({ event }) => event.type === 'qr.deleted');
  return deletion ? deletion.event.version - 1 : events.length;
}

async function restore(deps: ApiDeps, request: Request, id: string, body: Restore): Promise<Response> {
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const events = await reachedEvents(deps, caller.access, id);
  const version = await versionOf(deps, body, events);
  const to = fold(qr, events.slice(0, version) as Parameters<typeof qr.evolve>[1][]);
  const pointer = body.version !== undefined ? '/version' : body.asOf !== undefined ? '/asOf' : '';
  const lost = lostDomain(deps, caller.access.org, rowAfter(events)!.domain);
  if (lost) throw refused(pointer || '/version', 'not_allowed', lost);
  const command: QrCommand = {
    do: 'restore',
    version,
    to,
    pointer,
    hosts: deps.hosts(caller.access.org),
    at: caller.at,
  };
  const order = { decider: rulesFor(caller.access), stream: id, command, expected: versionsOf(request) };
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => {
      const { state, version, changedAt } = outcome!;
      return {
        status: 200,
        headers: { etag: etagOf(version) },
        body: {
          ...shown(deps.baseUrl(), { ...state, id }),
          status: state.status,
          createdAt: timeOf(events[0]!.at),
          updatedAt: timeOf(changedAt),
        },
      };
    },
  );
  return replyResponse(reply);
}

export function restorations(deps: ApiDeps) {
  return new Elysia({ name: 'restorations', prefix: '/v1/qr', tags: ['Audit'] }).post(
    '/:id/restore',
    ({ params, body, request }) => restore(deps, request, params.id, body),
    {
      ...accepts(Restore, faultsIn),
      query: NoQuery,
      response: { 200: QrCreated },
      detail: {
        operationId: 'restoreQr',
        summary: 'Take a code back to an earlier version; without one, bring a deleted code back',
      },
    },
  );
}
