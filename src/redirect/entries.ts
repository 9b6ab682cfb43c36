/**
 * All redirects of the instance, in memory. Filled from the log that this node keeps on disk or from the `redirects`
 * read model, then kept current by the stream and, for what this process wrote itself, before the writer is answered.
 * An event is taken in only in direct succession to what is known of its code, so that whatever comes twice or too early
 * changes nothing: an entry never goes back.
 */
import type { AnyEvent } from '../../events/index.ts';
import { evolveRedirect, pageRedirects, type Redirect } from '../../projections/redirects.ts';
import { isErasure } from '../store/batch.ts';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { type Run, readHead, readRun } from '../store/read.ts';
import { type Feed, Subscription } from '../stream/subscribe.ts';
import type { EntryLog, Mark } from './entry-log.ts';
import { entryFrom, textOf } from './entry-text.ts';
import { Shelf } from './shelf.ts';

const pageLimit = 10_000;
/**
 * A change is to be on all nodes within a second, also one whose message was lost with the broker. What else a change may
 * have to wait for, the pause of a worker and the backoff of a pool after an outage, is 350 ms together.
 */
export const pollMs = 400;

/** The ledger is looked at once a second; who could not for three is not sure to know everything. */
const silenceMs = 3_000;

export interface FollowOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly ledger?: Pick<Ledger, 'onCommit'> | undefined;
  /** What tells this ledger from others. */
  readonly identity: string;
  /** Checkpoint of the read model. */
  readonly checkpoint: () => Promise<number>;
  readonly onError: (error: unknown, name: string) => void;
}

export class Entries {
  readonly #log: EntryLog | undefined;
  #shelf = new Shelf();
  /** How far what was read from disk goes, and then what is known. */
  #mark: Mark = { ledger: '', position: 0 };
  #isLoaded = false;
  #subscription: Subscription | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #unlisten: (() => void) | undefined;

  constructor(log?: EntryLog) {
    this.#log = log;
  }

  /** Takes what was left on disk; tells whether there was anything. */
  async load(): Promise<boolean> {
    const mark = await this.#log?.read(text => this.#shelf.put(entryFrom(text)));
    this.#isLoaded = mark !== undefined;
    if (mark) this.#mark = mark;
    else this.#shelf = new Shelf();
    return this.#isLoaded;
  }

  /**
   * Follows the ledger from where the log ends, or from the read model where there is no log of this ledger. Resolves
   * when everything is known that was on record before; meanwhile what was loaded answers.
   */
  async follow({ sql, feed, ledger, identity, checkpoint, onError }: FollowOptions): Promise<void> {
    const head = await readHead(sql);
    if (!this.#isLoaded || !(await isOf(sql, identity, head, this.#mark))) await this.#read(sql, identity, checkpoint);
    this.#unlisten = ledger?.onCommit(({ facts }) => this.apply(facts));
    const reached = Promise.withResolvers<void>();
    if (this.#mark.position >= head) reached.resolve();
    this.#subscription = new Subscription({
      name: 'redirect entries',
      sql,
      feed,
      family: 'facts',
      pollMs,
      after: this.#mark.position,
      onRun: async run => {
        this.#take(run);
        if (run.to >= head) reached.resolve();
        return undefined;
      },
      onError: (error, name) => {
        this.#failedAt = performance.now();
        onError(error, name);
      },
    });
    await reached.promise;
    this.#keep();
  }

  /** The entry of a key, see `keyOf`. */
  get(key: string): Redirect | undefined {
    return this.#shelf.get(key);
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** Position of the ledger up to which everything is known. */
  get position(): number {
    return this.#mark.position;
  }

  /** Whether what is not here is nowhere: the ledger was asked just now. */
  get complete(): boolean {
    const sureAt = this.#subscription?.sureAt ?? Number.NEGATIVE_INFINITY;
    return sureAt > this.#failedAt && performance.now() - sureAt < silenceMs;
  }

  apply(events: readonly AnyEvent[]): void {
    this.#note(events.at(-1));
    const changed = new Map<string, Redirect>();
    for (const event of events) {
      const entry = this.#shelf.find(event.stream);
      if (event.version !== (entry?.version ?? 0) + 1) continue;
      const next = evolveRedirect(entry, event);
      if (!next) continue;
      this.#shelf.put(next);
      changed.set(next.qr, next);
      if (isErasure(event.type)) this.#log?.spoil();
    }
    if (changed.size > 0) this.#log?.append([...changed.values()].map(textOf), this.#mark);
  }

  async close(): Promise<void> {
    this.#unlisten?.();
    await this.#subscription?.stop();
    await this.#log?.close();
  }

  #take({ to, events }: Run): void {
    this.#mark = { ...this.#mark, position: to };
    this.apply(events);
    this.#keep();
  }

  /** The newest event that entries may come from: what this process wrote itself is ahead of the ledger's runs. */
  #note(event: AnyEvent | undefined): void {
    if (!event || event.position <= (this.#mark.last?.position ?? 0)) return;
    const { position, stream, version, at } = event;
    this.#mark = { ...this.#mark, last: { position, stream, version, at } };
  }

  /** Puts everything on disk where that is worth it. */
  #keep(): void {
    const log = this.#log;
    if (!log?.isDue) return;
    // What was erased meanwhile may stand in the new file too; one that could not be written is for the next run.
    void log.rewrite(this.#shelf.texts(), this.#mark).then(isWritten => isWritten && this.#keep());
  }

  async #read(sql: Sql, ledger: string, checkpoint: () => Promise<number>): Promise<void> {
    const shelf = new Shelf();
    const position = await checkpoint();
    for (let after = ''; ; ) {
      const page = await pageRedirects(sql, after, pageLimit);
      for (const entry of page) shelf.put(entry);
      if (page.length < pageLimit) break;
      after = page.at(-1)!.qr;
    }
    this.#shelf = shelf;
    this.#mark = { ledger, position };
  }
}

/** Whether what was left on disk came from this ledger, as it is now. */
async function isOf(sql: Sql, identity: string, head: number, { ledger, position, last }: Mark): Promise<boolean> {
  if (ledger !== identity || position > head) return false;
  if (!last) return true;
  const [event] = (await readRun(sql, 'facts', last.position - 1, 1)).events;
  return (['position', 'stream', 'version', 'at'] as const).every(field => event?.[field] === last[field]);
}
