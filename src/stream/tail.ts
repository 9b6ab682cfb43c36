/**
 * The end of the ledger as it grows, for many who watch it at once: one subscription for all of them, which runs only
 * while somebody watches, and the last events in memory. Who is slower than the ledger finds nothing here any more and
 * goes on in the ledger itself, so that the memory this takes does not depend on the slowest.
 */
import { isErasure } from '../store/batch.ts';
import type { Sql } from '../store/connect.ts';
import type { Run } from '../store/read.ts';
import { type Feed, Subscription } from './subscribe.ts';

/** Events kept: some 10 MB, a second of the busiest ledger. */
const keptMax = 20_000;

export interface TailOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly onError: (error: unknown, name: string) => void;
}

/** What is kept while somebody watches: runs that follow each other. */
interface Session {
  readonly runs: Run[];
  kept: number;
  readonly subscription: Subscription;
}

const weightOf = (run: Run): number => run.events.length + 1;

export class Tail {
  readonly #options: TailOptions;
  /** Whom each calls for. */
  readonly #watchers = new Map<() => void, string>();
  #session: Session | undefined;
  #closed = false;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** How many watch for one. */
  watchersFor(whom: string): number {
    return [...this.#watchers.values()].filter(each => each === whom).length;
  }

  /**
   * Calls back whenever there may be something new, until the function that is returned is called.
   * @param position where the watcher is: near the end, because from here on everything is read
   */
  watch(position: number, onNews: () => void, whom = ''): () => void {
    this.#watchers.set(onNews, whom);
    this.#session ??= this.#begin(position);
    return () => {
      if (this.#watchers.delete(onNews) && this.#watchers.size === 0) void this.#end();
    };
  }

  /** Whether what comes after a position is to be found here, and not in the ledger only. */
  reaches(position: number): boolean {
    const [first] = this.#session?.runs ?? [];
    return first !== undefined && first.from <= position;
  }

  /** What came after a position that it reaches, as one run; undefined when nothing did yet. */
  after(position: number): Run | undefined {
    const runs = this.#session?.runs ?? [];
    const first = runs.findIndex(run => run.to > position);
    if (first < 0) return undefined;
    const later = runs.slice(first);
    const events = later.flatMap(run => run.events).filter(event => event.position > position);
    return { from: position, to: later.at(-1)!.to, events };
  }

  /** Lets everybody go. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const tell of [...this.#watchers.keys()]) tell();
    await this.#end();
  }

  #begin(after: number): Session {
    const { sql, feed, onError } = this.#options;
    const runs: Run[] = [{ from: after, to: after, events: [] }];
    const onRun = async (run: Run) => {
      runs.push(run);
      session.kept += weightOf(run);
      // What was erased is here as it was; in the ledger it is not.
      if (run.events.some(({ type }) => isErasure(type))) {
        runs.splice(0, runs.length, { from: run.to, to: run.to, events: [] });
        session.kept = 1;
      }
      while (session.kept > keptMax && runs.length > 1) session.kept -= weightOf(runs.shift()!);
      for (const tell of [...this.#watchers.keys()]) tell();
      return undefined;
    };
    const options = { name: 'tail', sql, feed, family: 'all' as const, after, onRun, onError };
    const session: Session = { runs, kept: 1, subscription: new Subscription(options) };
    return session;
  }

  async #end(): Promise<void> {
    const ending = this.#session;
    this.#session = undefined;
    await ending?.subscription.stop();
  }
}
