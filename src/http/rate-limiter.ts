/**
 * How many requests may be made, the same on all nodes together as on one. The buckets are in Postgres; each node
 * settles with them in the background, for all of them in one statement and one statement at a time, and lets requests
 * through on what it knows and holds meanwhile (`bucket.ts`). Only a node that has run out of what it drew waits for the
 * next draw, together with everybody else who does.
 *
 * Measured (`bun run bench limits`): 200 clients on two nodes who never wait are let through as often as by one node, but
 * for 0.1 % at limits of 1,000 and more, and 220 of a million requests were draws. A node may be ahead of the bucket by its
 * credit, half a percent of the limit, or by one request that it lets through before it has heard of the bucket.
 */
import { Bucket, keepMs } from './bucket.ts';

/** Draws requests from buckets that all nodes share; in the order of the asks. */
export type Draw = (
  asks: readonly { readonly name: string; readonly limit: number; readonly spent: number; readonly wanted: number }[],
) => Promise<readonly { readonly granted: number; readonly free: number }[]>;

/** What a request draws on. */
export interface Limit {
  readonly name: string;
  /** Requests a minute. */
  readonly limit: number;
}

export interface Verdict {
  readonly allowed: boolean;
  /** The limit that is meant, of those that the request counts against. */
  readonly name: string;
  readonly limit: number;
  /** Requests that could be made right now. */
  readonly remaining: number;
  /** Until the full limit is there again, in milliseconds. */
  readonly resetMs: number;
  /** Until the next request is let in, in milliseconds; 0 when it would be now. */
  readonly retryMs: number;
}

export interface RateLimiterOptions {
  readonly draw: Draw;
  /** Milliseconds of any steady clock. */
  readonly clock: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

/** What was let through on credit is settled for within this time, so much the others may not know. */
const settleMs = 100;
/** After a draw that failed, a node is on its own for so long. */
const aloneMs = 1_000;
const bucketsMax = 100_000;
/** Draws that one request waits for. In a crowd each draw lets somebody through, or tells all that there is nothing. */
const roundsMax = 1_000;

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #buckets = new Map<string, Bucket>();
  /** Those that have something to settle, now or in a while. */
  readonly #open = new Set<Bucket>();
  #drawing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #draws = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** How often the buckets were asked so far. */
  get draws(): number {
    return this.#draws;
  }

  /** Takes one request of each of these limits, or of none when one of them is used up. */
  async take(limits: readonly Limit[]): Promise<Verdict> {
    const { clock } = this.#options;
    const buckets = limits.map(limit => this.#bucket(limit));
    for (let round = 1; ; round++) {
      const now = clock();
      const offers = buckets.map(bucket => bucket.offer(now));
      const refused = buckets[offers.indexOf(round > roundsMax ? 'wait' : 'refuse')];
      if (refused) return verdict(false, refused, now);
      if (offers.includes('wait')) {
        for (const [i, bucket] of buckets.entries()) if (offers[i] === 'wait') this.#press(bucket);
        await this.#draw();
        continue;
      }
      for (const bucket of buckets) this.#use(bucket, now);
      const tightest = buckets.reduce((a, b) => (b.remaining(now) < a.remaining(now) ? b : a));
      return verdict(true, tightest, now);
    }
  }

  /** Settles for all that is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const bucket of this.#open) bucket.letGo();
    await this.#draw();
  }

  #bucket({ name, limit }: Limit): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      if (this.#buckets.size >= bucketsMax) this.#sweep();
      bucket = new Bucket(name, limit);
      this.#buckets.set(name, bucket);
    }
    bucket.limit = limit;
    return bucket;
  }

  #sweep(): void {
    const now = this.#options.clock();
    for (const [name, bucket] of this.#buckets) if (bucket.isIdle(now)) this.#buckets.delete(name);
  }

  #press(bucket: Bucket): void {
    bucket.press();
    this.#open.add(bucket);
  }

  #use(bucket: Bucket, now: number): void {
    bucket.take(now);
    this.#open.add(bucket);
    if (bucket.isLow(now)) void this.#draw();
    else this.#later(settleMs);
  }

  #later(ms: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#draw();
    }, ms);
  }

  /** Resolves after a draw that begins from now on. One is under way at a time; who comes meanwhile shares the next. */
  #draw(): Promise<void> {
    // A microtask later at the earliest, so that requests of the same turn share it.
    this.#next ??= this.#drawing.then(() => {
      this.#next = undefined;
      this.#drawing = this.#drawNow();
      return this.#drawing;
    });
    return this.#next;
  }

  async #drawNow(): Promise<void> {
    const { clock, draw, onError } = this.#options;
    const now = clock();
    const buckets = [...this.#open].filter(bucket => bucket.isUnsettled(now));
    if (buckets.length > 0) {
      this.#draws += 1;
      try {
        const heard = await draw(buckets.map(bucket => bucket.ask(now)));
        for (const [i, bucket] of buckets.entries()) bucket.heard(heard[i]!.granted, heard[i]!.free, now);
      } catch (error) {
        onError(error, 'rate limits');
        const until = clock() + aloneMs;
        for (const bucket of buckets) bucket.unheard(until);
      }
    }
    for (const bucket of this.#open) if (!bucket.isOpen) this.#open.delete(bucket);
    if (this.#open.size > 0) this.#later(keepMs);
  }
}

/** The verdict on a request by the bucket that stands against it, or is the tightest of those that let it through. */
function verdict(allowed: boolean, bucket: Bucket, now: number): Verdict {
  return {
    allowed,
    name: bucket.name,
    limit: bucket.limit,
    remaining: allowed ? bucket.remaining(now) : 0,
    resetMs: bucket.resetMs(now),
    retryMs: allowed ? 0 : bucket.retryMs(now),
  };
}
