/**
 * Erasing: all that may be personal in a code, a member, a key or whatever else there is, in its past and in what was
 * answered about it is gone for good, on record that it is, and nothing else changes: its history stays with these fields
 * blank, what was counted stays counted, a slug is never given away again. What stands for somebody or something is gone
 * with it; the organisation, a domain and an exclusion go on without their names and texts. It is answered when the read
 * models have forgotten it too.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { AnyFact } from '../../events/index.ts';
import { projections } from '../../projections/index.ts';
import type { Access } from '../../projections/keys.ts';
import type { Decider } from '../decider.ts';
import { domain } from '../deciders/domain.ts';
import { exclusion } from '../deciders/exclusion.ts';
import { key } from '../deciders/key.ts';
import { organization } from '../deciders/organization.ts';
import { style } from '../deciders/style.ts';
import { webhook } from '../deciders/webhook.ts';
import { execute } from '../execute.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { keyOf, refuseStronger } from './keys.ts';
import { memberRules } from './members.ts';
import { rulesFor } from './qr-reach.ts';
import { replyResponse, versionsOf } from './replies.ts';
import { NoQuery, Nothing, QrErased } from './schemas.ts';

const everyModel = projections.map(({ name }) => name);

/** Erases what stands at a stream, by the rules that there are for whoever has this access. */
async function erase<State, Command extends { readonly do: string }, F extends AnyFact>(
  deps: ApiDeps,
  request: Request,
  stream: string,
  rules: (access: Access) => Decider<State, Command | { readonly do: 'erase' }, F>,
): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const command = { do: 'erase' } as const;
  const order = { decider: rules(caller.access), stream, command, expected: versionsOf(request) };
  const reply = await execute(
    deps.execution,
    contextOf(request, caller, null),
    () => [order],
    () => ({ status: 200, headers: {}, body: { erased: true, id: stream } }),
  );
  await deps.dropBuilds();
  await deps.fresh(everyModel);
  return replyResponse(reply);
}

/** Who may revoke a key may erase it. */
async function eraseKey(deps: ApiDeps, request: Request, id: string): Promise<Response> {
  const { access } = callerOf(request, 'admin');
  refuseStronger(access, await keyOf(deps, access, id));
  return erase(deps, request, id, () => key);
}

const Erased = Type.Object({ erased: Type.Literal(true), id: Type.String() }, { title: 'Erased' });
const said = (operationId: string, summary: string) => ({
  ...accepts(Nothing),
  query: NoQuery,
  response: { 200: Erased },
  detail: { operationId, summary },
});

export function erasures(deps: ApiDeps) {
  return new Elysia({ name: 'erasures', prefix: '/v1', tags: ['Audit'] })
    .post('/qr/:id/erase', ({ params, request }) => erase(deps, request, params.id, access => rulesFor(access)), {
      ...said('eraseQr', 'Make all that is personal in a code unreadable for ever, in its history and in every copy'),
      response: { 200: QrErased },
    })
    .post(
      '/members/:id/erase',
      ({ params, request }) => erase(deps, request, params.id, memberRules),
      said('eraseMember', 'Remove a member and make every name and address it had unreadable for ever'),
    )
    .post(
      '/keys/:id/erase',
      ({ params, request }) => eraseKey(deps, request, params.id),
      said('eraseKey', 'Revoke a key and make its names and tags unreadable for ever'),
    )
    .post(
      '/webhooks/:id/erase',
      ({ params, request }) => erase(deps, request, params.id, () => webhook),
      said('eraseWebhook', 'Delete a webhook and make its addresses, tags and secrets unreadable for ever'),
    )
    .post(
      '/styles/:id/erase',
      ({ params, request }) => erase(deps, request, params.id, () => style),
      said('eraseStyle', 'Delete saved looks and make their names and texts unreadable for ever'),
    )
    .post(
      '/domains/:id/erase',
      ({ params, request }) => erase(deps, request, params.id, () => domain),
      said('eraseDomain', 'Make every page that a domain had unreadable for ever; it shows ours from then on'),
    )
    .post(
      '/exclusions/:id/erase',
      ({ params, request }) => erase(deps, request, params.id, () => exclusion),
      said('eraseExclusion', 'Make the reason of an exclusion unreadable for ever; it stays in force'),
    )
    .post(
      '/organization/erase',
      ({ request }) => erase(deps, request, callerOf(request, 'admin').access.org, () => organization),
      said('eraseOrganization', 'Make every name that your organisation and its teams had unreadable for ever'),
    );
}
