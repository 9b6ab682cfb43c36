import { describe, expect, test } from 'bun:test';
import type { Access } from '../../projections/keys.ts';
import { limitsOn, rateLimitHeaders, refusedBy } from '../../src/http/rate-limit.ts';
import type { Verdict } from '../../src/http/rate-limiter.ts';

const access = {
  ...{ key: 'key_1', team: null, requestsPerMinute: null },
  quota: { qrCodesPerMonth: null, requestsPerMinute: null },
  held: { qrCodesPerMonth: 0, requestsPerMinute: 0 },
} as Access;
const limits = { qrCodesPerMonth: 5, apiRequestsPerMinute: 1_000 };
const on = (more: Partial<Access>) => limitsOn({ ...access, ...more }, limits);

describe('a request counts against', () => {
  test('what the organisation has for each key, or what the key itself has', () => {
    expect(on({})).toEqual([{ name: 'key_1', limit: 1_000 }]);
    expect(on({ requestsPerMinute: 60 })).toEqual([{ name: 'key_1', limit: 60 }]);
    expect(on({ requestsPerMinute: 5_000 })).toEqual([{ name: 'key_1', limit: 1_000 }]);
  });

  test('what teams have left of it, in a team without requests of its own too', () => {
    const held = { qrCodesPerMonth: 0, requestsPerMinute: 400 };
    expect(on({ held })).toEqual([{ name: 'key_1', limit: 600 }]);
    expect(on({ held, team: 'team_1', requestsPerMinute: 700 })).toEqual([{ name: 'key_1', limit: 600 }]);
    // The limits were lowered by another node a moment ago.
    expect(on({ held: { ...held, requestsPerMinute: 1_000 } })).toEqual([{ name: 'key_1', limit: 1 }]);
  });

  test('what its team has to itself, and its own besides', () => {
    const quota = { qrCodesPerMonth: null, requestsPerMinute: 300 };
    expect(on({ team: 'team_1', quota })).toEqual([{ name: 'team_1', limit: 300 }]);
    expect(on({ team: 'team_1', quota, requestsPerMinute: 20 })).toEqual([
      { name: 'team_1', limit: 300 },
      { name: 'key_1', limit: 20 },
    ]);
  });
});

const verdict: Verdict = { allowed: true, name: 'key_1', limit: 1_000, remaining: 999, resetMs: 60, retryMs: 0 };

test('a refusal says whose limit it was and when to come back', () => {
  const refused = { ...verdict, allowed: false, retryMs: 1_200 };
  expect(refusedBy(refused)).toBe('This key may make 1000 requests a minute; try again in 2 s.');
  expect(refusedBy({ ...refused, name: 'team_1' })).toStartWith('All keys of this team together may make 1000');
});

describe('the headers', () => {
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
