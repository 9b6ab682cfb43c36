/**
 * The ledger of the caller's organisation: by position, as one page of JSON, as a stream of lines to its end, or as a
 * live tail that goes on as it grows. Who reads on from the last position misses nothing, however much is written
 * meanwhile.
 */
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import { shownData } from '../../events/shown.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps, EventFilter } from './deps.ts';
import { askedFor, EventList, EventsQuery, isMeant } from './event-queries.ts';
import { eventStream, following, refuseBeyond } from './event-stream.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { scoped, streamResponse } from './streamed.ts';

const streamedPage = 1_000;

/** An event as the API shows it: the organisation is the caller's own, the time is text. */
const shown = ({ position, stream, version, type, at, actor, request, data }: AnyEvent) => ({
  position,
  stream,
  version,
  type,
  at: new Date(at).toISOString(),
  actor,
  request,
  data: shownData({ type, data } as AnyEvent),
});

export function events(deps: ApiDeps) {
  return new Elysia({ name: 'events', prefix: '/v1/events', tags: ['Audit'] }).get(
    '/',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'audit');
      const { format, filter, after, pointer, limit } = askedFor(query, request, access.org);
      if (after !== undefined) await refuseBeyond(deps, after, pointer);
      if (format === 'sse')
        return streamResponse(tail(deps, request, filter, after ?? (await deps.head())), 'text/event-stream');
      if (format === 'ndjson') return streamResponse(lines(deps, filter, after ?? 0, limit), 'application/x-ndjson');
      if (format === 'entries')
        return streamResponse(entries(deps, access.org, after ?? 0), 'text/plain; charset=utf-8');
      const count = limit ?? 100;
      const found = await deps.readPage(filter, after ?? 0, count + 1);
      const data = found.slice(0, count);
      const has_more = found.length > count;
      const next_cursor = has_more ? String(data.at(-1)!.position) : null;
      return json({ data: data.map(shown), limit: count, has_more, next_cursor });
    },
    {
      ...asks(EventsQuery, (query, request) => askedFor(query, request, '')),
      response: { 200: EventList },
      detail: { operationId: 'listEvents', summary: 'The ledger of the organisation, by position' },
    },
  );
}

/** One event a line, page by page as the reader takes them; without a limit to the ledger's end. */
function lines(
  deps: ApiDeps,
  filter: EventFilter,
  after: number,
  limit = Number.POSITIVE_INFINITY,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let position = after;
  let left = limit;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const count = Math.min(streamedPage, left);
      const page = await deps.within(filter.org, () => deps.readPage(filter, position, count));
      if (page.length > 0) {
        controller.enqueue(encoder.encode(page.map(event => `${JSON.stringify(shown(event))}\n`).join('')));
        position = page.at(-1)!.position;
        left -= page.length;
      }
      if (page.length < streamedPage || left <= 0) controller.close();
    },
  });
}

/** The stored lines of all own events, to where the ledger ends now. */
function entries(deps: ApiDeps, org: string, after: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let pages: AsyncGenerator<string> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      pages ??= scoped(deps, org, deps.readEntries(org, after, await deps.head()));
      const { value, done } = await pages.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => void (await pages?.return(undefined)),
  });
}

function tail(deps: ApiDeps, request: Request, filter: EventFilter, after: number): ReadableStream<Uint8Array> {
  return eventStream({
    ...following(deps, request, 'ledger.read', filter.org),
    after,
    read: (after, limit) => deps.within(filter.org, () => deps.readPage(filter, after, limit)),
    isMeant: event => isMeant(filter, event),
    shown,
  });
}
