/**
 * Opens the work on jobs: their rows are kept in the store until they are over, and each process that serves the API
 * takes its share of them.
 */
import { randomBytes } from 'node:crypto';
import type { ApiDeps } from './http/deps.ts';
import { JobRunner } from './http/job-runner.ts';
import type { Sql } from './store/connect.ts';
import { dropInput, inputFrom, jobsWithInput, keepInput, leaseJob } from './store/job-inputs.ts';

export interface OpenJobs {
  readonly deps: Pick<ApiDeps, 'jobs' | 'wakeJobs'>;
  /** Begins to work; the API can take jobs in before. */
  start(deps: ApiDeps): void;
  close(): Promise<void>;
}

export function openJobs(sql: Sql): OpenJobs {
  const node = randomBytes(6).toString('hex');
  let runner: JobRunner | undefined;
  return {
    deps: {
      jobs: {
        keep: (job, rows) => keepInput(sql, job, rows),
        from: (job, row) => inputFrom(sql, job, row),
        drop: job => dropInput(sql, job),
        kept: () => jobsWithInput(sql),
        lease: job => leaseJob(sql, job, node),
      },
      wakeJobs: () => runner?.wake(),
    },
    start: deps => {
      runner = new JobRunner(deps).start();
    },
    close: async () => runner?.stop(),
  };
}
