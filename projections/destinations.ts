/**
 * Where versions of codes led: a scan says which version of a code it was served, and this is what that version said.
 * Codes that hold no web address showed their content; they are told by its type.
 */
import type { Sql } from './projection.ts';

/** Destination by code and version. */
export type Destinations = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** What all versions of these codes led to. Versions that never ended are those of now. */
export async function destinationsOf(sql: Sql, ids: readonly string[]): Promise<Destinations> {
  const rows = await sql`
    select id, version, coalesce(destination, type) as destination from codes where id = any(${ids as string[]})
    union all
    select id, version, coalesce(destination, type) from code_versions where id = any(${ids as string[]})`;
  const found = new Map<string, Map<number, string>>();
  for (const { id, version, destination } of rows) {
    const versions = found.get(id) ?? new Map<number, string>();
    versions.set(version, destination);
    found.set(id, versions);
  }
  return found;
}
