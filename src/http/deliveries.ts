/**
 * The log of deliveries: what a webhook was told or is to be told, what came of it, and what was sent. One of them can be
 * sent again under its old id, so that a receiver that has it already knows it.
 */
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import type { ReplayFact } from '../../events/replay.ts';
import { findDelivery, listDeliveries } from '../../projections/delivery-lists.ts';
import type { DeliveryRow } from '../../projections/delivery-rows.ts';
import type { WebhookRow } from '../../projections/webhooks.ts';
import { type ReplayCommand, type ReplayState, replay as replaying } from '../deciders/replay.ts';
import { execute, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { invalid, Problem } from '../problem.ts';
import { messageOf } from '../webhooks/message.ts';
import { messageIdOf, positionIn } from '../webhooks/signature.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { asks } from './query.ts';
import { json, replyResponse } from './replies.ts';
import { NoQuery, Nothing } from './schemas.ts';
import * as schemas from './webhook-schemas.ts';
import { deliveryShown } from './webhook-view.ts';
import { webhookOf } from './webhooks.ts';

const limitDefault = 20;

interface Params {
  readonly id: string;
  readonly message: string;
}

/** Throws when nothing would be sent, however long one waits. */
export function refuseDisabled({ status }: WebhookRow): void {
  if (status === 'disabled') throw new Problem('conflict', 'The webhook is disabled; resume it first.');
}

async function find(deps: ApiDeps, { id, message }: Params): Promise<{ row: DeliveryRow; event: AnyEvent }> {
  await deps.fresh(['deliveries']);
  const position = positionIn(message, id);
  const row = position === undefined ? undefined : await findDelivery(deps.sql, id, position);
  const [event] = row ? await deps.readPositions([row.position]) : [];
  if (row && event && messageIdOf(id, event) === message) return { row, event };
  throw new Problem('not_found', 'There is no such delivery; what is long over can be replayed by its position.');
}

async function resend(deps: ApiDeps, request: Request, params: Params, body: unknown): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  refuseDisabled(await webhookOf(deps, access.org, params.id));
  const { position, name } = (await find(deps, params)).row;
  const command: ReplayCommand = { do: 'resend', webhook: params.id, position, name };
  const reply = await execute<ReplayState, ReplayCommand, ReplayFact>(
    deps.execution,
    context,
    () => [{ decider: replaying, stream: newId('rep', at), command, fresh: true }],
    () => ({ status: 202, headers: {}, body: { id: params.message, type: name, status: 'pending' } }),
  );
  return replyResponse(reply);
}

export function deliveries(deps: ApiDeps) {
  return new Elysia({ name: 'deliveries', prefix: '/v1/webhooks', tags: ['Webhooks'] })
    .get(
      '/:id/deliveries',
      async ({ params: { id }, query, request }) => {
        const { access } = callerOf(request, 'admin');
        const { status, type: name, limit = limitDefault, cursor } = query;
        const before = cursor === undefined ? undefined : positionFrom(cursor);
        await webhookOf(deps, access.org, id);
        await deps.fresh(['deliveries']);
        const rows = await listDeliveries(deps.sql, id, { status, name, before }, limit + 1);
        const has_more = rows.length > limit;
        const page = rows.slice(0, limit);
        const next_cursor = has_more ? String(page.at(-1)!.position) : null;
        const told = await deps.readPositions(page.map(({ position }) => position));
        const events = new Map(told.map(event => [event.position, event]));
        const data = page.map(row => deliveryShown(id, row, events.get(row.position)!));
        return json({ data, limit, has_more, next_cursor });
      },
      {
        ...asks(schemas.DeliveryQuery),
        response: { 200: schemas.DeliveryList },
        detail: { operationId: 'listDeliveries', summary: 'What a webhook was told and what came of it, newest first' },
      },
    )
    .get(
      '/:id/deliveries/:message',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'admin');
        await webhookOf(deps, access.org, params.id);
        const { row, event } = await find(deps, params);
        return json({ ...deliveryShown(params.id, row, event), payload: messageOf(event, row.name) });
      },
      {
        query: NoQuery,
        response: { 200: schemas.DeliveryDetail },
        detail: { operationId: 'getDelivery', summary: 'One delivery and what it says' },
      },
    )
    .post('/:id/deliveries/:message/resend', ({ params, body, request }) => resend(deps, request, params, body), {
      ...accepts(Nothing),
      query: NoQuery,
      response: { 202: schemas.DeliveryQueued },
      detail: { operationId: 'resendDelivery', summary: 'Send one again, under its id, with all its attempts' },
    });
}

function positionFrom(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw invalid([{ pointer: '?cursor', code: 'format', detail: 'The cursor is not one that a list has given.' }]);
}
