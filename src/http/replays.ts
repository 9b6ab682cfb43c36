/**
 * Replays: a webhook is told again, or for the first time, of what has happened in a range of the ledger, as far as it is
 * subscribed to it now. Each message has the id it always had, so that a receiver passes over what it has.
 */
import { Elysia } from 'elysia';
import type { ReplayFact } from '../../events/replay.ts';
import { findReplay, listReplays } from '../../projections/delivery-lists.ts';
import { type ReplayCommand, type ReplayState, replay as replaying } from '../deciders/replay.ts';
import { execute, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import { refuseDisabled } from './deliveries.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { timeOrDayFrom } from './moments.ts';
import { listed, sought } from './pages.ts';
import { asks } from './query.ts';
import { json, replyResponse } from './replies.ts';
import { NoQuery } from './schemas.ts';
import * as schemas from './webhook-schemas.ts';
import { replayShown } from './webhook-view.ts';
import { webhookOf } from './webhooks.ts';

/** Milliseconds of a moment that is no position; undefined for one that is. */
function timeIn(body: schemas.ReplayCreate, name: 'from' | 'to', faults: Fault[]): number | undefined {
  const moment = body[name];
  if (typeof moment !== 'string') return undefined;
  const at = timeOrDayFrom(moment);
  if (at !== null) return at;
  const detail = `"${name}" is a position, a time such as 2026-04-08T12:00:00Z (RFC 3339), or a day in UTC.`;
  faults.push({ pointer: `/${name}`, code: 'format', detail });
  return undefined;
}

/** The range that a body means: behind `after`, up to `until`. */
async function rangeOf(deps: ApiDeps, org: string, body: schemas.ReplayCreate) {
  const faults: Fault[] = [];
  const times = { from: timeIn(body, 'from', faults), to: timeIn(body, 'to', faults) };
  if (faults.length > 0) throw invalid(faults);
  const head = await deps.head();
  // Events of a time need not stand together: a scan may come home hours later. All of them are within these two.
  const firstAt = async (from: number) => (await deps.readPage({ org, from }, 0, 1))[0]?.position ?? head + 1;
  const first = times.from === undefined ? ((body.from as number | undefined) ?? 1) : await firstAt(times.from);
  const last =
    times.to === undefined ? ((body.to as number | undefined) ?? head) : await deps.lastBefore(org, times.to + 1, head);
  const after = Math.max(0, first - 1);
  const until = Math.min(last, head);
  if (after >= until) {
    faults.push({ pointer: '/from', code: 'too_large', detail: `Nothing is there: the range would end at ${until}.` });
    throw invalid(faults);
  }
  return { after, until };
}

async function create(deps: ApiDeps, request: Request, id: string, body: schemas.ReplayCreate): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  refuseDisabled(await webhookOf(deps, access.org, id));
  const { after, until } = await rangeOf(deps, access.org, body);
  const stream = newId('rep', at);
  const command: ReplayCommand = { do: 'request', webhook: id, after, until };
  const row = { id: stream, webhook: id, after, until, through: after, requested_ms: at };
  const reply = await execute<ReplayState, ReplayCommand, ReplayFact>(
    deps.execution,
    context,
    () => [{ decider: replaying, stream, command, fresh: true }],
    () => ({
      status: 202,
      headers: { location: `${deps.baseUrl()}/v1/webhooks/${id}/replays/${stream}` },
      body: replayShown(row),
    }),
  );
  return replyResponse(reply);
}

export function replays(deps: ApiDeps) {
  return new Elysia({ name: 'replays', prefix: '/v1/webhooks', tags: ['Webhooks'] })
    .post('/:id/replays', ({ params, body, request }) => create(deps, request, params.id, body), {
      ...accepts(schemas.ReplayCreate),
      query: NoQuery,
      response: { 202: schemas.Replay },
      detail: { operationId: 'replayWebhook', summary: 'Tell it of what has happened, from the first day if asked' },
    })
    .get(
      '/:id/replays',
      async ({ params: { id }, query, request }) => {
        const { access } = callerOf(request, 'admin');
        await webhookOf(deps, access.org, id);
        await deps.fresh(['deliveries']);
        return listed(query, await listReplays(deps.sql, id, sought(query, 'rep')), replayShown);
      },
      {
        ...asks(schemas.ReplayQuery, query => sought(query, 'rep')),
        response: { 200: schemas.ReplayList },
        detail: { operationId: 'listReplays', summary: 'List replays of a webhook, newest first' },
      },
    )
    .get(
      '/:id/replays/:replay',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'admin');
        await webhookOf(deps, access.org, params.id);
        await deps.fresh(['deliveries']);
        const row = await findReplay(deps.sql, params.id, params.replay);
        if (!row) throw new Problem('not_found', 'There is no such replay.');
        return json(replayShown(row));
      },
      {
        query: NoQuery,
        response: { 200: schemas.Replay },
        detail: { operationId: 'getReplay', summary: 'How far a replay is' },
      },
    );
}
