/**
 * Moves old scans out of the database: a partition is written to a Parquet file, the file is read back and compared row
 * by row, and only then the partition gives way to a line that says where its scans are. Nothing else may be moved: facts
 * stay, and the partition that is being written to does too.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Column, ParquetFile, type Value } from '../parquet.ts';
import { type Archive, archivedRows } from './archives.ts';
import { type Sql, transaction } from './connect.ts';
import { readHead } from './read.ts';
import { scanColumns } from './scan-rows.ts';

const text = (names: string): Column[] => names.split(' ').map(name => ({ name, type: 'text' as const }));
const whole = (names: string): Column[] => names.split(' ').map(name => ({ name, type: 'integer' as const }));
/** In the order of `scanColumns`; the first is what groups of rows are found by. */
const columns: readonly Column[] = [
  { name: 'position', type: 'long' },
  ...text('stream'),
  ...whole('version'),
  { name: 'at_ms', type: 'long' },
  ...text('org qr'),
  ...whole('qr_version'),
  ...text('rule kind country device os browser referrer language'),
  ...whole('agent visitor'),
  ...text('region city utm_source utm_medium utm_campaign'),
  { name: 'test', type: 'boolean' },
  ...whole('rules'),
  ...text('earlier'),
];

/** Rows in a group of the file: what is read at once. */
const groupRows = 20_000;

/** A partition of scans that is full: its positions are behind the head. */
export interface Partition {
  readonly table: string;
  readonly first: number;
  readonly last: number;
}

/** Partitions that can be archived, oldest first. */
export async function fullPartitions(sql: Sql): Promise<Partition[]> {
  const head = await readHead(sql);
  const rows = await sql`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'ledger.scans'::regclass`;
  return rows
    .flatMap(({ name, bound }) => {
      const [, from, to] = /FROM \('(\d+)'\) TO \('(\d+)'\)/.exec(bound) ?? [];
      return to === undefined ? [] : [{ table: name as string, first: Number(from), last: Number(to) - 1 }];
    })
    .filter(({ last }) => last <= head)
    .sort((a, b) => a.first - b.first);
}

/** Moves a partition into a file in this directory; returns what stands in its place. */
export async function archive(
  sql: Sql,
  { table, first, last }: Partition,
  directory: string,
  now: number,
): Promise<Archive> {
  await mkdir(directory, { recursive: true });
  const file = join(resolve(directory), `scans-${first}-${last}.parquet`);
  const scans = await write(sql, file, first, last);
  const sha256 = await digestOf(file);
  const made: Archive = { first, last, scans, file, sha256 };
  await compare(sql, made);
  await transaction(sql, async tx => {
    await tx`
      insert into ledger.archives (first, last, scans, file, sha256, at_ms)
      values (${first}, ${last}, ${scans}, ${file}, ${sha256}, ${now})`;
    // Both at once: at no moment are the scans in neither place.
    await tx.unsafe(`alter table ledger.scans detach partition ledger.${table}; drop table ledger.${table}`).simple();
  });
  return made;
}

async function* pages(sql: Sql, first: number, last: number) {
  for (let after = first - 1; ; ) {
    const rows = await sql<(Record<string, Value> & { position: number })[]>`
      select ${sql.unsafe(scanColumns)} from ledger.scans s join ledger.writers w on w.id = s.writer
      where s.position > ${after} and s.position <= ${last} order by s.position limit ${groupRows}`;
    if (rows.length > 0) yield rows;
    if (rows.length < groupRows) return;
    after = rows.at(-1)!.position;
  }
}

/** Writes the file under another name until all of it is on the disk; returns the number of scans. */
async function write(sql: Sql, file: string, first: number, last: number): Promise<number> {
  const handle = await open(`${file}.part`, 'w');
  let scans = 0;
  try {
    const parquet = new ParquetFile(columns);
    for await (const rows of pages(sql, first, last)) {
      scans += rows.length;
      await handle.write(parquet.group(rows));
    }
    await handle.write(parquet.end());
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.part`, file);
  return scans;
}

/** Throws unless the file gives exactly what the partition does. */
async function compare(sql: Sql, made: Archive): Promise<void> {
  const groups = archivedRows(made, made.first - 1, made.last);
  for await (const rows of pages(sql, made.first, made.last)) {
    const { value: read = [] } = await groups.next();
    const same = JSON.stringify(rows.map(inOrder)) === JSON.stringify(read.map(inOrder));
    if (!same) throw new Error(`${made.file} does not hold what the partition holds; nothing was removed`);
  }
}
const inOrder = (row: Record<string, unknown>): unknown[] => columns.map(({ name }) => row[name] ?? null);

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}
