/**
 * When a delivery is tried again: ten attempts over about three days, as Standard Webhooks recommends, so that an
 * endpoint may be down for a weekend and miss nothing. Each wait is up to a fifth longer or shorter, lest everything
 * that failed at one moment comes back at one moment. Pure: clock and chance come in.
 */

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** Wait before each attempt, counted from the one before, in milliseconds. */
export const delaysMs: readonly number[] = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

const jitter = 0.2;
/** Longer than the longest wait nobody may ask us to wait. */
const retryAfterMaxMs = 24 * hour;

/** An endpoint at which nothing has succeeded for this long is disabled. */
export const disableAfterMs = 5 * 24 * hour;

/** The answer of an endpoint that is gone for good (RFC 9110 §15.5.11): it is disabled at once. */
export const goneStatus = 410;

export interface Failure {
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  /** When it failed, in milliseconds since 1970. */
  readonly at: number;
  /** What the endpoint asked for, see `retryAfterOf`. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 up to, not including, 1. */
  readonly random: number;
}

/** When to try again, in milliseconds since 1970; null when all attempts are used up. */
export function nextAttempt({ attempts, at, retryAfterMs = 0, random }: Failure): number | null {
  const delay = delaysMs[attempts];
  if (delay === undefined) return null;
  const jittered = delay * (1 + jitter * (2 * random - 1));
  return at + Math.round(Math.max(jittered, retryAfterMs));
}

/**
 * The wait a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), in milliseconds, a day at most;
 * undefined when there is none or it makes no sense.
 */
export function retryAfterOf(header: string | undefined, at: number): number | undefined {
  const text = header?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * second : dateFrom(text) - at;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), retryAfterMaxMs);
}

/**
 * A date of RFC 9110 §5.6.7, or NaN: the runtime's own parser takes nearly any text for one. All three forms are in GMT,
 * and the one that does not say so would be taken for local time.
 */
function dateFrom(text: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
