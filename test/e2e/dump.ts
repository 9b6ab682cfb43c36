/**
 * All rows that read models have of events, as text, for comparing one state with another. Column by column and row by row: what
 * differs shows.
 */
import postgres from 'postgres';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';

/** Tables that answers are kept in: they follow from the others, and a rebuild begins without them. */
const kept = new Set(projections.flatMap(each => (each.keeps ?? []).map(table => `${schemaOf(each)}.${table}`)));

/** Rows by table, in order of their text. */
export async function dumpReadModels(databaseUrl: string): Promise<Map<string, string[]>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const dump = new Map<string, string[]>();
    const tables = await sql`
      select table_schema || '.' || table_name as name from information_schema.tables
      where table_schema = any(${projections.map(schemaOf)}) order by 1`;
    for (const { name } of tables) {
      if (kept.has(name)) continue;
      const rows = await sql.unsafe(
        `select to_jsonb(t)::text as row from ${name} t order by to_jsonb(t)::text collate "C"`,
      );
      dump.set(
        name,
        rows.map(({ row }) => row),
      );
    }
    return dump;
  } finally {
    await sql.end();
  }
}
