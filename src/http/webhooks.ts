/**
 * Webhooks over HTTP: where a customer is told of events, of which ones, and about which codes. Whether an address may be
 * reached is asked here as far as it can be told from its text, so that the mistake is seen at once; whoever sends asks
 * again, at every attempt.
 */
import { Elysia } from 'elysia';
import type { WebhookFact } from '../../events/webhook.ts';
import type { Access } from '../../projections/keys.ts';
import { findWebhook, listWebhooks, type WebhookRow } from '../../projections/webhooks.ts';
import { tagFaults } from '../deciders/filing.ts';
import { subscriptionFaults, type WebhookCommand, type WebhookState, webhook } from '../deciders/webhook.ts';
import { execute, type Order, type Outcome, type Reply, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { type Fault, Problem } from '../problem.ts';
import { urlFaults } from '../webhooks/vetting.ts';
import { type Caller, callerOf, contextOf } from './caller.ts';
import { codesMeant } from './code-sets.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { listed, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';
import * as schemas from './webhook-schemas.ts';
import { secretFaults, secretFor, withSecret } from './webhook-secrets.ts';
import { rowAfter, shown } from './webhook-view.ts';

export type WebhookOrder = Order<WebhookState, WebhookCommand, WebhookFact>;

/** The webhook as it is now; throws 404 when the organisation has none by this id. */
export async function webhookOf(deps: ApiDeps, org: string, id: string): Promise<WebhookRow> {
  await deps.fresh(['webhooks']);
  const row = await findWebhook(deps.sql, org, id);
  if (!row) throw new Problem('not_found', 'There is no such webhook.');
  return row;
}

/** What no schema says about a body that describes a webhook. */
function bodyFaults({ webhookAllow }: ApiDeps, body: unknown): Fault[] {
  const { url, events, tags, secret } = (body ?? {}) as Record<string, unknown>;
  const texts = (value: unknown) =>
    Array.isArray(value) && value.every(text => typeof text === 'string') ? value : [];
  return [
    ...(typeof url === 'string' ? urlFaults(url, webhookAllow) : []).map(detail => ({
      pointer: '/url',
      code: 'not_allowed',
      detail,
    })),
    ...subscriptionFaults(texts(events)),
    ...tagFaults(texts(tags)),
    ...secretFaults(secret),
  ];
}

/** The codes of a body must be there for the caller, among those that such a webhook is told of; throws 404. */
async function requireCodes(
  deps: ApiDeps,
  access: Access,
  isTest: boolean | undefined,
  codes: readonly string[] | null | undefined,
): Promise<void> {
  if (!codes) return;
  await deps.fresh(['qrs']);
  await codesMeant(deps, { ...access, mode: isTest ? 'test' : 'live' }, { codes: codes.join() }, '/codes');
}

/** One for each of a thousand codes. All may want the same scan, so that a scan costs as much as there are. */
const webhooksMax = 1_000;

async function requireRoom(deps: ApiDeps, { org }: Access): Promise<void> {
  await deps.fresh(['webhooks']);
  const { total } = await listWebhooks(deps.sql, org, { limit: 1 });
  if (total >= webhooksMax)
    throw new Problem('conflict', `An organisation has at most ${webhooksMax.toLocaleString('en')} webhooks.`);
}

async function create(deps: ApiDeps, request: Request, body: schemas.WebhookCreate): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  // What was answered before is answered again, whatever the caller sees today.
  if (!(await replay(deps.execution, context))) {
    await requireCodes(deps, access, body.test, body.codes);
    await requireRoom(deps, access);
  }
  const made = secretFor(request, context, body.secret);
  const id = newId('wh', at);
  const command: WebhookCommand = { do: 'create', ...body, secret: made.secret };
  const order: WebhookOrder = { decider: webhook, stream: id, command, fresh: true };
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => ({
      status: 201,
      headers: { location: `${deps.baseUrl()}/v1/webhooks/${id}`, etag: etagOf(outcome!.version) },
      body: { ...shown(rowAfter(undefined, outcome!, { id, org: access.org, at }), at), secret: null },
    }),
  );
  return withSecret(deps, reply, made);
}

/** Gives a command on a webhook that is there. */
export async function command(
  deps: ApiDeps,
  request: Request,
  id: string,
  body: unknown,
  make: (row: WebhookRow, caller: Caller) => WebhookCommand | Promise<WebhookCommand>,
  answer: (row: WebhookRow, outcome: Outcome<WebhookState>, at: number) => Reply = changed,
): Promise<Reply> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return earlier;
  const row = await webhookOf(deps, access.org, id);
  const order: WebhookOrder = {
    decider: webhook,
    stream: id,
    command: await make(row, caller),
    expected: versionsOf(request),
  };
  return execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => answer(rowAfter(row, outcome!, { id, org: access.org, at }), outcome!, at),
  );
}

/** The answer to most commands: the webhook as it is afterwards. */
function changed(row: WebhookRow, { version }: Outcome<WebhookState>, at: number): Reply {
  return { status: 200, headers: { etag: etagOf(version) }, body: shown(row, at) };
}

export function webhooks(deps: ApiDeps) {
  const faults = (body: unknown) => bodyFaults(deps, body);
  return new Elysia({ name: 'webhooks', prefix: '/v1/webhooks', tags: ['Webhooks'] })
    .post('/', ({ body, request }) => create(deps, request, body), {
      ...accepts(schemas.WebhookCreate, faults),
      query: NoQuery,
      response: { 201: schemas.WebhookWithSecret },
      detail: { operationId: 'createWebhook', summary: 'Register an endpoint that is told of events' },
    })
    .get(
      '/',
      async ({ query, request }) => {
        const { access, at } = callerOf(request, 'admin');
        await deps.fresh(['webhooks']);
        return listed(query, await listWebhooks(deps.sql, access.org, sought(query, 'wh')), row => shown(row, at));
      },
      {
        ...asks(schemas.WebhookQuery, query => sought(query, 'wh')),
        response: { 200: schemas.WebhookList },
        detail: { operationId: 'listWebhooks', summary: 'List webhooks, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access, at } = callerOf(request, 'admin');
        const row = await webhookOf(deps, access.org, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row, at), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Webhook },
        detail: { operationId: 'getWebhook', summary: 'Get a webhook; never its secret' },
      },
    )
    .patch(
      '/:id',
      async ({ params, body, request }) => {
        const make = async ({ test }: WebhookRow, { access }: Caller): Promise<WebhookCommand> => {
          await requireCodes(deps, access, test, body.codes);
          return { do: 'change', ...body };
        };
        return replyResponse(await command(deps, request, params.id, body, make));
      },
      {
        ...accepts(schemas.WebhookPatch, faults),
        query: NoQuery,
        response: { 200: schemas.Webhook },
        detail: { operationId: 'changeWebhook', summary: 'Change where it leads, what it is told of, or pause it' },
      },
    )
    .delete(
      '/:id',
      async ({ params: { id }, request }) => {
        const deleted = () => ({ status: 200, headers: {}, body: { deleted: true, id } });
        return replyResponse(await command(deps, request, id, null, () => ({ do: 'delete' }), deleted));
      },
      {
        query: NoQuery,
        response: { 200: schemas.WebhookDeleted },
        detail: { operationId: 'deleteWebhook', summary: 'Delete a webhook and the log of its deliveries' },
      },
    );
}
