/**
 * API keys over HTTP: issued, listed, narrowed, rotated and revoked. A key's text is shown when it is issued or rotated
 * and never again; nobody gives away more than the own key may do, see `grants.ts`.
 */
import { Elysia } from 'elysia';
import type { KeyFact } from '../../events/key.ts';
import { findKey, type KeyRow, listKeys } from '../../projections/key-rows.ts';
import type { Access } from '../../projections/keys.ts';
import { keyClaim } from '../deciders/claims.ts';
import { type KeyCommand, type KeyState, key } from '../deciders/key.ts';
import { execute, type Order, type Outcome, type Reply, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { accessModels } from './auth.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { narrowed, narrowingFaults, refuseLonger, refuseMore } from './grants.ts';
import { accepts } from './input.ts';
import { issuance } from './issuance.ts';
import * as schemas from './key-schemas.ts';
import { rowAfter, rowBefore, shown } from './key-view.ts';
import { listed, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { covers, notPermitted } from './rights.ts';
import { NoQuery } from './schemas.ts';
import { hashSecret } from './secret.ts';
import { textFor, withText } from './shown-once.ts';

type KeyOrder = Order<KeyState, KeyCommand, KeyFact>;

/** The key as it is now; throws 404 when the caller sees none by this id. */
export async function keyOf(deps: ApiDeps, { org, team }: Access, id: string): Promise<KeyRow> {
  await deps.fresh(accessModels);
  const row = await findKey(deps.sql, org, id, team);
  if (!row) throw new Problem('not_found', 'There is no such key.');
  return row;
}

/** Nobody revokes a key that may do more than the own one. */
export function refuseStronger(access: Access, { role }: KeyRow): void {
  if (covers(access.role, role)) return;
  throw notPermitted(`A key of the role ${access.role} can not revoke one of ${role}.`);
}

const powersOf = ({ role, team, operations, addresses, requests_per_minute: requestsPerMinute }: KeyRow) => ({
  ...{ role, team, operations, addresses, requestsPerMinute },
});

async function issue(deps: ApiDeps, request: Request, body: schemas.KeyCreate): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return withText(deps, request, context, earlier);
  const text = textFor(request, context, body.mode ?? 'live');
  const { command, holder } = await issuance(deps, caller, body, text);
  const id = newId('key', at);
  const order: KeyOrder = { decider: key, stream: id, command, fresh: true, claims: [keyClaim(command.hash)] };
  const reply = await execute(deps.execution, context, unlessTaken(order), ([outcome]) => {
    const { state, version } = outcome!;
    const { mode, scope, member } = state;
    const row = { ...rowAfter(rowBefore(id, access.org, at, holder), outcome!), mode, scope, member };
    return {
      status: 201,
      headers: { location: `${deps.baseUrl()}/v1/keys/${id}`, etag: etagOf(version) },
      body: { ...shown(row, at), key: null },
    };
  });
  return withText(deps, request, context, reply, text);
}

/** A text is given once and for ever; the same one comes again only when an old idempotency key does. */
const unlessTaken = (order: KeyOrder) => (taken: readonly string[]) => {
  if (taken.length === 0) return [order];
  throw new Problem('conflict', 'A key was made under this Idempotency-Key before; use another one.');
};

/** Gives a command on a key that is there; `make` is asked only when the command was not answered before. */
async function run(
  deps: ApiDeps,
  request: Request,
  id: string,
  body: unknown,
  make: (access: Access, row: KeyRow, at: number) => KeyCommand,
  answer: (row: KeyRow, outcome: Outcome<KeyState>, at: number) => Reply,
): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const row = await keyOf(deps, access, id);
  const command = make(access, row, at);
  const order: KeyOrder = { decider: key, stream: id, command, expected: versionsOf(request) };
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => answer(row, outcome!, at),
  );
  return replyResponse(reply);
}

