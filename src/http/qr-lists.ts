/**
 * The codes a caller sees, as a list: searched, filtered, sorted, as they are or as they were at a moment of the past.
 * Of the past no scans are told: a count of now would be read as one of then.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { listQrs } from '../../projections/qr-lists.ts';
import { scanTotals } from '../../projections/scans.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { momentOf } from './moments.ts';
import { cursorOf, listing, QrListQuery } from './qr-queries.ts';
import { rowShown } from './qr-view.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import * as schemas from './schemas.ts';
import { visibleTo } from './visible.ts';

/** Codes as they are now; their counts too, but those a list does not fail for: they only grow. */
export async function current({ fresh }: ApiDeps): Promise<void> {
  await Promise.all([fresh(['qrs']), fresh(['scans']).catch(() => {})]);
}

export function qrLists(deps: ApiDeps) {
  return new Elysia({ name: 'qr lists', prefix: '/v1/qr', tags: ['QR codes'] }).get(
    '/',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'read');
      const { filter, page, limit, offset, sort, order, after } = listing(query);
      const moment = query.asOf === undefined ? undefined : await momentOf(deps, query.asOf, '?asOf', ['qrs']);
      if (!moment) await current(deps);
      const found = await listQrs(deps.sql, access.org, filter, visibleTo(access), {
        ...{ limit: limit + 1, offset, sort, order, after, moment },
      });
      const has_more = found.rows.length > limit;
      const rows = found.rows.slice(0, limit);
      const scans = moment
        ? undefined
        : await scanTotals(
            deps.sql,
            rows.map(row => row.id),
          );
      return json({
        data: rows.map(row => ({
          ...rowShown(deps.baseUrl(), row),
          ...(scans ? { scans: scans.get(row.id) ?? 0 } : { version: row.version }),
        })),
        total: found.total,
        page,
        limit,
        has_more,
        next_cursor: has_more ? cursorOf(found.places[limit - 1]!, sort, order) : null,
      });
    },
    {
      ...asks(QrListQuery, listing),
      response: { 200: Type.Union([schemas.QrList, schemas.QrPastList]) },
      detail: { operationId: 'listQrs', summary: 'List codes, newest first' },
    },
  );
}
