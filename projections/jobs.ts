/**
 * Jobs as the API shows them: how far each is, and what every row came to. A row is told with the event that dealt with
 * it, so progress and outcomes never differ.
 */
import type { JobKind } from '../events/job.ts';
import type { Projection, Slice, Sql } from './projection.ts';

export interface JobRow {
  readonly id: string;
  readonly org: string;
  readonly key: string;
  readonly request: string | null;
  readonly kind: JobKind;
  readonly status: 'queued' | 'running' | 'finished' | 'cancelled' | 'failed';
  readonly team: string | null;
  readonly test: boolean;
  readonly rows: number;
  readonly done: number;
  readonly failed: number;
  readonly reason: string | null;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
}

export interface JobOutcome {
  readonly row: number;
  /** Null when it failed. */
  readonly code: string | null;
  readonly faults: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
}

export const jobs: Projection = {
  name: 'jobs',
  version: 1,
  family: 'facts',
  handles: ['job.requested', 'job.advanced', 'job.cancelled', 'job.failed', 'job.finished'],
  tables: `
    create table jobs (
      id text collate "C" primary key,
      org text collate "C" not null,
      key text collate "C" not null,
      request text collate "C",
      kind text not null,
      status text not null,
      team text collate "C",
      test boolean not null,
      rows integer not null,
      done integer not null default 0,
      failed integer not null default 0,
      reason text,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index jobs_org on jobs (org, id desc);
    create index jobs_open on jobs (id) where status in ('queued', 'running');
    create table job_rows (
      job text collate "C" not null,
      row integer not null,
      code text collate "C",
      faults json not null,
      primary key (job, row)
    );
  `,

  // A chunk of rows an event, and few events: one statement for each is fast enough.
  async apply(sql, events) {
    for (const event of events) {
      const { stream: id, at, version } = event;
      switch (event.type) {
        case 'job.requested': {
          const { kind, rows, team = null, test = false } = event.data;
          await sql`
            insert into jobs (id, org, key, request, kind, status, team, test, rows, version, created_ms, updated_ms)
            values (${id}, ${event.org}, ${event.actor}, ${event.request}, ${kind}, 'queued', ${team}, ${test}, ${rows},
              ${version}, ${at}, ${at})`;
          break;
        }
        case 'job.advanced': {
          const { from, codes, faults } = event.data;
          const told = codes.map((code, i) => ({
            ...{ job: id, row: from + i, code },
            faults: faults.filter(({ row }) => row === from + i).map(({ row: _, ...fault }) => fault),
          }));
          await sql`
            insert into job_rows select * from json_populate_recordset(null::job_rows, ${JSON.stringify(told)}::text::json)`;
          await sql`
            update jobs set status = 'running', done = ${from + codes.length},
              failed = failed + ${codes.filter(code => code === null).length}
            where id = ${id}`;
          break;
        }
        case 'job.failed':
          await sql`update jobs set status = 'failed', reason = ${event.data.reason} where id = ${id}`;
          break;
        case 'job.cancelled':
        case 'job.finished':
          await sql`update jobs set status = ${event.type.slice('job.'.length)} where id = ${id}`;
          break;
        default:
          continue;
      }
      await sql`update jobs set version = ${version}, updated_ms = ${at} where id = ${id}`;
    }
  },
};

/** What a caller sees of the jobs: those of its mode, and of its team or made by itself where it is narrowed. */
export interface JobScope {
  readonly test: boolean;
  readonly team: string | null;
  readonly key: string | null;
}

const seen = (sql: Sql, org: string, { test, team, key }: JobScope) => sql`
  org = ${org} and test = ${test} ${team === null ? sql`` : sql`and team = ${team}`}
  ${key === null ? sql`` : sql`and key = ${key}`}`;

export async function findJob(sql: Sql, org: string, id: string, scope: JobScope): Promise<JobRow | undefined> {
  const [row] = await sql<JobRow[]>`select * from jobs where id = ${id} and ${seen(sql, org, scope)}`;
  return row;
}

/** Jobs, newest first, older than the id that is given, and how many there are in all. */
export async function listJobs(sql: Sql, org: string, scope: JobScope, page: Slice) {
  const where = seen(sql, org, scope);
  const [rows, [counted]] = await Promise.all([
    sql<JobRow[]>`
      select * from jobs where ${where} ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from jobs where ${where}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

/** What the rows of a job came to, in order, behind a row; all, or only those that failed or did not. */
export async function jobOutcomes(
  sql: Sql,
  job: string,
  outcome: 'failed' | 'done' | undefined,
  after: number,
  limit: number,
): Promise<JobOutcome[]> {
  const rows = await sql<JobOutcome[]>`
    select row, code, faults from job_rows where job = ${job} and row > ${after}
      ${outcome === undefined ? sql`` : outcome === 'failed' ? sql`and code is null` : sql`and code is not null`}
    order by row limit ${limit}`;
  return [...rows];
}

/** Those of these jobs that are over. */
export async function closedJobs(sql: Sql, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await sql`
    select id from jobs where id = any(${[...ids]}) and status not in ('queued', 'running') order by id`;
  return rows.map(row => row['id'] as string);
}

/** Jobs that are not over, oldest first. */
export async function openJobs(sql: Sql): Promise<JobRow[]> {
  return [...(await sql<JobRow[]>`select * from jobs where status in ('queued', 'running') order by id limit 100`)];
}
