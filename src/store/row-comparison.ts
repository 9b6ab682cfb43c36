/**
 * Whether two schemas hold the same rows, table by table and row by row. Rows are compared as Postgres writes them, so
 * that every column counts, also those that know no equality.
 */
import type { Sql } from './connect.ts';

export interface Comparison {
  readonly table: string;
  /** Rows of the second schema. */
  readonly rows: number;
  /** Rows that only the first has, and only the second. */
  readonly missing: number;
  readonly extra: number;
  /** The beginnings of some of them. */
  readonly samples: readonly string[];
}

const samplesMax = 3;
const sampleLength = 160;

/** Compares all tables of two schemas but those that are left out, within the transaction that is given. */
export async function compareSchemas(
  tx: Sql,
  first: string,
  second: string,
  leftOut: readonly string[] = [],
): Promise<Comparison[]> {
  await tx`set local work_mem = '64MB'`;
  const tables = await tx`
    select distinct table_name as name from information_schema.tables
    where table_schema in (${first}, ${second}) and table_name <> all(${[...leftOut]}) order by 1`;
  const found: Comparison[] = [];
  for (const { name } of tables as unknown as { name: string }[])
    found.push(await compareTables(tx, first, second, name));
  return found;
}

async function compareTables(tx: Sql, first: string, second: string, table: string): Promise<Comparison> {
  const [counted] = await tx.unsafe(`select count(*) as rows from ${second}.${table}`);
  const only = async (here: string, there: string) => {
    const rows = await tx.unsafe(
      `select count(*) over () as count, row from (
         select t::text as row from ${here}.${table} t except all select t::text from ${there}.${table} t
       ) others order by row limit ${samplesMax}`,
    );
    return {
      count: (rows[0]?.['count'] ?? 0) as number,
      samples: rows.map(({ row }) => (row as string).slice(0, sampleLength)),
    };
  };
  const missing = await only(first, second);
  const extra = await only(second, first);
  return {
    table,
    rows: counted!['rows'],
    missing: missing.count,
    extra: extra.count,
    samples: [...missing.samples.map(row => `- ${row}`), ...extra.samples.map(row => `+ ${row}`)],
  };
}
