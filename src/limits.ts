/**
 * Opens what holds callers to their limits: the buckets of requests that all nodes share. They are asked over a
 * connection of their own, since a caller may wait for the answer and must not stand behind a long query.
 */
import { RateLimiter } from './http/rate-limiter.ts';
import { drawFrom } from './store/buckets.ts';
import { connect } from './store/connect.ts';

export interface OpenLimits {
  readonly limiter: RateLimiter;
  close(): Promise<void>;
}

export function openLimits(databaseUrl: string, onError: (error: unknown, name: string) => void): OpenLimits {
  const sql = connect(databaseUrl, { max: 1, name: 'indelible limits' });
  const limiter = new RateLimiter({
    draw: asks => drawFrom(sql, asks),
    clock: () => performance.now(),
    onError,
  });
  return {
    limiter,
    close: async () => {
      await limiter.close();
      await sql.end({ timeout: 1 });
    },
  };
}
