/**
 * Scans on their way from the database into a file, as tests see it: partitions of a size that a test can fill, and the
 * moment in which everybody waits. The one who moves them waits for somebody who reads, a moment at a time, and whoever
 * asks next waits behind him or comes before.
 */
import { type Sql, transaction } from '../../src/store/connect.ts';
import { until } from './until.ts';

/** A partition for the positions below a width, and one for all others. */
export async function partitioned(sql: Sql, width: number): Promise<void> {
  await sql`select ledger.add_scan_partition(0, ${width})`;
  await sql
    .unsafe(`
    create table ledger.scans_rest (like ledger.scans including all);
    create unique index on ledger.scans_rest (position);
    alter table ledger.scans attach partition ledger.scans_rest for values from (${width}) to (10000000)`)
    .simple();
}

/** Begins one thing after the other, each when those before it wait for a lock or are through, while somebody reads scans. */
export async function behindReader(
  sql: Sql,
  ...things: (() => Promise<unknown>)[]
): Promise<PromiseSettledResult<unknown>[]> {
  const [reading, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const reader = transaction(sql, async tx => {
    await tx`select from ledger.scans limit 1`;
    reading.resolve();
    await over.promise;
  });
  await reading.promise;
  const begun: Promise<PromiseSettledResult<unknown>[]>[] = [];
  let through = 0;
  try {
    for (const thing of things) {
      begun.push(Promise.allSettled([thing()]).finally(() => through++));
      await until(async () => (await waiting(sql)) + through >= begun.length, 20_000);
    }
  } finally {
    over.resolve();
    await reader;
  }
  return (await Promise.all(begun)).flat();
}

async function waiting(sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(distinct l.pid) as waiting from pg_locks l join pg_database d on d.oid = l.database
    where not l.granted and d.datname = current_database()`;
  return row!['waiting'];
}
