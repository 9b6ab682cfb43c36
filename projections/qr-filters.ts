/**
 * Which codes are meant: by what a caller may see (`QrScope`) and by what is asked for (`QrFilter`). Every read of many
 * codes goes through `whereOf`, so that no list, count, export or sum forgets the scope, and a filter means the same
 * everywhere. `isWithin` is the same scope for one code at hand.
 */
import type { Sql } from './projection.ts';

/** What a caller may see; null means all. */
export interface QrScope {
  /** Test keys see test codes only, live keys live ones only. */
  readonly test: boolean;
  readonly team: string | null;
  /** Codes with at least one of these. */
  readonly tags: readonly string[] | null;
  /** Codes under one of these host names; the instance's own address is none of them. */
  readonly domains?: readonly string[] | null | undefined;
}

/** A code as far as scopes go; a row is one, and so is the decider's state. */
export interface Scoped {
  readonly test: boolean;
  readonly team: string | null;
  readonly tags: readonly string[];
  readonly domain?: { readonly host: string } | null | undefined;
}

/** Whether a caller of this scope sees the code. */
export const isWithin = (scope: QrScope, { test, team, tags, domain }: Scoped): boolean =>
  test === scope.test &&
  (scope.team === null || team === scope.team) &&
  (scope.tags === null || scope.tags.some(tag => tags.includes(tag))) &&
  (scope.domains == null || (domain != null && scope.domains.includes(domain.host)));

/** What is asked for; what is absent lets all through. Times are milliseconds. */
export interface QrFilter {
  /** Part of label, destination or slug, or at least 8 characters of an id; capitals don't matter. */
  readonly search?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly slug?: string | undefined;
  readonly type?: string | undefined;
  /** `active` by default; `any` for all there ever were. */
  readonly status?: string | undefined;
  readonly static?: boolean | undefined;
  readonly team?: string | undefined;
  /** In canonical form. */
  readonly tags?: readonly string[] | undefined;
  /** Whether a code needs one of the tags, which is the default, or all. */
  readonly tagMatch?: 'any' | 'all' | undefined;
  /** '' for codes in no folder. */
  readonly folder?: string | undefined;
  readonly createdFrom?: number | undefined;
  readonly createdBefore?: number | undefined;
  readonly updatedFrom?: number | undefined;
  readonly updatedBefore?: number | undefined;
}

/**
 * The text a search looks in, the label in its first line. Neither labels nor URLs hold a line feed, so that no find
 * reaches over two fields.
 */
export const searchText = (code: { label: string | null; slug: string | null; destination: string | null }): string =>
  [code.label, code.slug, code.destination]
    .map(field => field ?? '')
    .join('\n')
    .toLowerCase();

/** Shorter parts stand in too many ids to mean one: all begin alike, and then come 32 letters. */
const idPartMin = 8;

/** What SQL has to say between `where` and `order by` for the codes of an organisation; fields are those of `codes`. */
export function whereOf(sql: Sql, org: string, filter: QrFilter, scope: QrScope) {
  const { search, ids, slug, type, status = 'active', team, tags, tagMatch = 'any', folder } = filter;
  const { createdFrom, createdBefore, updatedFrom, updatedBefore } = filter;
  return sql`
    org = ${org} and test = ${scope.test}
    ${status === 'any' ? sql`` : sql`and status = ${status}`}
    ${scope.team === null ? sql`` : sql`and team = ${scope.team}`}
    ${scope.tags === null ? sql`` : sql`and tags && ${[...scope.tags]}::text[]`}
    ${scope.domains == null ? sql`` : sql`and domain ->> 'host' = any(${[...scope.domains]}::text[])`}
    ${ids === undefined ? sql`` : sql`and id = any(${[...ids]})`}
    ${slug === undefined ? sql`` : sql`and slug = ${slug.toLowerCase()}`}
    ${type === undefined ? sql`` : sql`and type = ${type}`}
    ${filter.static === undefined ? sql`` : sql`and static = ${filter.static}`}
    ${team === undefined ? sql`` : sql`and team = ${team}`}
    ${tags === undefined ? sql`` : tagMatch === 'all' ? sql`and tags @> ${[...tags]}::text[]` : sql`and tags && ${[...tags]}::text[]`}
    ${folder === undefined ? sql`` : folder === '' ? sql`and folder is null` : sql`and folder = ${folder}`}
    ${createdFrom === undefined ? sql`` : sql`and created_ms >= ${createdFrom}`}
    ${createdBefore === undefined ? sql`` : sql`and created_ms < ${createdBefore}`}
    ${updatedFrom === undefined ? sql`` : sql`and updated_ms >= ${updatedFrom}`}
    ${updatedBefore === undefined ? sql`` : sql`and updated_ms < ${updatedBefore}`}
    ${search === undefined ? sql`` : sql`and ${found(sql, search)}`}`;
}

function found(sql: Sql, search: string) {
  if (search.includes('\n')) return sql`false`;
  const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  if (search.length < idPartMin) return sql`search like ${pattern}`;
  return sql`(search like ${pattern} or lower(id) like ${pattern})`;
}

/** Ids of all codes that are meant, newest first. */
export async function qrIds(sql: Sql, org: string, filter: QrFilter, scope: QrScope): Promise<string[]> {
  const rows = await sql`select id from codes where ${whereOf(sql, org, filter, scope)} order by id desc`;
  return rows.map(row => row['id'] as string);
}

/** Whether a caller of this scope sees all codes of the organisation, or all its test codes. */
export const isWhole = ({ test: _, ...narrowed }: QrScope): boolean =>
  Object.values(narrowed).every(value => value === null);
