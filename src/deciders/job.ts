/**
 * The rules of a job: requested once with so many rows, it advances from where it is to its last row, unless it was
 * cancelled or had to stop; then it is over for good.
 */
import type { JobFact, JobKind, RowFault } from '../../events/job.ts';
import type { Decider } from '../decider.ts';
import { Problem } from '../problem.ts';

export interface JobState {
  readonly status: 'absent' | 'queued' | 'running' | 'finished' | 'cancelled' | 'failed';
  readonly kind: JobKind;
  readonly rows: number;
  /** Rows that are dealt with, and how many of those failed. */
  readonly done: number;
  readonly failed: number;
  readonly force: boolean;
  readonly reason: string | null;
}

export type JobCommand =
  | {
      readonly do: 'request';
      readonly kind: JobKind;
      readonly rows: number;
      readonly force: boolean;
      readonly team: string | null;
      readonly test: boolean;
    }
  | {
      readonly do: 'advance';
      readonly from: number;
      readonly codes: readonly (string | null)[];
      readonly faults: readonly RowFault[];
    }
  | { readonly do: 'cancel' }
  | { readonly do: 'fail'; readonly reason: string };

export const isOver = ({ status }: Pick<JobState, 'status'>): boolean =>
  status === 'finished' || status === 'cancelled' || status === 'failed';

export const job: Decider<JobState, JobCommand, JobFact> = {
  initial: { status: 'absent', kind: 'create', rows: 0, done: 0, failed: 0, force: false, reason: null },

  evolve(state, { type, data }) {
    switch (type) {
      case 'job.requested':
        return { ...state, status: 'queued', kind: data.kind, rows: data.rows, force: data.force ?? false };
      case 'job.advanced': {
        const failed = state.failed + data.codes.filter(code => code === null).length;
        return { ...state, status: 'running', done: data.from + data.codes.length, failed };
      }
      case 'job.cancelled':
        return { ...state, status: 'cancelled' };
      case 'job.failed':
        return { ...state, status: 'failed', reason: data.reason };
      case 'job.finished':
        return { ...state, status: 'finished' };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'request') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A job with this id exists already.');
      const { kind, rows, force, team, test } = command;
      const more = { ...(force && { force }), ...(team !== null && { team }), ...(test && { test }) };
      return [{ type: 'job.requested', data: { kind, rows, ...more } }];
    }
    if (state.status === 'absent') throw new Problem('not_found', 'There is no such job.');
    if (command.do === 'cancel' && state.status === 'cancelled') return [];
    if (isOver(state)) throw new Problem('conflict', `The job is over: it is ${state.status}.`);
    switch (command.do) {
      case 'cancel':
        return [{ type: 'job.cancelled', data: {} }];
      case 'fail':
        return [{ type: 'job.failed', data: { reason: command.reason } }];
      default: {
        const { from, codes, faults } = command;
        const end = from + codes.length;
        if (from !== state.done || end > state.rows) throw new Problem('conflict', 'Others have advanced this job.');
        return [
          { type: 'job.advanced', data: { from, codes: [...codes], faults: [...faults] } },
          ...(end === state.rows ? [{ type: 'job.finished', data: {} } as const] : []),
        ];
      }
    }
  },
};
