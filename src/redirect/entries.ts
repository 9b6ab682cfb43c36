/**
 * All redirects of the instance, in memory. Filled from the `redirects` read model, then kept current by the stream
 * and, for what this process wrote itself, before the writer is answered. An event is taken in only in direct
 * succession to what is known of its code, so that whatever comes twice or too early changes nothing: an entry never
 * goes back.
 */
import type { AnyEvent } from '../../events/index.ts';
import { evolveRedirect, pageRedirects, type Redirect, redirects } from '../../projections/redirects.ts';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { type Feed, Subscription } from '../stream/subscribe.ts';

const pageLimit = 10_000;

export interface EntriesOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly ledger?: Ledger | undefined;
  /** Checkpoint of the read model, read before its rows. */
  readonly checkpoint: number;
  readonly onError: (error: unknown, name: string) => void;
}

export class Entries {
  readonly #bySlug = new Map<string, Redirect>();
  readonly #byQr = new Map<string, Redirect>();
  #subscription: Subscription | undefined;
  #unlisten: (() => void) | undefined;

  /** Loads every row, then follows the stream. Resolves when the rows are loaded. */
  async open({ sql, feed, ledger, checkpoint, onError }: EntriesOptions): Promise<void> {
    for (let after = ''; ; ) {
      const page = await pageRedirects(sql, after, pageLimit);
      for (const entry of page) this.#put(entry);
      if (page.length < pageLimit) break;
      after = page.at(-1)!.slug;
    }
    this.#unlisten = ledger?.onCommit(({ facts }) => this.apply(facts));
    this.#subscription = new Subscription({
      name: 'redirect entries',
      sql,
      feed,
      family: redirects.family,
      after: checkpoint,
      onRun: async run => {
        this.apply(run.events);
        return undefined;
      },
      onError,
    });
  }

  /** The entry of a slug in its canonical form. */
  get(slug: string): Redirect | undefined {
    return this.#bySlug.get(slug);
  }

  get size(): number {
    return this.#bySlug.size;
  }

  /** Position of the stream up to which everything is known. */
  get position(): number {
    return this.#subscription?.position ?? 0;
  }

  apply(events: readonly AnyEvent[]): void {
    for (const event of events) {
      const entry = this.#byQr.get(event.stream);
      if (event.version !== (entry?.version ?? 0) + 1) continue;
      const next = evolveRedirect(entry, event);
      if (next) this.#put(next);
    }
  }

  async close(): Promise<void> {
    this.#unlisten?.();
    await this.#subscription?.stop();
  }

  #put(entry: Redirect): void {
    this.#bySlug.set(entry.slug, entry);
    this.#byQr.set(entry.qr, entry);
  }
}
