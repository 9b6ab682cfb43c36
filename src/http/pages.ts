/**
 * Lists that go from the newest to the oldest by id: a page has a size and begins behind the last id of the one before.
 * Ids ascend with time, so nothing is passed over or told twice, whatever is added meanwhile. Pages have numbers too, as
 * in the reference, for whoever wants to see a certain one.
 */
import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import type { Slice } from '../../projections/projection.ts';
import type { Prefix } from '../ids.ts';
import { invalid } from '../problem.ts';
import { json } from './replies.ts';
import { Closed, OrNull } from './shapes.ts';

const limitDefault = 20;

const page = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'The first one when absent' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: limitDefault })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'next_cursor of the page before; instead of page' })),
};

/** The query of a list, besides what it can be narrowed by. */
export const PageQuery = <P extends TProperties>(filters: P): TObject<typeof page & P> =>
  Closed({ ...page, ...filters });

export type Page = Static<TObject<typeof page>>;

/** A page as it is answered. */
export const listOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      total: Type.Integer(),
      page: Type.Integer(),
      limit: Type.Integer(),
      has_more: Type.Boolean(),
      next_cursor: OrNull(Type.String()),
    },
    { title: `${item.title}List` },
  );

/** What to look for: one row more than is shown tells whether there are more. */
export function sought({ page, limit = limitDefault, cursor }: Page, prefix: Prefix): Slice {
  if (cursor === undefined) return { limit: limit + 1, ...(page !== undefined && { offset: (page - 1) * limit }) };
  const before = idFrom(cursor, prefix);
  if (page === undefined) return { limit: limit + 1, before };
  throw invalid([{ pointer: '?page', code: 'not_allowed', detail: 'Give a page or a cursor, not both.' }]);
}

/** The answer to a list: what was found, each as it is shown. */
export function listed<T extends { readonly id: string }>(
  { page = 1, limit = limitDefault }: Page,
  { rows, total }: { readonly rows: readonly T[]; readonly total: number },
  shown: (row: T) => unknown,
): Response {
  const has_more = rows.length > limit;
  const data = rows.slice(0, limit);
  const next_cursor = has_more ? Buffer.from(data.at(-1)!.id).toString('base64url') : null;
  return json({ data: data.map(shown), total, page, limit, has_more, next_cursor });
}

function idFrom(cursor: string, prefix: Prefix): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`).test(id)) return id;
  throw invalid([{ pointer: '?cursor', code: 'format', detail: 'The cursor is not one that a list has given.' }]);
}
