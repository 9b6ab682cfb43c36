/**
 * Pictures of a code. They hold the short URL or, of a static code, its payload, so they outlive every change of
 * destination; the same code, style and size always give the same bytes, and the entity tag is their hash.
 */
import { Elysia } from 'elysia';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import * as schemas from './picture-schemas.ts';
import { composed, pictureResponse } from './pictures.ts';
import { reachedQr } from './qr-reach.ts';
import { asks } from './query.ts';

export function images(deps: ApiDeps) {
  return new Elysia({ name: 'images', prefix: '/v1/qr', tags: ['Pictures'] }).get(
    '/:id/image',
    async ({ params, query, request }) => {
      const { access } = callerOf(request, 'read');
      await deps.fresh(['qrs']);
      const row = await reachedQr(deps, access, params.id);
      const name = row.slug ?? row.id;
      const about = { name, title: row.label ?? name, prefix: '?' } as const;
      return pictureResponse(request, await composed(deps, row, query), query, about);
    },
    {
      ...asks(schemas.ImageQuery),
      detail: { operationId: 'getImage', summary: 'Picture of a code, for screens and for print' },
    },
  );
}
