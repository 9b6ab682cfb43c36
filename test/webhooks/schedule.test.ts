/**
 * When a delivery is tried again. The schedule is walked through with a clock that is a number, at the earliest and the
 * latest that chance allows, and with what endpoints ask for in `Retry-After`.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { delaysMs, disableAfterMs, nextAttempt, retryAfterOf } from '../../src/webhooks/schedule.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 3, 8, 12);

/** Times of all attempts of a delivery that always fails, in milliseconds from its start. */
function attemptsOf(random: number, retryAfterMs?: number): number[] {
  const times = [0];
  for (let at: number | null = start; ; ) {
    at = nextAttempt({ attempts: times.length, at, random, retryAfterMs });
    if (at === null) return times;
    times.push(at - start);
  }
}

describe('the schedule', () => {
  test('is that of the contract: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h', () => {
    expect(delaysMs.map(ms => ms / 1_000)).toEqual([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  });

  test('in the middle of chance, each attempt comes exactly its wait after the one before', () => {
    const times = attemptsOf(0.5);
    expect(times.map((time, i) => time - (times[i - 1] ?? 0))).toEqual([...delaysMs]);
  });

  test('chance makes each wait up to a fifth shorter or longer, and never more', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (random, n) => {
          const wait = nextAttempt({ attempts: n, at: start, random })! - start;
          expect(wait).toBeGreaterThanOrEqual(Math.round(delaysMs[n]! * 0.8));
          expect(wait).toBeLessThanOrEqual(Math.round(delaysMs[n]! * 1.2));
        },
      ),
    );
    expect(attemptsOf(0).at(-1)).toBe(0.8 * delaysMs.reduce((sum, ms) => sum + ms, 0));
  });

  test('after ten attempts there is none any more', () => {
    expect(attemptsOf(0.9)).toHaveLength(10);
    expect(nextAttempt({ attempts: 10, at: start, random: 0 })).toBeNull();
    expect(nextAttempt({ attempts: 11, at: start, random: 0, retryAfterMs: hour })).toBeNull();
  });

  test('a whole round fits into the time after which an endpoint is given up', () => {
    expect(attemptsOf(1).at(-1)!).toBeLessThan(disableAfterMs);
  });

  test('who asks for more time gets it, who asks for less does not', () => {
    expect(nextAttempt({ attempts: 1, at: start, random: 0.5, retryAfterMs: hour })).toBe(start + hour);
    expect(nextAttempt({ attempts: 4, at: start, random: 0.5, retryAfterMs: hour })).toBe(start + 2 * hour);
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['a date', 'Wed, 08 Apr 2026 12:01:00 GMT', 60_000],
    ['a date of RFC 850', 'Wednesday, 08-Apr-26 12:01:00 GMT', 60_000],
    ['a date of asctime', 'Wed Apr  8 12:01:00 2026', 60_000],
    ['a date that is over', 'Wed, 08 Apr 2026 11:00:00 GMT', 0],
    ['more than a day', '999999', 24 * hour],
    ['a number beyond all numbers', '9'.repeat(400), 24 * hour],
    ['a date in the far future', 'Wed, 08 Apr 2099 12:01:00 GMT', 24 * hour],
  ])('%s', (_, header, ms) => {
    expect(retryAfterOf(header, start)).toBe(ms);
  });

  test('a date without its zone is one of GMT, wherever the program runs', () => {
    const before = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      expect(retryAfterOf('Wed Apr  8 12:01:00 2026', start)).toBe(60_000);
    } finally {
      process.env['TZ'] = before ?? 'Etc/UTC';
    }
  });

  test.each([undefined, '', 'soon', '-5', '1.5', 'May', '08/04/2026', 'Wed, what 99:99:99'])('%p is none', header => {
    expect(retryAfterOf(header, start)).toBeUndefined();
  });
});
