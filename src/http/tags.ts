/**
 * The tags and folders in use, with how many codes each has: what a caller can filter by. Both exist only on codes, so
 * there is nothing to make or delete here.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { listFolders, listTags } from '../../projections/tags.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { Closed, OrNull } from './shapes.ts';
import { visibleTo } from './visible.ts';

const PageQuery = Closed({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 800, description: 'next_cursor of the page before' })),
});

const listOf = (noun: 'Tag' | 'Folder') =>
  Type.Object(
    {
      data: Type.Array(
        Type.Object(
          { name: Type.String({ description: `Name of the ${noun.toLowerCase()}` }), codes: Type.Integer() },
          { title: noun },
        ),
      ),
      total: Type.Integer(),
      limit: Type.Integer(),
      has_more: Type.Boolean(),
      next_cursor: OrNull(Type.String()),
    },
    { title: `${noun}List` },
  );

async function page(
  deps: ApiDeps,
  request: Request,
  list: typeof listTags,
  { limit = 100, cursor }: { limit?: number; cursor?: string },
): Promise<Response> {
  const { access } = callerOf(request, 'read');
  await deps.fresh(['qrs']);
  const after = cursor && Buffer.from(cursor, 'base64url').toString().replaceAll('\0', '');
  const { rows, total } = await list(deps.sql, access.org, visibleTo(access), { limit: limit + 1, after });
  const data = rows.slice(0, limit);
  const has_more = rows.length > limit;
  const next_cursor = has_more ? Buffer.from(data.at(-1)!.name).toString('base64url') : null;
  return json({ data, total, limit, has_more, next_cursor });
}

export function tags(deps: ApiDeps) {
  return new Elysia({ name: 'tags', prefix: '/v1', tags: ['QR codes'] })
    .get('/tags', ({ query, request }) => page(deps, request, listTags, query), {
      ...asks(PageQuery),
      response: { 200: listOf('Tag') },
      detail: { operationId: 'listTags', summary: 'Tags in use, and how many codes each has' },
    })
    .get('/folders', ({ query, request }) => page(deps, request, listFolders, query), {
      ...asks(PageQuery),
      response: { 200: listOf('Folder') },
      detail: { operationId: 'listFolders', summary: 'Folders in use, and how many codes each has' },
    });
}
