import { describe, expect, test } from 'bun:test';
import type { JobFact } from '../../events/job.ts';
import { fold } from '../../src/decider.ts';
import { isOver, type JobCommand, job } from '../../src/deciders/job.ts';
import { problemOf } from '../support/problem-of.ts';

const request = { do: 'request', kind: 'create', rows: 3, force: false, team: null, test: false } as const;
const requested: JobFact = { type: 'job.requested', data: { kind: 'create', rows: 3 } };
const advanced = (from: number, ...codes: (string | null)[]): JobFact => ({
  type: 'job.advanced',
  data: { from, codes, faults: [] },
});
const finished: JobFact = { type: 'job.finished', data: {} };
const cancelled: JobFact = { type: 'job.cancelled', data: {} };
const when = (given: readonly JobFact[], command: JobCommand) => job.decide(command, fold(job, given));
const advance = (from: number, ...codes: (string | null)[]): JobCommand => ({ do: 'advance', from, codes, faults: [] });

describe('a job', () => {
  test('is requested once, and says what is special about it', async () => {
    expect(when([], request)).toEqual([requested]);
    expect(when([], { ...request, force: true, team: 'team_1', test: true })).toEqual([
      { type: 'job.requested', data: { kind: 'create', rows: 3, force: true, team: 'team_1', test: true } },
    ]);
    expect((await problemOf(() => when([requested], request))).code).toBe('conflict');
  });

  test('advances from where it is, and is finished with its last row', () => {
    expect(when([requested], advance(0, 'qr_1', null))).toEqual([advanced(0, 'qr_1', null)]);
    expect(when([requested, advanced(0, 'qr_1', null)], advance(2, 'qr_3'))).toEqual([advanced(2, 'qr_3'), finished]);
    expect(fold(job, [requested, advanced(0, 'qr_1', null)])).toMatchObject({ status: 'running', done: 2, failed: 1 });
  });

  test('does not advance twice over the same rows, nor past its last one', async () => {
    for (const [given, command] of [
      [[requested, advanced(0, 'qr_1')], advance(0, 'qr_9')],
      [[requested], advance(1, 'qr_2')],
      [[requested], advance(0, 'qr_1', 'qr_2', 'qr_3', 'qr_4')],
    ] as const) {
      expect((await problemOf(() => when(given, command))).code).toBe('conflict');
    }
  });

  test('is cancelled while it is not over, and twice is as good as once', async () => {
    expect(when([requested, advanced(0, 'qr_1')], { do: 'cancel' })).toEqual([cancelled]);
    expect(when([requested, cancelled], { do: 'cancel' })).toEqual([]);
    expect((await problemOf(() => when([requested, finished], { do: 'cancel' }))).code).toBe('conflict');
  });

  test('that can not go on says why, and is over like one that is finished or cancelled', async () => {
    const failed: JobFact = { type: 'job.failed', data: { reason: 'revoked' } };
    expect(when([requested], { do: 'fail', reason: 'revoked' })).toEqual([failed]);
    for (const end of [failed, finished, cancelled]) {
      const state = fold(job, [requested, end]);
      expect(isOver(state)).toBe(true);
      expect((await problemOf(() => job.decide(advance(0, 'qr_1'), state))).code).toBe('conflict');
    }
    expect(fold(job, [requested, failed]).reason).toBe('revoked');
    expect(isOver(fold(job, [requested]))).toBe(false);
  });

  test('that nobody requested takes no command', async () => {
    for (const command of [advance(0, 'qr_1'), { do: 'cancel' }, { do: 'fail', reason: 'x' }] as const) {
      expect((await problemOf(() => when([], command))).code).toBe('not_found');
    }
  });
});
