/**
 * What can be done with a webhook besides changing it: let it rest, let it go on, try it out, and give it another secret
 * while the one before works on for a while.
 */
import { Elysia } from 'elysia';
import { toldNames } from '../../events/names.ts';
import type { WebhookCommand } from '../deciders/webhook.ts';
import { invalid } from '../problem.ts';
import { messageIdOf } from '../webhooks/signature.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { etagOf, replyResponse } from './replies.ts';
import { NoQuery, Nothing } from './schemas.ts';
import * as schemas from './webhook-schemas.ts';
import { refuseWeak, secretFor, withSecret } from './webhook-secrets.ts';
import { shown } from './webhook-view.ts';
import { command } from './webhooks.ts';

const graceDefaultSeconds = 24 * 3_600;

type Rotation = { readonly secret?: string; readonly graceSeconds?: number };

async function rotate(deps: ApiDeps, request: Request, id: string, body: Rotation): Promise<Response> {
  refuseWeak(body.secret);
  const caller = callerOf(request, 'admin');
  const context = contextOf(request, caller, body);
  const made = secretFor(request, context, body.secret);
  const graceUntil = caller.at + (body.graceSeconds ?? graceDefaultSeconds) * 1_000;
  const make = (): WebhookCommand => ({ do: 'rotate', secret: made.secret, graceUntil, at: caller.at });
  const reply = await command(deps, request, id, body, make, (row, { version }, at) => ({
    status: 200,
    headers: { etag: etagOf(version) },
    body: { ...shown(row, at), secret: null },
  }));
  return withSecret(deps, reply, made);
}

/** The answer says under which id it will come: that of the event which the test is, found by its version. */
async function test(deps: ApiDeps, request: Request, id: string, body: { readonly type?: string }): Promise<Response> {
  const { type } = body;
  if (type !== undefined && !toldNames.includes(type)) {
    const detail = `There is no event of this name; there are ${toldNames.join(', ')}.`;
    throw invalid([{ pointer: '/type', code: 'not_allowed', detail }]);
  }
  const reply = await command(
    deps,
    request,
    id,
    body,
    () => ({ do: 'test', example: type }),
    (_, { version }) => ({
      status: 202,
      headers: {},
      body: { id: String(version), type: type ?? 'webhook.tested', status: 'pending' },
    }),
  );
  const asked = reply.body as { readonly id: string };
  const event = (await deps.readStream(id))[Number(asked.id) - 1]!;
  return replyResponse({ ...reply, body: { ...asked, id: messageIdOf(id, event) } });
}

export function webhookActions(deps: ApiDeps) {
  const saying = (word: 'pause' | 'resume') => async (request: Request, id: string, body: unknown) =>
    replyResponse(await command(deps, request, id, body, () => ({ do: word })));
  const pause = saying('pause');
  const resume = saying('resume');
  return new Elysia({ name: 'webhook actions', prefix: '/v1/webhooks', tags: ['Webhooks'] })
    .post('/:id/pause', ({ params, body, request }) => pause(request, params.id, body), {
      ...accepts(Nothing),
      query: NoQuery,
      response: { 200: schemas.Webhook },
      detail: { operationId: 'pauseWebhook', summary: 'Send nothing for now; what happens is kept' },
    })
    .post('/:id/resume', ({ params, body, request }) => resume(request, params.id, body), {
      ...accepts(Nothing),
      query: NoQuery,
      response: { 200: schemas.Webhook },
      detail: { operationId: 'resumeWebhook', summary: 'Go on after a pause, or after it was disabled' },
    })
    .post('/:id/rotate', ({ params, body, request }) => rotate(deps, request, params.id, body), {
      ...accepts(schemas.WebhookRotate),
      query: NoQuery,
      response: { 200: schemas.WebhookWithSecret },
      detail: { operationId: 'rotateWebhook', summary: 'Give it another secret; both sign for a while' },
    })
    .post('/:id/test', ({ params, body, request }) => test(deps, request, params.id, body), {
      ...accepts(schemas.WebhookTest),
      query: NoQuery,
      response: { 202: schemas.DeliveryQueued },
      detail: { operationId: 'testWebhook', summary: 'Send it a message now, by the way that all take' },
    });
}
