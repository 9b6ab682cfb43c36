/**
 * Bytes by the hash of their content: what an event names and cannot hold. The same bytes are kept once, whoever brings
 * them; a blob never changes, and the table refuses to let one go that a code needs which was not erased.
 */
import type { Sql } from './connect.ts';

export interface Blob {
  /** SHA-256 of the bytes in hex; the database checks it. */
  readonly sha256: string;
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Keeps a blob; to be called before the event that names it is appended. */
export async function putBlob(sql: Sql, { sha256, type, bytes }: Blob): Promise<void> {
  // Not an update: bytes with this hash are these bytes.
  await sql`
    insert into ledger.blobs (sha256, type, bytes)
    values (${sha256}, ${type}, ${Buffer.from(bytes)})
    on conflict (sha256) do nothing`;
}

/** A blob by its hash, or undefined when nobody ever brought it. */
export async function findBlob(sql: Sql, sha256: string): Promise<Blob | undefined> {
  const [row] = await sql`select type, bytes from ledger.blobs where sha256 = ${sha256}`;
  return row && { sha256, type: row['type'], bytes: new Uint8Array(row['bytes']) };
}
