/**
 * The buckets of rate limits that all nodes share, in Postgres. One statement settles for many of them; how a node gets
 * along without one for each request stands in `src/http/rate-limiter.ts`.
 */
import { type Sql, withDeadline } from './connect.ts';

/** What a node has to say about a bucket. */
export interface Ask {
  readonly name: string;
  /** Requests a minute. */
  readonly limit: number;
  /** Requests that were let through on credit; less than none for those that were granted and not needed. */
  readonly spent: number;
  readonly wanted: number;
}

/** What it hears. */
export interface Drawn {
  readonly granted: number;
  /** What is left for everybody, in requests and parts of one; less than none where credit was overdrawn. */
  readonly free: number;
}

/** A node that hears nothing goes on by itself. */
const timeoutMs = 2_000;

/** Settles for these buckets, each named once; `atMs` takes the place of the server's clock. */
export async function drawFrom(sql: Sql, asks: readonly Ask[], atMs: number | null = null): Promise<Drawn[]> {
  const drawing = sql<Drawn[]>`
    select granted, free from limits.draw(
      ${asks.map(ask => ask.name)}::text[], ${asks.map(ask => 60_000 / ask.limit)}::double precision[],
      ${asks.map(ask => ask.spent)}::double precision[], ${asks.map(ask => ask.wanted)}::double precision[], ${atMs})`;
  return [...(await withDeadline(drawing, timeoutMs, 'drawing from the buckets'))];
}
