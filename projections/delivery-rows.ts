/**
 * One delivery: an event that a webhook is to be told of, and how far that is. It is pending until it was delivered or
 * its attempts are used up, and nothing else ends it but the end of the webhook. The rules here are pure.
 */
import { type Attempted, isDelivered } from '../events/delivery.ts';

export interface DeliveryRow {
  hook: number;
  position: number;
  /** The name it is told under. */
  name: string;
  status: 'pending' | 'delivered' | 'exhausted';
  /** Of this round: a replay begins another one. */
  attempts: number;
  /** When it is to be tried, in milliseconds; null when it is settled. */
  due_ms: number | null;
  /** When it was found, or asked for again. */
  queued_ms: number;
  /** Of the last attempt, as all that follows. */
  attempted_ms: number | null;
  answer: number | null;
  error: string | null;
  excerpt: string | null;
  /** What the excerpt is about. */
  about: string | null;
  latency_ms: number | null;
  /** The code whose tags alone are why it is told; null once it was asked for again, for then that is why. */
  tagged: string | null;
}

export const deliveryColumns = `hook, position, name, status, attempts, due_ms, queued_ms, attempted_ms, answer, error,
  excerpt, about, latency_ms, tagged`;

/** Why what was due is not tried any more. */
export const givenUp = 'The webhook was disabled.';

const untried = { attempted_ms: null, answer: null, error: null, excerpt: null, about: null, latency_ms: null };

/** A delivery that is due at once. */
export const queued = (
  hook: number,
  position: number,
  name: string,
  at: number,
  tagged: string | null = null,
): DeliveryRow => ({
  ...{ hook, position, name, status: 'pending', attempts: 0, due_ms: at, queued_ms: at },
  ...untried,
  tagged,
});

/**
 * A delivery that is to be made again, or at last; what came of it before stays until there is something newer, unless
 * nobody will be able to tell why there was anything before.
 */
export const requeued = (row: DeliveryRow | undefined, again: DeliveryRow): DeliveryRow =>
  row && row.tagged === null
    ? { ...row, name: again.name, status: 'pending', attempts: 0, due_ms: again.due_ms, queued_ms: again.queued_ms }
    : again;

/**
 * A delivery after an attempt. One that was given up meanwhile stays so, unless it arrived after all; and one that has arrived
 * has, whatever comes of an attempt that was under way at the same time.
 */
export function attempted(row: DeliveryRow, attempt: Attempted, at: number): DeliveryRow {
  if (row.status === 'delivered' && !isDelivered(attempt)) return { ...row, attempts: row.attempts + 1 };
  const isRetried = row.status === 'pending' && attempt.retryAt !== undefined;
  const status = isDelivered(attempt) ? 'delivered' : isRetried ? 'pending' : 'exhausted';
  return {
    ...row,
    status,
    attempts: row.attempts + 1,
    due_ms: status === 'pending' ? attempt.retryAt! : null,
    attempted_ms: at,
    answer: attempt.status,
    error: attempt.error ?? null,
    excerpt: attempt.excerpt ?? null,
    about: attempt.about ?? null,
    latency_ms: attempt.latencyMs,
  };
}

/** A delivery whose webhook was disabled. */
export const abandoned = (row: DeliveryRow): DeliveryRow =>
  row.status === 'pending' ? { ...row, status: 'exhausted', due_ms: null, error: row.error ?? givenUp } : row;

/** A delivery of which nobody may know any more what was answered. */
export const unanswered = (row: DeliveryRow): DeliveryRow => ({ ...row, excerpt: null, about: null });
