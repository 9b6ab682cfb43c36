/**
 * Jobs over HTTP: asked for where codes are made, changed or deleted by the thousand, followed and cancelled here. What
 * every row came to can be read as soon as it is dealt with.
 */
import { Elysia } from 'elysia';
import type { JobFact, JobKind } from '../../events/job.ts';
import { findJob, type JobRow, type JobScope, jobOutcomes, listJobs } from '../../projections/jobs.ts';
import type { Access } from '../../projections/keys.ts';
import { type JobCommand, type JobState, job } from '../deciders/job.ts';
import { execute, type Order, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import * as schemas from './job-schemas.ts';
import { listed, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { reachOf } from './rights.ts';
import { NoQuery } from './schemas.ts';

type JobOrder = Order<JobState, JobCommand, JobFact>;

/** Whether the caller asks to be answered before the work is done (RFC 7240). */
export const wantsJob = (request: Request): boolean =>
  /(^|[,;\s])respond-async($|[,;\s])/i.test(request.headers.get('prefer') ?? '');

/** A key that is narrowed by tags or domains sees its own jobs; one for a team sees its team's. */
const scopeOf = (access: Access): JobScope => ({
  test: access.mode === 'test',
  team: access.team,
  key: access.mode === 'live' && reachOf(access) === 'codes' ? access.key : null,
});

function shown(row: JobRow) {
  const { id, kind, status, rows, done, failed, reason, key } = row;
  return {
    ...{ id, kind, status, rows, done, failed },
    progress: Math.floor((done / rows) * 100),
    ...{ reason, key },
    createdAt: timeOf(row.created_ms),
    updatedAt: timeOf(row.updated_ms),
  };
}

/** Takes a job in; the answer says where it can be followed. */
export async function requestJob(
  deps: ApiDeps,
  request: Request,
  body: unknown,
  { kind, rows, force }: { readonly kind: JobKind; readonly rows: readonly unknown[]; readonly force: boolean },
): Promise<Response> {
  const caller = callerOf(request, 'write');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const id = newId('job', at);
  await deps.jobs.keep(id, rows);
  const command: JobCommand = {
    ...{ do: 'request', kind, rows: rows.length, force, team: access.team, test: access.mode === 'test' },
  };
  const order: JobOrder = { decider: job, stream: id, command, fresh: true };
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => {
      const time = timeOf(at);
      const { rows, status } = outcome!.state;
      return {
        status: 202,
        headers: { location: `${deps.baseUrl()}/v1/jobs/${id}`, 'preference-applied': 'respond-async' },
        body: {
          ...{ id, kind, status, rows, done: 0, failed: 0, progress: 0, reason: null, key: access.key },
          ...{ createdAt: time, updatedAt: time },
        },
      };
    },
  ).catch(async (error: unknown) => {
    // Refused: nobody will ask for these rows. After an outage the job may be on record all the same.
    if (error instanceof Problem && error.code !== 'unavailable') await deps.jobs.drop(id);
    throw error;
  });
  // What was kept for an answer that another request has given is nobody's.
  if (reply.replayed) await deps.jobs.drop(id);
  deps.wakeJobs();
  return replyResponse(reply);
}

export function jobs(deps: ApiDeps) {
  const find = async (access: Access, id: string): Promise<JobRow> => {
    await deps.fresh(['jobs']);
    const row = await findJob(deps.sql, access.org, id, scopeOf(access));
    if (!row) throw new Problem('not_found', 'There is no such job.');
    return row;
  };
  return new Elysia({ name: 'jobs', prefix: '/v1/jobs', tags: ['Jobs'] })
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['jobs']);
        return listed(query, await listJobs(deps.sql, access.org, scopeOf(access), sought(query, 'job')), shown);
      },
      {
        ...asks(schemas.JobQuery, query => sought(query, 'job')),
        response: { 200: schemas.JobList },
        detail: { operationId: 'listJobs', summary: 'List jobs, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const row = await find(callerOf(request, 'read').access, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Job },
        detail: { operationId: 'getJob', summary: 'How far a job is' },
      },
    )
    .get(
      '/:id/rows',
      async ({ params, query, request }) => {
        const { id } = await find(callerOf(request, 'read').access, params.id);
        const { limit = 100, cursor = '-1', outcome } = query;
        const rows = await jobOutcomes(deps.sql, id, outcome, Number(cursor), limit + 1);
        const data = rows.slice(0, limit);
        const has_more = rows.length > limit;
        return json({
          data: data.map(({ row, code, faults }) => ({
            ...{ row, outcome: code === null ? 'failed' : 'done', id: code, errors: faults },
          })),
          limit,
          has_more,
          next_cursor: has_more ? String(data.at(-1)!.row) : null,
        });
      },
      {
        ...asks(schemas.RowsQuery),
        response: { 200: schemas.JobRows },
        detail: { operationId: 'listJobRows', summary: 'What each row of a job came to' },
      },
    )
    .post(
      '/:id/cancel',
      async ({ params, request }) => {
        const caller = callerOf(request, 'write');
        const context = contextOf(request, caller, null);
        const earlier = await replay(deps.execution, context);
        if (earlier) return replyResponse(earlier);
        const row = await find(caller.access, params.id);
        const order: JobOrder = {
          ...{ decider: job, stream: row.id, command: { do: 'cancel' }, expected: versionsOf(request) },
        };
        const reply = await execute(
          deps.execution,
          context,
          () => [order],
          ([outcome]) => {
            const { state, version, changedAt } = outcome!;
            const { status, done, failed } = state;
            return {
              status: 200,
              headers: { etag: etagOf(version) },
              body: shown({ ...row, status: status as JobRow['status'], done, failed, updated_ms: changedAt }),
            };
          },
        );
        deps.wakeJobs();
        return replyResponse(reply);
      },
      {
        query: NoQuery,
        response: { 200: schemas.Job },
        detail: { operationId: 'cancelJob', summary: 'Cancel a job: what is done stays, the other rows are left' },
      },
    );
}
