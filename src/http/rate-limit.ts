/**
 * How many requests a key may make. GCRA: one number per key, the time at which its bucket would be empty again, and
 * no timers. A key may use its minute's requests at once and then gets them back evenly.
 */

export interface Verdict {
  readonly allowed: boolean;
  readonly limit: number;
  /** Requests that could be made right now. */
  readonly remaining: number;
  /** Until the full limit is there again, in milliseconds. */
  readonly resetMs: number;
  /** Until the next request is let in, in milliseconds; 0 when it would be now. */
  readonly retryMs: number;
}

const windowMs = 60_000;
/** Sums of a thousand fractions, on a clock that has run for months, are off by less. */
const slackMs = 1e-3;
const keysMax = 100_000;

export class RateLimiter {
  /** Theoretical arrival time by key (ITU-T I.371, GCRA). */
  readonly #arrival = new Map<string, number>();

  /** Takes one of `limit` requests a minute; `now` in milliseconds of any steady clock. */
  take(key: string, limit: number, now: number): Verdict {
    const interval = windowMs / limit;
    const arrival = Math.max(this.#arrival.get(key) ?? 0, now);
    const next = arrival + interval;
    const allowed = next - now <= windowMs + slackMs;
    const at = allowed ? next : arrival;
    if (allowed) {
      if (this.#arrival.size >= keysMax) this.#sweep(now);
      this.#arrival.set(key, next);
    }
    return {
      allowed,
      limit,
      remaining: Math.max(0, Math.floor((windowMs + slackMs - (at - now)) / interval)),
      resetMs: at - now,
      retryMs: allowed ? 0 : next - windowMs - now,
    };
  }

  #sweep(now: number): void {
    for (const [key, arrival] of this.#arrival) if (arrival <= now) this.#arrival.delete(key);
  }
}

/**
 * A verdict as headers: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), the older
 * `X-RateLimit-*` with the reset as Unix time in seconds, and `Retry-After` when it was refused.
 */
export function rateLimitHeaders(verdict: Verdict, nowUnixMs: number): Record<string, string> {
  const { limit, remaining, resetMs } = verdict;
  const reset = Math.ceil(resetMs / 1000);
  return {
    ratelimit: `"minute";r=${remaining};t=${reset}`,
    'ratelimit-policy': `"minute";q=${limit};w=${windowMs / 1000}`,
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil((nowUnixMs + resetMs) / 1000)),
    ...(!verdict.allowed && { 'retry-after': String(Math.max(1, Math.ceil(verdict.retryMs / 1000))) }),
  };
}
