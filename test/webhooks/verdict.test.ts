/**
 * What an attempt means, from what came of it.
 */
import { describe, expect, test } from 'bun:test';
import type { Answered } from '../../src/webhooks/pinned-request.ts';
import { isGone, verdictOf } from '../../src/webhooks/verdict.ts';

const at = Date.UTC(2026, 3, 8, 12);
const answered = (status: number, more: Partial<Answered> = {}): Answered => ({
  ...{ status, error: null, excerpt: null, latencyMs: 12, retryAfter: undefined },
  ...more,
});
const occasion = { position: 42, attempts: 0, at, random: 0.5 };

describe('an attempt', () => {
  test.each([200, 201, 202, 204, 299])(
    'that is answered with %d is delivered, and nothing is kept of the text',
    status => {
      expect(verdictOf(answered(status, { excerpt: 'thank you' }), occasion)).toEqual({
        position: 42,
        status,
        latencyMs: 12,
      });
    },
  );

  test.each([301, 302, 307, 308, 400, 401, 404, 429, 500, 503])('that is answered with %d is made again', status => {
    expect(verdictOf(answered(status, { excerpt: 'no' }), occasion)).toEqual({
      ...{ position: 42, status, latencyMs: 12, excerpt: 'no' },
      retryAt: at + 5_000,
    });
  });

  test('without an answer says why and is made again', () => {
    const attempted = { ...answered(0), status: null, error: 'There was no connection.' };
    expect(verdictOf(attempted, { ...occasion, attempts: 3 })).toMatchObject({
      ...{ status: null, error: 'There was no connection.' },
      retryAt: at + 2 * 3_600_000,
    });
  });

  test('is made when the endpoint asks for it, if that is later', () => {
    expect(verdictOf(answered(503, { retryAfter: '60' }), occasion).retryAt).toBe(at + 60_000);
    expect(verdictOf(answered(503, { retryAfter: '1' }), occasion).retryAt).toBe(at + 5_000);
    expect(verdictOf(answered(503, { retryAfter: 'soon' }), occasion).retryAt).toBe(at + 5_000);
  });

  test('is the last one when all are used up, and at once when nobody is there any more', () => {
    expect(verdictOf(answered(500), { ...occasion, attempts: 9 })).not.toHaveProperty('retryAt');
    expect(verdictOf(answered(500), { ...occasion, attempts: 8 })).toHaveProperty('retryAt');
    expect(verdictOf(answered(410, { retryAfter: '60' }), occasion)).not.toHaveProperty('retryAt');
    expect([isGone(answered(410)), isGone(answered(404)), isGone({ status: null })]).toEqual([true, false, false]);
  });
});
