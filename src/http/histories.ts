/**
 * The history of a code: every version it ever had, who made it, when, with which request, and what it changed from what
 * to what. It is read from the ledger itself, also for deleted codes; the names of keys are those of today.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { keyNames, type Step, stepsOf } from '../../projections/histories.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { reachedEvents } from './qr-reach.ts';
import { changesBetween, comparedFields } from './qr-view.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const HistoryQuery = Closed({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: Type.Optional(Type.String({ maxLength: 16, description: 'next_cursor of the page before' })),
  order: Type.Optional(OneOf(['asc', 'desc'], 'desc, newest first, when absent')),
});

/** Who did something: a key, the operator at the command line, or the system by itself. */
export const Actor = Type.Object(
  {
    kind: OneOf(['key', 'operator', 'system']),
    id: OrNull(Type.String(), 'Id of a key'),
    name: OrNull(Type.String(), 'Name of the key today'),
  },
  { title: 'Actor' },
);

export const HistoryEntry = Type.Object(
  {
    version: Type.Integer({ description: 'Version of the code after it' }),
    position: Type.Integer({ description: 'Place in the ledger; asOf takes it' }),
    at: Time,
    type: Type.String({ examples: ['qr.retargeted'] }),
    actor: Actor,
    request: OrNull(Type.String(), 'X-Request-Id of the request'),
    changes: Type.Array(
      Type.Object({
        field: Type.Union(comparedFields.map(field => Type.Literal(field))),
        from: Type.Unknown(),
        to: Type.Unknown(),
      }),
    ),
    restoredVersion: Type.Optional(Type.Integer({ description: 'Of qr.restored: which version was brought back' })),
  },
  { title: 'HistoryEntry' },
);

const History = Type.Object(
  {
    data: Type.Array(HistoryEntry),
    total: Type.Integer(),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String()),
  },
  { title: 'History' },
);

/** The actor of an event, by the names of keys. */
export function actorOf(actor: string, names: ReadonlyMap<string, string>): Static<typeof Actor> {
  const isKey = actor.startsWith('key_');
  const kind = isKey ? 'key' : actor === 'operator' ? 'operator' : 'system';
  return { kind, id: isKey ? actor : null, name: names.get(actor) ?? null };
}

/** One step as it is told. */
export function entryOf(baseUrl: string, { event, before, after }: Step, names: ReadonlyMap<string, string>) {
  const { version, position, at, type, actor, request } = event;
  return {
    version,
    position,
    // To the millisecond, so that it can be asked for with asOf.
    at: new Date(at).toISOString(),
    type,
    actor: actorOf(actor, names),
    request,
    changes: changesBetween(baseUrl, before, after),
    ...(type === 'qr.restored' && { restoredVersion: event.data.version }),
  };
}

export function histories(deps: ApiDeps) {
  return new Elysia({ name: 'histories', prefix: '/v1/qr', tags: ['Audit'] }).get(
    '/:id/history',
    async ({ params, query, request }) => {
      const { access } = callerOf(request, 'audit');
      const { limit = 20, cursor, order = 'desc' } = query;
      const after = cursor === undefined ? undefined : versionFrom(cursor);
      const steps = stepsOf(await reachedEvents(deps, access, params.id));
      const all = order === 'asc' ? steps : steps.toReversed();
      const rest = all.filter(({ event: { version } }) => {
        if (after === undefined) return true;
        return order === 'asc' ? version > after : version < after;
      });
      const page = rest.slice(0, limit);
      await deps.fresh(['keys']);
      const names = await keyNames(
        deps.sql,
        access.org,
        page.map(({ event }) => event.actor),
      );
      const has_more = rest.length > limit;
      return json({
        data: page.map(step => entryOf(deps.baseUrl(), step, names)),
        total: steps.length,
        limit,
        has_more,
        next_cursor: has_more ? String(page.at(-1)!.event.version) : null,
      });
    },
    {
      ...asks(HistoryQuery),
      response: { 200: History },
      detail: { operationId: 'getHistory', summary: 'Every version of a code: who made it, when, and what it changed' },
    },
  );
}

function versionFrom(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw invalid([{ pointer: '?cursor', code: 'format', detail: 'The cursor is not one that a history has given.' }]);
}
