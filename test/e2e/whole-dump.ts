/**
 * Everything that a database holds, as text: each row of each table of each schema that is not Postgres's own. What a
 * dump of it would have in it, without needing a `pg_dump` of the server's version.
 */
import postgres from 'postgres';

/** All rows, a line each behind the name of their table. */
export async function wholeDump(databaseUrl: string): Promise<string> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const tables = await sql`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname !~ '^pg_|^information_schema$' order by 1`;
    const lines: string[] = [];
    for (const { name } of tables) {
      const rows = await sql.unsafe(`select t::text as row, row_to_json(t)::text as json from ${name} t`);
      for (const { row, json } of rows) lines.push(`${name}\t${row}\t${json}`);
    }
    return lines.join('\n');
  } finally {
    await sql.end();
  }
}
