/**
 * A subscriber that writes down every event it is handed, and can be told to fail or to wait. What it has seen must in
 * the end be what the ledger holds, each event once and in order.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import type { Sql } from '../../src/store/connect.ts';
import type { Run } from '../../src/store/read.ts';
import { type Feed, Subscription } from '../../src/stream/subscribe.ts';
import { until } from '../support/until.ts';
import { eventsOf } from './traffic.ts';

export interface WitnessOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly family: Family | 'all';
  readonly after?: number;
  /** Unless given, so long that a test would fail before the poll could hide what the feed did not bring. */
  readonly pollMs?: number;
  readonly batchMax?: number;
  /** Runs before the events are written down. */
  readonly before?: (run: Run) => Promise<void> | void;
}

export class Witness {
  readonly seen: AnyEvent[] = [];
  readonly errors: unknown[] = [];
  readonly #options: WitnessOptions;
  readonly #subscription: Subscription;

  constructor(options: WitnessOptions) {
    this.#options = options;
    const { before, after = 0, pollMs = 60_000 } = options;
    this.#subscription = new Subscription({
      ...options,
      name: 'witness',
      after,
      pollMs,
      onRun: async run => {
        await before?.(run);
        this.seen.push(...run.events);
        return undefined;
      },
      onError: error => this.errors.push(error),
    });
  }

  get position(): number {
    return this.#subscription.position;
  }

  /** Resolves with what it saw and what the ledger holds, once it saw the ledger's last event. */
  async caughtUp(timeoutMs = 10_000): Promise<{ seen: readonly number[]; ledger: readonly number[] }> {
    const { sql, family, after = 0 } = this.#options;
    const events = await eventsOf(sql, family);
    const last = events.at(-1)?.position ?? 0;
    await until(() => (this.seen.at(-1)?.position ?? after) >= last, timeoutMs);
    return {
      seen: this.seen.map(({ position }) => position),
      ledger: events.map(({ position }) => position).filter(position => position > after),
    };
  }

  stop(): Promise<void> {
    return this.#subscription.stop();
  }
}
