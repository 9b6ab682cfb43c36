/**
 * What an attempt means: delivered, to be tried again, or the last. Only 2xx is a yes; a redirect is a failure, because
 * who moves tells us so, and 410 says that nobody will ever be there again. Pure: clock and chance come in.
 */
import { type Attempted, isDelivered } from '../../events/delivery.ts';
import type { Answered } from './pinned-request.ts';
import { goneStatus, nextAttempt, retryAfterOf } from './schedule.ts';

export interface Occasion {
  /** Of the event that was told. */
  readonly position: number;
  /** Attempts made before this one. */
  readonly attempts: number;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  /** From 0 up to, not including, 1. */
  readonly random: number;
}

/** Whether the endpoint said that it is gone for good. */
export const isGone = ({ status }: Pick<Answered, 'status'>): boolean => status === goneStatus;

/** The attempt as it is put on record. */
export function verdictOf(answered: Answered, { position, attempts, at, random }: Occasion): Attempted {
  const { status, latencyMs, error, excerpt, retryAfter } = answered;
  const seen = { position, status, latencyMs };
  if (isDelivered(answered)) return seen;
  const retryAfterMs = retryAfterOf(retryAfter, at);
  const retryAt = isGone(answered) ? null : nextAttempt({ attempts: attempts + 1, at, random, retryAfterMs });
  return {
    ...seen,
    ...(error !== null && { error }),
    ...(excerpt !== null && { excerpt }),
    ...(retryAt !== null && { retryAt }),
  };
}
