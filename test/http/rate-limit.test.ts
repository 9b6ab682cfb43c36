import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RateLimiter, rateLimitHeaders } from '../../src/http/rate-limit.ts';

const minute = 60_000;
/** Times at which requests come: gaps from none to more than a window, starting anywhere. */
const times = fc
  .tuple(fc.nat(1e9), fc.array(fc.oneof(fc.constant(0), fc.nat(200), fc.nat(70_000)), { minLength: 1, maxLength: 300 }))
  .map(([start, gaps]) => gaps.map(gap => (start += gap)));
const limits = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(60, 1_000, 50_000));

describe('a key', () => {
  test('may make its minute of requests at once, and then waits for the next one', () => {
    for (const limit of [1, 7, 60, 1_000]) {
      const limiter = new RateLimiter();
      const verdicts = Array.from({ length: limit }, () => limiter.take('k', limit, 5_000));
      expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
      expect(verdicts.map(({ remaining }) => remaining)).toEqual(
        Array.from({ length: limit }, (_, i) => limit - 1 - i),
      );
      const refused = limiter.take('k', limit, 5_000);
      expect(refused).toMatchObject({ allowed: false, limit, remaining: 0 });
      expect(refused.retryMs).toBeCloseTo(minute / limit, 3);
      expect(refused.resetMs).toBeCloseTo(minute, 3);
    }
  });

  test('never gets more than its limit and the share of the time that passed, over any stretch', () => {
    fc.assert(
      fc.property(times, limits, (all, limit) => {
        const limiter = new RateLimiter();
        const allowed = all.filter(now => limiter.take('k', limit, now).allowed);
        for (let from = 0; from < allowed.length; from++) {
          for (let to = from; to < allowed.length; to++) {
            const elapsed = allowed[to]! - allowed[from]!;
            expect(to - from + 1).toBeLessThanOrEqual(limit + ((elapsed + 0.002) * limit) / minute);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is let in after exactly the time it was told, and not before', () => {
    fc.assert(
      fc.property(times, limits, (all, limit) => {
        const limiter = new RateLimiter();
        for (const now of all) {
          const { allowed, retryMs } = limiter.take('k', limit, now);
          if (allowed) {
            expect(retryMs).toBe(0);
            continue;
          }
          expect(retryMs).toBeGreaterThan(0);
          expect(limiter.take('k', limit, now + retryMs - Math.min(retryMs, 0.01)).allowed).toBe(false);
          expect(limiter.take('k', limit, now + retryMs).allowed).toBe(true);
          return;
        }
      }),
    );
  });

  test('pays nothing for a request that was refused', () => {
    fc.assert(
      fc.property(times, limits, fc.integer({ min: 1, max: 50 }), (all, limit, knocks) => {
        const [patient, eager] = [new RateLimiter(), new RateLimiter()];
        for (const now of all) {
          const verdict = patient.take('k', limit, now);
          expect(eager.take('k', limit, now)).toEqual(verdict);
          if (!verdict.allowed) for (let i = 0; i < knocks; i++) eager.take('k', limit, now);
        }
      }),
    );
  });

  test('can make as many requests as it was told remain, and not one more', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 50 }), (all, limit) => {
        const limiter = new RateLimiter();
        let remaining = 0;
        for (const now of all) remaining = limiter.take('k', limit, now).remaining;
        const now = all.at(-1)!;
        for (let i = remaining; i > 0; i--) expect(limiter.take('k', limit, now).allowed).toBe(true);
        expect(limiter.take('k', limit, now).allowed).toBe(false);
      }),
    );
  });

  test('has everything back after the time it was told', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 50 }), (all, limit) => {
        const limiter = new RateLimiter();
        let resetMs = 0;
        for (const now of all) resetMs = limiter.take('k', limit, now).resetMs;
        expect(resetMs).toBeLessThanOrEqual(minute + 0.002);
        expect(limiter.take('k', limit, all.at(-1)! + resetMs).remaining).toBe(limit - 1);
      }),
    );
  });

  test('has its own count', () => {
    const limiter = new RateLimiter();
    limiter.take('a', 1, 0);
    expect(limiter.take('a', 1, 0).allowed).toBe(false);
    expect(limiter.take('b', 1, 0).allowed).toBe(true);
  });

  test('whose limit was raised or lowered goes on with the new one', () => {
    const limiter = new RateLimiter();
    for (let i = 0; i < 10; i++) limiter.take('k', 10, 0);
    expect(limiter.take('k', 10, 0).allowed).toBe(false);
    expect(limiter.take('k', 100, 600)).toMatchObject({ allowed: true, limit: 100 });
    expect(limiter.take('k', 1, 600).allowed).toBe(false);
    expect(limiter.take('k', 1, 600 + 2 * minute).allowed).toBe(true);
  });
});

test('keys that were not seen for a minute are forgotten when there are too many, the others not', () => {
  const limiter = new RateLimiter();
  for (let i = 0; i < 99_999; i++) limiter.take(`old ${i}`, 1, 0);
  limiter.take('busy', 1, minute);
  limiter.take('new', 1, minute + 1);
  expect(limiter.take('busy', 1, minute + 1).allowed).toBe(false);
  expect(limiter.take('old 7', 1, minute + 1).allowed).toBe(true);
});

describe('the headers', () => {
  const verdict = { allowed: true, limit: 1_000, remaining: 999, resetMs: 60, retryMs: 0 };

  test('say in seconds, rounded up, what the verdict says', () => {
    expect(rateLimitHeaders(verdict, 1_775_649_600_000)).toEqual({
      ratelimit: '"minute";r=999;t=1',
      'ratelimit-policy': '"minute";q=1000;w=60',
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '999',
      'x-ratelimit-reset': '1775649601',
    });
  });

  test('of a refusal say when to come back, never at once', () => {
    const retryAfter = (retryMs: number) =>
      rateLimitHeaders({ ...verdict, allowed: false, remaining: 0, retryMs }, 0)['retry-after'];
    expect([1, 60, 1_000, 1_001, 59_999].map(retryAfter)).toEqual(['1', '1', '1', '2', '60']);
  });
});