async function rotate(deps: ApiDeps, request: Request, id: string, body: { graceSeconds?: number }): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return withText(deps, request, context, earlier);
  const row = await keyOf(deps, access, id);
  // Who rotates a key holds it afterwards.
  refuseMore(access, powersOf(row));
  refuseLonger(access, row.expires_ms);
  const text = textFor(request, context, row.mode);
  const hash = hashSecret(text);
  const graceUntil = at + (body.graceSeconds ?? schemas.graceDefaultSeconds) * 1_000;
  const command: KeyCommand = { do: 'rotate', hash, lastFour: text.slice(-4), graceUntil, at };
  const order: KeyOrder = {
    ...{ decider: key, stream: id, command, expected: versionsOf(request), claims: [keyClaim(hash)] },
  };
  const reply = await execute(deps.execution, context, unlessTaken(order), ([outcome]) => ({
    status: 200,
    headers: { etag: etagOf(outcome!.version) },
    body: { ...shown(rowAfter(row, outcome!), at), key: null, graceUntil: timeOf(graceUntil) },
  }));
  return withText(deps, request, context, reply, text);
}

export function keys(deps: ApiDeps) {
  return new Elysia({ name: 'keys', prefix: '/v1/keys', tags: ['Keys'] })
    .post('/', ({ body, request }) => issue(deps, request, body), {
      ...accepts(schemas.KeyCreate, narrowingFaults),
      query: NoQuery,
      response: { 201: schemas.KeyIssued },
      detail: { operationId: 'issueKey', summary: 'Issue a key; its text is shown this once' },
    })
    .get(
      '/',
      async ({ query, request }) => {
        const { access, at } = callerOf(request, 'read');
        await deps.meterFlush();
        await deps.fresh(accessModels);
        const { member, team, revoked: all } = query;
        const found = await listKeys(deps.sql, access.org, { member, team, all }, access.team, sought(query, 'key'));
        return listed(query, found, row => shown(row, at));
      },
      {
        ...asks(schemas.KeyQuery, query => sought(query, 'key')),
        response: { 200: schemas.KeyList },
        detail: { operationId: 'listKeys', summary: 'List keys, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access, at } = callerOf(request, 'read');
        // When it was last used is told by what is metered.
        await deps.meterFlush();
        const row = await keyOf(deps, access, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row, at), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Key },
        detail: { operationId: 'getKey', summary: 'Get a key; never its text' },
      },
    )
    .patch(
      '/:id',
      ({ params, body, request }) => {
        const make = (access: Access, row: KeyRow, at: number): KeyCommand => {
          const { fields } = narrowed(body);
          refuseMore(access, powersOf(row));
          refuseMore(access, { ...powersOf(row), ...fields });
          if (fields.expiresAt !== undefined) refuseLonger(access, fields.expiresAt);
          return { do: 'change', name: body.name, ...fields, at };
        };
        return run(deps, request, params.id, body, make, (row, outcome, at) => ({
          status: 200,
          headers: { etag: etagOf(outcome.version) },
          body: shown(rowAfter(row, outcome), at),
        }));
      },
      {
        ...accepts(schemas.KeyPatch, narrowingFaults),
        query: NoQuery,
        response: { 200: schemas.Key },
        detail: { operationId: 'changeKey', summary: 'Rename or narrow a key, change its rate or its end' },
      },
    )
    .post('/:id/rotate', ({ params, body, request }) => rotate(deps, request, params.id, body), {
      ...accepts(schemas.KeyRotate),
      query: NoQuery,
      response: { 200: schemas.KeyRotated },
      detail: { operationId: 'rotateKey', summary: 'Give a key a new text; the former one works on for a while' },
    })
    .delete(
      '/:id',
      ({ params: { id }, request }) => {
        const make = (access: Access, row: KeyRow): KeyCommand => {
          refuseStronger(access, row);
          return { do: 'revoke' };
        };
        return run(deps, request, id, null, make, () => ({ status: 200, headers: {}, body: { revoked: true, id } }));
      },
      {
        query: NoQuery,
        response: { 200: schemas.KeyRevoked },
        detail: { operationId: 'revokeKey', summary: 'Revoke a key: it opens nothing any more' },
      },
    );
}
