/**
 * Moves old scans out of the database: a partition is written to a Parquet file, the file is read back and compared row
 * by row, and only then the partition gives way to a line that says where its scans are. One run does so at a time, and no
 * file is ever written over: it may be the only copy. Facts stay, and the partition that is being written to does too.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Column, ParquetFile, type Value } from '../parquet.ts';
import { type Archive, archivedRows, archivesWithin } from './archives.ts';
import { type Sql, transaction } from './connect.ts';
import { syncDirectory } from './directory-sync.ts';
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

/** A partition of scans that is full: the head is beyond its positions. */
export interface Partition {
  readonly table: string;
  readonly first: number;
  readonly last: number;
}

/** Partitions that can be archived, oldest first. One whose range is in a file already is none, whatever it holds. */
export async function fullPartitions(sql: Sql): Promise<Partition[]> {
  const head = await readHead(sql);
  const archives = await archivesWithin(sql, -1, head);
  const rows = await sql`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'ledger.scans'::regclass`;
  return (
    rows
      .flatMap(({ name, bound }) => {
        const [, from, to] = /FROM \('(\d+)'\) TO \('(\d+)'\)/.exec(bound) ?? [];
        return to === undefined ? [] : [{ table: name as string, first: Number(from), last: Number(to) - 1 }];
      })
      // With the head at its last position, the next append would make it again.
      .filter(({ last }) => last < head)
      .filter(({ first, last }) => !archives.some(archive => archive.first <= last && archive.last >= first))
      .sort((a, b) => a.first - b.first)
  );
}

/** Moves a partition into a file in this directory; returns what stands in its place. */
export function archive(sql: Sql, { table }: Partition, directory: string, now: number): Promise<Archive> {
  return transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtext('indelible archive'))`;
    // Another run may have moved it while this one waited.
    const partition = (await fullPartitions(tx)).find(full => full.table === table);
    if (!partition) throw new Error(`${table} is no full partition of scans, or another run has moved it`);
    const { first, last } = partition;
    const place = resolve(directory);
    await mkdir(place, { recursive: true });
    const file = join(place, `scans-${first}-${last}.parquet`);
    if (!existsSync(file)) await write(tx, file, first, last);
    await syncDirectory(place);
    const made: Archive = { first, last, scans: await countOf(tx, table), file, sha256: await digestOf(file) };
    if (!(await isCopy(tx, made))) throw new Error(`${file} does not hold what ${table} holds; nothing was removed`);
    await takeScans(tx);
    await tx`
      insert into ledger.archives (first, last, scans, file, sha256, at_ms)
      values (${first}, ${last}, ${made.scans}, ${file}, ${made.sha256}, ${now})`;
    // Both at once: at no moment are the scans in neither place.
    await tx.unsafe(`alter table ledger.scans detach partition ledger.${table}; drop table ledger.${table}`).simple();
    return made;
  });
}

/** So long the ledger may stand still for it at a time, and so long it goes on in between. */
const lockMs = 200;
const lockPauseMs = 1_000;

/**
 * Takes all scans for itself, which has to wait for whoever reads as of one moment: a verification or a dump may take
 * hours. Who waits for a lock keeps all back that come after, so it is tried for a moment only, again and again.
 */
async function takeScans(tx: Sql): Promise<void> {
  for (;;) {
    await tx`savepoint untaken`;
    try {
      await tx.unsafe(`set local lock_timeout = ${lockMs}`);
      await tx`lock table ledger.scans in access exclusive mode`;
      await tx`set local lock_timeout = 0`;
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== '55P03') throw error;
      await tx`rollback to savepoint untaken`;
      await new Promise(resolve => setTimeout(resolve, lockPauseMs));
    }
  }
}

/** From the partition itself, so that none is passed by. */
async function countOf(sql: Sql, table: string): Promise<number> {
  const [row] = await sql.unsafe(`select count(*) as scans from ledger.${table}`);
  return row!['scans'];
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

/** Writes the file under a name of this run's own until all of it is on the disk; one that has come meanwhile stays. */
async function write(sql: Sql, file: string, first: number, last: number): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  const handle = await open(part, 'wx');
  try {
    const parquet = new ParquetFile(columns);
    for await (const rows of pages(sql, first, last)) await handle.write(parquet.group(rows));
    await handle.write(parquet.end());
    await handle.sync();
    // Not a rename, which would put it in the place of another database's.
    await link(part, file);
  } finally {
    await handle.close();
    await rm(part);
  }
}

/** Whether the file gives exactly what the partition does, and ends where it does. */
async function isCopy(sql: Sql, made: Archive): Promise<boolean> {
  const groups = archivedRows(made, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  let scans = 0;
  for await (const rows of pages(sql, made.first, made.last)) {
    const { value: read = [] } = await groups.next();
    if (JSON.stringify(rows.map(inOrder)) !== JSON.stringify(read.map(inOrder))) return false;
    scans += rows.length;
  }
  return scans === made.scans && (await groups.next()).done === true;
}
const inOrder = (row: Record<string, unknown>): unknown[] => columns.map(({ name }) => row[name] ?? null);

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}
