/**
 * Whether two schemas hold the same rows, table by table and row by row. Rows are compared as text, so that every column
 * counts, also those that know no equality; but not the order of an object's members, which means nothing (RFC 8259): an
 * event that comes live has its data in the order of the request, one that is read has what was sealed in it last.
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
const sampleLength = 1_000;

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
         select to_jsonb(t)::text as row from ${here}.${table} t
         except all select to_jsonb(t)::text from ${there}.${table} t
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
