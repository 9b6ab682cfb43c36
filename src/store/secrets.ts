/**
 * Secrets that all processes of an instance share and that live outside the ledger, such as the key of the visitor
 * hash: made when first asked for, the same ever after.
 */
import { randomBytes } from 'node:crypto';
import type { Sql } from './connect.ts';

/** The secret of this name, 32 random bytes. */
export async function secret(sql: Sql, name: string): Promise<Uint8Array> {
  await sql`insert into public.indelible_secrets (name, value) values (${name}, ${randomBytes(32)}) on conflict do nothing`;
  const [row] = await sql`select value from public.indelible_secrets where name = ${name}`;
  return new Uint8Array(row!['value']);
}
