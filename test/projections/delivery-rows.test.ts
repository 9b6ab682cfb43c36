/**
 * One delivery from its first moment to its end.
 */
import { describe, expect, test } from 'bun:test';
import { abandoned, attempted, givenUp, queued, requeued } from '../../projections/delivery-rows.ts';

const fresh = queued(7, 42, 'scan.created', 1_000);
const ok = { position: 42, status: 204, latencyMs: 12 };
const failure = { position: 42, status: 503, latencyMs: 30, excerpt: 'down', retryAt: 6_000 };
const unanswered = { position: 42, status: null, latencyMs: 15_000, error: 'There was no answer within 15 s.' };

describe('a delivery', () => {
  test('is due at once', () => {
    expect(fresh).toMatchObject({
      status: 'pending',
      attempts: 0,
      due_ms: 1_000,
      queued_ms: 1_000,
      attempted_ms: null,
    });
  });

  test('ends with the first 2xx', () => {
    expect(attempted(fresh, ok, 2_000)).toEqual({
      ...fresh,
      ...{ status: 'delivered', attempts: 1, due_ms: null, attempted_ms: 2_000, answer: 204, latency_ms: 12 },
    });
  });

  test.each([199, 300, 302, 304, 400, 410, 500])('does not end well with %d', status => {
    expect(attempted(fresh, { ...failure, status }, 2_000).status).toBe('pending');
  });

  test('is tried again when it is said so, and is exhausted when it is not', () => {
    const retried = attempted(fresh, failure, 2_000);
    expect(retried).toMatchObject({ status: 'pending', attempts: 1, due_ms: 6_000, answer: 503, excerpt: 'down' });
    expect(attempted(retried, unanswered, 7_000)).toMatchObject({
      ...{ status: 'exhausted', attempts: 2, due_ms: null, answer: null, excerpt: null },
      error: 'There was no answer within 15 s.',
    });
  });

  test('is given up with its webhook, unless it arrived after all', () => {
    const lost = abandoned(fresh);
    expect(lost).toMatchObject({ status: 'exhausted', due_ms: null, error: givenUp });
    expect(attempted(lost, failure, 2_000)).toMatchObject({ status: 'exhausted', due_ms: null });
    expect(attempted(lost, ok, 2_000).status).toBe('delivered');
    const done = attempted(fresh, ok, 2_000);
    expect(abandoned(done)).toBe(done);
    expect(abandoned(attempted(fresh, { ...unanswered, retryAt: 9 }, 2_000)).error).toBe(unanswered.error);
  });

  test('that has arrived has arrived, whatever comes of an attempt that was under way as well', () => {
    const done = attempted(fresh, ok, 2_000);
    for (const late of [failure, unanswered]) expect(attempted(done, late, 3_000)).toEqual({ ...done, attempts: 2 });
  });

  test('begins anew with all its attempts when it is asked for again, and keeps what came of it until then', () => {
    const again = queued(7, 42, 'scan.recorded', 9_000);
    expect(requeued(undefined, again)).toBe(again);
    expect(requeued(attempted(fresh, ok, 2_000), again)).toMatchObject({
      ...{ name: 'scan.recorded', status: 'pending', attempts: 0, due_ms: 9_000, queued_ms: 9_000 },
      ...{ attempted_ms: 2_000, answer: 204 },
    });
  });

  test('that somebody was told because of tags keeps nothing when it is asked for again', () => {
    const again = queued(7, 42, 'scan.recorded', 9_000);
    const tagged = attempted(queued(7, 42, 'scan.created', 1_000, 'qr_1'), ok, 2_000);
    expect(tagged.tagged).toBe('qr_1');
    expect(requeued(tagged, again)).toEqual(again);
  });
});
