/**
 * What jobs have to do, kept until they are over, and who works on which. A job is taken up by another process when the
 * one that worked on it has not said for a while that it still does.
 */
import { type Sql, transaction } from './connect.ts';

/** Rows that are dealt with in one commit. */
export const chunkRows = 1_000;
const leaseSeconds = 10;

/** Keeps the rows of a job. */
export async function keepInput(sql: Sql, job: string, rows: readonly unknown[]): Promise<void> {
  await transaction(sql, async tx => {
    for (let first = 0; first < rows.length; first += chunkRows) {
      const chunk = JSON.stringify(rows.slice(first, first + chunkRows));
      await tx`insert into job.inputs (job, first, rows) values (${job}, ${first}, ${chunk})`;
    }
  });
}

/** The rows of a job from one on, up to the end of their chunk; none when they are not kept any more. */
export async function inputFrom(sql: Sql, job: string, row: number): Promise<unknown[]> {
  const [found] = await sql`
    select first, rows from job.inputs where job = ${job} and first <= ${row} order by first desc limit 1`;
  return found ? (JSON.parse(found['rows']) as unknown[]).slice(row - found['first']) : [];
}

/** Jobs that have rows here. */
export async function jobsWithInput(sql: Sql): Promise<string[]> {
  const rows = await sql`select job from job.inputs where first = 0 order by job`;
  return rows.map(row => row['job'] as string);
}

/** Forgets what a job had to do. */
export async function dropInput(sql: Sql, job: string): Promise<void> {
  await sql`delete from job.inputs where job = ${job}`;
  await sql`delete from job.leases where job = ${job}`;
}

/** Takes up a job, or goes on with it; false when another process is at it. */
export async function leaseJob(sql: Sql, job: string, node: string): Promise<boolean> {
  const rows = await sql`
    insert into job.leases as lease (job, node, until)
    values (${job}, ${node}, now() + make_interval(secs => ${leaseSeconds}))
    on conflict (job) do update set node = excluded.node, until = excluded.until
      where lease.node = excluded.node or lease.until < now()
    returning job`;
  return rows.length > 0;
}
