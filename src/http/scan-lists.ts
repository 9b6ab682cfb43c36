/**
 * Scans one by one, page by page, as they stand in the ledger: what each says, and where it led. A page goes on behind a
 * position, so that whoever follows the cursor misses none and meets none twice while others come in.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { ShownScan, scanFields, scanFilterOf, shownScans, spanIn } from './scan-queries.ts';
import { Closed, OneOf, OrNull } from './shapes.ts';

const ScanQuery = Closed({
  ...scanFields,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 20, description: 'next_cursor of the page before' })),
  order: Type.Optional(OneOf(['asc', 'desc'], 'desc, newest first, when absent')),
});

const ScanList = Type.Object(
  {
    data: Type.Array(ShownScan),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String()),
  },
  { title: 'ScanList' },
);

/** Where to go on. Throws every fault of the query that the schema can't see. */
function placeOf({ cursor, ...asked }: Static<typeof ScanQuery>): number | undefined {
  const { faults } = spanIn(asked);
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    faults.push({ pointer: '?cursor', code: 'format', detail: 'The cursor is not one that a list has given.' });
  }
  if (faults.length > 0) throw invalid(faults);
  return cursor === undefined ? undefined : Number(cursor);
}

export function scanLists(deps: ApiDeps) {
  return new Elysia({ name: 'scan lists', prefix: '/v1/scans', tags: ['Analytics'] }).get(
    '/',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'read');
      const { limit = 100, cursor: _, order = 'desc', ...asked } = query;
      const after = placeOf(query);
      await deps.fresh(['qrs']);
      const filter = await scanFilterOf(deps, access, asked);
      const found = await deps.readScans(filter, { after, order, limit: limit + 1 });
      const has_more = found.length > limit;
      const data = await shownScans(deps, found.slice(0, limit));
      return json({ data, limit, has_more, next_cursor: has_more ? String(data.at(-1)!.position) : null });
    },
    {
      ...asks(ScanQuery, placeOf),
      response: { 200: ScanList },
      detail: { operationId: 'listScans', summary: 'Scans one by one, newest first' },
    },
  );
}
