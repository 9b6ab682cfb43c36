/**
 * Erasing a code: all that may be personal in it, in its past and in what was answered about it is gone for good, on
 * record that it is, and nothing else changes: its history stays with these fields blank, what was counted stays counted,
 * its slug is never given away again. It is answered when the read models have forgotten it too.
 */
import { Elysia } from 'elysia';
import { projections } from '../../projections/index.ts';
import { execute } from '../execute.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { rulesFor } from './qr-reach.ts';
import { replyResponse, versionsOf } from './replies.ts';
import { NoQuery, QrErased } from './schemas.ts';
import { Nothing } from './webhook-schemas.ts';

const everyModel = projections.map(({ name }) => name);

async function erase(deps: ApiDeps, request: Request, id: string): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const command = { do: 'erase' } as const;
  const order = { decider: rulesFor(caller.access), stream: id, command, expected: versionsOf(request) };
  const reply = await execute(
    deps.execution,
    contextOf(request, caller, null),
    () => [order],
    () => ({ status: 200, headers: {}, body: { erased: true, id } }),
  );
  await deps.fresh(everyModel);
  return replyResponse(reply);
}

export function erasures(deps: ApiDeps) {
  return new Elysia({ name: 'erasures', prefix: '/v1/qr', tags: ['Audit'] }).post(
    '/:id/erase',
    ({ params, request }) => erase(deps, request, params.id),
    {
      ...accepts(Nothing),
      query: NoQuery,
      response: { 200: QrErased },
      detail: {
        operationId: 'eraseQr',
        summary: 'Make all that is personal in a code unreadable for ever, in its history and in every copy',
      },
    },
  );
}
