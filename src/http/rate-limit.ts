/**
 * Which limits a request counts against, and how a verdict is told. A key has a limit of its own; a team with requests
 * to itself shares those among its keys, and all others have what is left of the organisation's, each key by itself, as
 * in the reference. Redirects are no requests of a key and know no limit.
 */
import type { Limits } from '../../events/organization.ts';
import type { Access } from '../../projections/keys.ts';
import type { Limit, Verdict } from './rate-limiter.ts';

/** The limits that a request with this key counts against. */
export function limitsOn(access: Access, { apiRequestsPerMinute }: Limits): Limit[] {
  const { key, team, quota, held, requestsPerMinute } = access;
  if (quota.requestsPerMinute === null) {
    const rest = Math.max(1, apiRequestsPerMinute - held.requestsPerMinute);
    return [{ name: key, limit: Math.min(rest, requestsPerMinute ?? rest) }];
  }
  const shared = { name: team!, limit: quota.requestsPerMinute };
  return requestsPerMinute === null ? [shared] : [shared, { name: key, limit: requestsPerMinute }];
}

/** Why a request was refused, in a sentence. */
export function refusedBy({ name, limit, retryMs }: Verdict): string {
  const whose = name.startsWith('team_') ? 'All keys of this team together' : 'This key';
  return `${whose} may make ${limit} requests a minute; try again in ${secondsOf(retryMs)} s.`;
}

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/**
 * A verdict as headers: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), the older
 * `X-RateLimit-*` with the reset as Unix time in seconds, and `Retry-After` when it was refused.
 */
export function rateLimitHeaders(verdict: Verdict, nowUnixMs: number): Record<string, string> {
  const { limit, remaining, resetMs } = verdict;
  const reset = Math.ceil(resetMs / 1000);
  return {
    ratelimit: `"minute";r=${remaining};t=${reset}`,
    'ratelimit-policy': `"minute";q=${limit};w=60`,
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil((nowUnixMs + resetMs) / 1000)),
    ...(!verdict.allowed && { 'retry-after': String(secondsOf(verdict.retryMs)) }),
  };
}
