/**
 * Scans that have left the database for files: which ranges of positions, in which file, and the rows out of it, as the
 * table would give them. Whoever reads scans reads the table first and asks here afterwards, so that a range that moves
 * meanwhile is found in one place or the other; for who reads as of one moment none moves. What a file says is checked like
 * what the table says: the chain over all commits is recomputed from it.
 */
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { Sql } from './connect.ts';

/** A range of positions whose scans are in a file. */
export interface Archive {
  readonly first: number;
  readonly last: number;
  readonly scans: number;
  readonly file: string;
  readonly sha256: string;
}

export type ArchivedRow = Record<string, unknown> & { readonly position: number };

/** Archives that hold positions behind `after` up to `to`, in order. */
export const archivesWithin = (sql: Sql, after: number, to: number): Promise<Archive[]> => sql<Archive[]>`
  select first, last, scans, file, sha256 from ledger.archives
  where last > ${after} and first <= ${to} order by first`;

/**
 * Begins a transaction that sees all as of one moment. A range that was moved after it would be in neither place, so it
 * waits before that moment for whoever is moving one, and holds off all others.
 */
export async function seeOneMoment(tx: Sql): Promise<void> {
  await tx`set transaction isolation level repeatable read, read only`;
  // Takes no snapshot.
  await tx`lock table ledger.scans in access share mode`;
}

/** Rows of an archive behind a position up to another one, a group at a time, in order of positions. */
export async function* archivedRows(archive: Archive, after: number, to: number): AsyncGenerator<ArchivedRow[]> {
  const { file, metadata } = await opened(archive.file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const { min_value, max_value } = group.columns[0]?.meta_data?.statistics ?? {};
    const isOutside = Number(max_value ?? to) <= after || Number(min_value ?? to) > to;
    if (!isOutside) {
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
      const found = rows.map(row => plain(row)).filter(({ position }) => position > after && position <= to);
      if (found.length > 0) yield found;
    }
    rowStart = rowEnd;
  }
}

/** Which rows of files are asked for: others are not kept, however many there are. */
export interface Wanted {
  readonly isMeant?: (row: ArchivedRow) => boolean;
  readonly limit?: number;
  /** Whether the limit is of the last ones. */
  readonly isLast?: boolean;
}

/** Archived rows behind a position up to another one, wherever they are, in order of positions. */
export async function archivedBehind(
  sql: Sql,
  after: number,
  to: number,
  { isMeant = () => true, limit = Number.POSITIVE_INFINITY, isLast = false }: Wanted = {},
): Promise<ArchivedRow[]> {
  let found: ArchivedRow[] = [];
  for (const archive of await archivesWithin(sql, after, to)) {
    for await (const rows of archivedRows(archive, after, to)) {
      for (const row of rows) if (isMeant(row)) found.push(row);
      if (found.length < limit) continue;
      if (!isLast) return found.slice(0, limit);
      found = found.slice(-limit);
    }
  }
  return found;
}

/** Rows of the table and of files in order, each once: a range that moves meanwhile may be in both. */
export function joined<R extends { readonly position?: unknown }>(rows: readonly R[], old: readonly R[]): R[] {
  const byPosition = new Map([...old, ...rows].map(row => [row.position as number, row]));
  return [...byPosition.values()].sort((a, b) => (a.position as number) - (b.position as number));
}

/** The ends of files that were opened: a file never changes. */
const known = new Map<string, FileMetaData>();

async function opened(path: string) {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = known.get(path) ?? (await parquetMetadataAsync(file));
    known.set(path, metadata);
    return { file, metadata };
  } catch (cause) {
    throw new Error(`the archived scans in ${path} can't be read`, { cause });
  }
}

/** Whole numbers as the database gives them, and what stands for nothing as null. */
function plain(row: Record<string, unknown>): ArchivedRow {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? Number(value) : (value ?? null),
  ]);
  return Object.fromEntries(entries) as ArchivedRow;
}
