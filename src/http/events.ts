/**
 * The ledger of the caller's organisation, as it is stored: by position, as one page of JSON or as a stream of lines.
 * Who reads on from the last position misses nothing, however much is written meanwhile.
 */
import { Elysia } from 'elysia';
import { type AnyEvent, catalogue } from '../../events/index.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { json } from './replies.ts';
import * as schemas from './schemas.ts';

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
  data,
});

export function events(deps: ApiDeps) {
  return new Elysia({ name: 'events', prefix: '/v1/events', tags: ['Audit'] }).get(
    '/',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'audit');
      const { after = 0, limit = 100, type, stream } = query;
      if (type !== undefined && !Object.hasOwn(catalogue, type)) {
        const detail = `"${type}" is no event; there are ${Object.keys(catalogue).join(', ')}.`;
        throw invalid([{ pointer: '?type', code: 'not_allowed', detail }]);
      }
      const filter = { org: access.org, type, stream };
      if ((query.format ?? wanted(request)) === 'ndjson') {
        return new Response(lines(deps, filter, after, query.limit), {
          headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'private, no-store' },
        });
      }
      const found = await deps.readPage(filter, after, limit + 1);
      const data = found.slice(0, limit);
      const has_more = found.length > limit;
      return json({ data: data.map(shown), has_more, next_cursor: has_more ? data.at(-1)!.position : null });
    },
    {
      query: schemas.EventsQuery,
      response: { 200: schemas.EventList },
      detail: { operationId: 'listEvents', summary: 'The ledger of the organisation, by position' },
    },
  );
}

const wanted = (request: Request): 'json' | 'ndjson' =>
  request.headers.get('accept')?.includes('application/x-ndjson') ? 'ndjson' : 'json';

/** One event a line, page by page as the reader takes them; without a limit to the ledger's end. */
function lines(
  deps: ApiDeps,
  filter: Parameters<ApiDeps['readPage']>[0],
  after: number,
  limit = Number.POSITIVE_INFINITY,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let position = after;
  let left = limit;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const page = await deps.readPage(filter, position, Math.min(streamedPage, left));
      if (page.length > 0) {
        controller.enqueue(encoder.encode(page.map(event => `${JSON.stringify(shown(event))}\n`).join('')));
        position = page.at(-1)!.position;
        left -= page.length;
      }
      if (page.length < streamedPage || left <= 0) controller.close();
    },
  });
}
