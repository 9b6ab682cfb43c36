/**
 * The tags and folders in use, with how many codes each has. There is nothing to create or delete: a tag is there as
 * long as a code that the caller sees has it. They are in the order of their characters, so that a name is also the
 * place to go on from.
 */
import type { Sql } from './projection.ts';
import { type QrScope, whereOf } from './qr-filters.ts';

export interface Named {
  readonly name: string;
  readonly codes: number;
}

export interface NamedPage {
  readonly limit: number;
  /** Only names behind this one. */
  readonly after?: string | undefined;
}

/** Tags of the codes that the caller sees, and how many tags there are in all. */
export const listTags = (sql: Sql, org: string, scope: QrScope, page: NamedPage) =>
  named(sql, sql`select unnest(tags) as name from codes where ${whereOf(sql, org, {}, scope)}`, page);

/** Folders of the codes that the caller sees, and how many folders there are in all. */
export const listFolders = (sql: Sql, org: string, scope: QrScope, page: NamedPage) =>
  named(sql, sql`select folder as name from codes where ${whereOf(sql, org, {}, scope)} and folder is not null`, page);

async function named(sql: Sql, names: ReturnType<Sql>, { limit, after }: NamedPage) {
  const [rows, [counted]] = await Promise.all([
    sql<Named[]>`
      select name, count(*) as codes from (${names}) names
      ${after === undefined ? sql`` : sql`where name > ${after}`}
      group by name order by name limit ${limit}`,
    sql`select count(distinct name) as total from (${names}) names`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}
