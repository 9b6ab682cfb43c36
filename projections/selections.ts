/**
 * Codes chosen for a sheet or an export: by their ids, in the order given, or by the filters of the list, newest first.
 * They are read in pages, each after the id before, so that ten thousand of them need the memory of one page and what
 * is created meanwhile moves nothing.
 */
import type { Sql } from './projection.ts';
import { type QrFilter, type QrScope, whereOf } from './qr-filters.ts';
import { type QrRow, qrColumns } from './qr-rows.ts';

const pageMax = 200;

/** The ids that a caller has no code of. */
export async function unknownIds(sql: Sql, org: string, ids: readonly string[], scope: QrScope): Promise<string[]> {
  const rows = await sql`select id from codes where ${whereOf(sql, org, { ids }, scope)}`;
  const known = new Set(rows.map(row => row['id'] as string));
  return ids.filter(id => !known.has(id));
}

/** How many codes a filter means. */
export async function countQrs(sql: Sql, org: string, filter: QrFilter, scope: QrScope): Promise<number> {
  const [row] = await sql`select count(*) as codes from codes where ${whereOf(sql, org, filter, scope)}`;
  return row!['codes'];
}

/** The codes, page by page as they are asked for. */
export async function* selectQrs(sql: Sql, org: string, selection: QrFilter, scope: QrScope) {
  if (selection.ids) {
    for (let at = 0; at < selection.ids.length; at += pageMax)
      yield* await byIds(sql, org, selection.ids.slice(at, at + pageMax), scope);
    return;
  }
  let before: string | undefined;
  for (;;) {
    const rows = await sql<QrRow[]>`
      select ${sql.unsafe(qrColumns)} from codes
      where ${whereOf(sql, org, selection, scope)} ${before ? sql`and id < ${before}` : sql``}
      order by id desc limit ${pageMax}`;
    yield* rows;
    if (rows.length < pageMax) return;
    before = rows.at(-1)!.id;
  }
}

async function byIds(sql: Sql, org: string, ids: readonly string[], scope: QrScope): Promise<QrRow[]> {
  const rows = await sql<QrRow[]>`
    select ${sql.unsafe(qrColumns)} from codes where ${whereOf(sql, org, { ids }, scope)}`;
  const byId = new Map(rows.map(row => [row.id, row]));
  return ids.flatMap(id => byId.get(id) ?? []);
}
