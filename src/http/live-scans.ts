/**
 * Counts as they come, by Server-Sent Events: each message says how many scans there were since the one before, and of
 * which codes. After a break the reader's `Last-Event-ID` goes on where it was, so that the sum of all messages is the
 * number of scans.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import { codeSetFields, codesMeant } from './code-sets.ts';
import type { ApiDeps } from './deps.ts';
import { eventStream, following, refuseBeyond } from './event-stream.ts';
import { asks } from './query.ts';
import { Closed } from './shapes.ts';
import { streamResponse } from './streamed.ts';

const LiveQuery = Closed({
  ...codeSetFields,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Messages after which it ends' })),
});

export function liveScans(deps: ApiDeps) {
  return new Elysia({ name: 'live scans', prefix: '/v1/scans', tags: ['Analytics'] }).get(
    '/live',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'read');
      await deps.fresh(['qrs']);
      const codes = await codesMeant(deps, access, query);
      const last = request.headers.get('last-event-id');
      if (last !== null && !/^\d{1,15}$/.test(last)) {
        const detail = 'Last-Event-ID is the id of a message.';
        throw invalid([{ pointer: 'header:Last-Event-ID', code: 'format', detail }]);
      }
      if (last !== null) await refuseBeyond(deps, Number(last), 'header:Last-Event-ID');
      const isTest = access.mode === 'test';
      const wanted = codes && new Set(codes);
      const isMeant = (event: AnyEvent): boolean =>
        event.type === 'scan.recorded' &&
        event.org === access.org &&
        (event.data.test ?? false) === isTest &&
        kindUnder(currentRules, event.data) === 'scan' &&
        (wanted?.has(event.data.qr) ?? true);
      const body = eventStream({
        ...following(deps, request, 'analytics.read', access.org),
        isMeant,
        summary,
        after: last === null ? await deps.head() : Number(last),
        read: async (after, limit) => {
          const filter = { org: access.org, test: isTest, codes, values: { kind: ['scan'] } };
          return deps.within(access.org, () => deps.readScans(filter, { after, order: 'asc', limit }));
        },
      });
      return streamResponse(query.limit === undefined ? body : firstOf(body, query.limit), 'text/event-stream');
    },
    {
      ...asks(LiveQuery),
      detail: { operationId: 'watchScans', summary: 'Counts of scans as they come, by Server-Sent Events' },
    },
  );
}

/** Scans that have come together, as one message tells them. */
function summary(events: readonly AnyEvent[]) {
  const codes: Record<string, number> = {};
  let scans = 0;
  for (const event of events) {
    if (event.type !== 'scan.recorded' || kindUnder(currentRules, event.data) !== 'scan') continue;
    scans += 1;
    codes[event.data.qr] = (codes[event.data.qr] ?? 0) + 1;
  }
  return { at: new Date(events.at(-1)!.at).toISOString(), scans, codes };
}

/** The stream up to its n-th message; what comes between messages are heartbeats. */
function firstOf(body: ReadableStream<Uint8Array>, n: number): ReadableStream<Uint8Array> {
  let left = n;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        if (new TextDecoder().decode(chunk).includes('\ndata: ')) left -= 1;
        if (left === 0) controller.terminate();
      },
    }),
  );
}
