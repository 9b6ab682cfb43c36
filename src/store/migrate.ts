/**
 * Brings the ledger's schema up to date. Migrations are numbered files that are frozen once released; the lock makes
 * several programs that start at once wait for the first one. Only the ledger has migrations: a projection that
 * changes gets a new version and is built anew.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Sql, transaction } from './connect.ts';

const directory = join(import.meta.dirname, 'migrations');

/** Applies what is missing, all of it or nothing. Rejects when an applied file was changed afterwards. */
export async function migrate(sql: Sql): Promise<void> {
  const files = (await readdir(directory)).filter(name => /^\d{3}-.*\.sql$/.test(name)).sort();
  await transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtext('indelible migrate'))`;
    await tx`create table if not exists public.indelible_migrations (
      name text primary key, digest text not null, applied_at timestamptz not null default now())`;
    const applied = new Map(
      (await tx`select name, digest from public.indelible_migrations`).map(row => [row['name'], row['digest']]),
    );
    for (const name of files) {
      const text = await readFile(join(directory, name), 'utf8');
      const digest = createHash('sha256').update(text).digest('hex');
      const known = applied.get(name);
      if (known === undefined) {
        await tx.unsafe(text).simple();
        await tx`insert into public.indelible_migrations (name, digest) values (${name}, ${digest})`;
      } else if (known !== digest) {
        throw new Error(`migration ${name} was changed after it had been applied to this database`);
      }
    }
  });
}
