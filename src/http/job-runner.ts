/**
 * Works on jobs, oldest first, whichever process took them in: a job that one leaves unfinished is taken up by another.
 * A job runs in the name of the key that asked for it and stops when that key may not do it any more. Rows that can't be
 * dealt with together are taken fewer at a time until the bad one is found, so no row stops a job, and no job the others.
 */
import { accessOf } from '../../projections/access.ts';
import { closedJobs, type JobRow, openJobs } from '../../projections/jobs.ts';
import { fold } from '../decider.ts';
import { isOver, type JobCommand, type JobState, job } from '../deciders/job.ts';
import { type Context, execute, outageProblem } from '../execute.ts';
import { madeAt } from '../ids.ts';
import { Problem } from '../problem.ts';
import { Worker } from '../worker.ts';
import { accessModels } from './auth.ts';
import type { ApiDeps } from './deps.ts';
import { type Chunk, dealWith, giveUp } from './job-work.ts';
import { objection } from './rights.ts';

/** A job that another process has taken in is found at the next look. */
const idleMs = 1_000;

/** Rows are kept before their job is on record; when it is not after so long, whoever took them in has died in between. */
const orphanMs = 3_600_000;

const actions = { create: 'qr.create', change: 'qr.change', delete: 'qr.delete' } as const;

export class JobRunner {
  readonly #deps: ApiDeps;
  readonly #worker: Worker;
  /** Jobs whose quota was used up at their last chunk. */
  readonly #short = new Set<string>();
  /** How many rows of a job are taken at once, where a chunk of it has failed. */
  readonly #sizes = new Map<string, number>();

  constructor(deps: ApiDeps) {
    this.#deps = deps;
    this.#worker = new Worker(() => this.#step(), { name: 'jobs', idleMs, onError: deps.onError });
  }

  start(): this {
    this.#worker.start();
    return this;
  }

  wake(): void {
    this.#worker.wake();
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** One chunk of the oldest job that nobody else works on; tells whether there may be more. */
  async #step(): Promise<boolean> {
    const deps = this.#deps;
    await deps.fresh(['jobs', ...accessModels]);
    let failure: unknown;
    for (const row of await openJobs(deps.sql)) {
      if (this.#worker.stopped) return false;
      if (!(await deps.jobs.lease(row.id))) continue;
      try {
        await this.#advance(row);
        return true;
      } catch (error) {
        if (willPass(error)) throw error;
        failure = error;
      }
    }
    const kept = await deps.jobs.kept();
    // A job that was cancelled before anybody looked at it was never open here.
    for (const id of await closedJobs(deps.sql, kept)) await this.#leave(id);
    const now = deps.now();
    for (const id of kept) {
      const isOrphan = now - madeAt(id) > orphanMs && (await deps.readStream(id)).length === 0;
      if (isOrphan) await this.#leave(id);
    }
    // Behind all others, and tried again after a pause: what fails so mostly fails again.
    if (failure !== undefined) throw failure;
    return false;
  }

  async #advance(row: JobRow): Promise<void> {
    const deps = this.#deps;
    const events = await deps.readStream(row.id);
    const state = fold(job, events as never[]);
    if (isOver(state)) return this.#leave(row.id);
    const at = deps.now();
    const context: Context = { at, org: row.org, actor: row.key, request: row.request };
    const access = await accessOf(deps.sql, row.key);
    const reason = this.#objection(access, state, at);
    const rows = reason === undefined ? await deps.jobs.from(row.id, state.done) : [];
    if (!access || rows.length === 0) {
      await this.#fail(context, row.id, reason ?? 'Its rows are not kept any more.');
      return this.#leave(row.id);
    }
    const size = this.#sizes.get(row.id) ?? rows.length;
    const { kind, force, done } = state;
    const chunk = { job: row.id, kind, force, from: done, rows: rows.slice(0, size) };
    try {
      if (await dealWith(deps, access, context, chunk, this.#short.has(row.id))) this.#short.add(row.id);
      else this.#short.delete(row.id);
      if (size < rows.length) this.#sizes.set(row.id, size * 2);
    } catch (error) {
      if (willPass(error)) throw error;
      await this.#passOver(context, chunk, error);
    }
    await deps.fresh(['jobs']);
    const after = fold(job, (await deps.readStream(row.id)) as never[]);
    if (isOver(after)) await this.#leave(row.id);
  }

  /** Goes on without what stands in the way of a chunk: with fewer rows, or behind the one that it is. */
  async #passOver(context: Context, chunk: Chunk, error: unknown): Promise<void> {
    const { onError, readStream } = this.#deps;
    const state = fold(job, (await readStream(chunk.job)) as never[]);
    // Cancelled meanwhile, or another process was faster: the next look tells.
    if (isOver(state) || state.done !== chunk.from) return;
    if (chunk.rows.length > 1) {
      this.#sizes.set(chunk.job, Math.ceil(chunk.rows.length / 2));
      if (error instanceof Problem) return;
      throw error;
    }
    if (!(error instanceof Problem)) onError(error, 'jobs');
    await giveUp(this.#deps, context, chunk, error).catch(async (worse: unknown) => {
      if (isConflict(worse)) return;
      if (willPass(worse)) throw worse;
      onError(worse, 'jobs');
      await this.#fail(context, chunk.job, `Row ${chunk.from} can not be dealt with.`);
    });
  }

  /** Why the key may not go on with it. */
  #objection(access: Awaited<ReturnType<typeof accessOf>>, { kind }: JobState, at: number): string | undefined {
    if (!access || access.revoked) return 'The key in whose name it runs was revoked.';
    if (access.expiresAt !== null && access.expiresAt <= at) return 'The key in whose name it runs has expired.';
    if (access.plan !== 'enterprise')
      return `API access needs the enterprise plan; this organisation has ${access.plan}.`;
    return objection(access, actions[kind])?.message;
  }

  async #fail(context: Context, id: string, reason: string): Promise<void> {
    const command: JobCommand = { do: 'fail', reason };
    const done = () => ({ status: 200, headers: {}, body: null });
    await execute(this.#deps.execution, context, () => [{ decider: job, stream: id, command }], done).catch(
      (error: unknown) => {
        if (!isConflict(error)) throw error;
      },
    );
    await this.#deps.fresh(['jobs']);
  }

  async #leave(id: string): Promise<void> {
    this.#short.delete(id);
    this.#sizes.delete(id);
    await this.#deps.jobs.drop(id);
  }
}

/** Cancelled meanwhile, or another process was faster: the next look tells. */
const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'conflict';

/** The store or a read model is away: that is no fault of the job. */
function willPass(error: unknown): boolean {
  const problem = outageProblem(error);
  return problem instanceof Problem && problem.code === 'unavailable';
}
