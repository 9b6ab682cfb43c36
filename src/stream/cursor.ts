/**
 * One reader's place in the ledger. Live runs wait here until they join on to it without a gap; whatever is missing is
 * read from the ledger. So the runs that come out follow each other exactly, each event once, whatever the feed lost,
 * repeated or brought too late: the feed makes it fast, the ledger makes it right. What is sealed is opened on the way
 * out. A run stays here until the reader says that it is done with it.
 */
import type { Family } from '../../events/index.ts';
import { type Sql, withDeadline } from '../store/connect.ts';
import { type Run, readStoredRun } from '../store/read.ts';
import { openAll } from '../store/vault.ts';

export interface Listener {
  /** A run of events of the family. */
  onRun(run: Run): void;
  /** Something new is in the ledger; what, is not known. */
  onHint(): void;
}

/**
 * Where live events come from. A run may get lost, come twice or late; but what it says is true: its events are all
 * those of the family between its positions. They may still be sealed.
 */
export interface Feed {
  listen(family: Family, listener: Listener): () => void;
  close(): Promise<void>;
}

export interface CursorOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly family: Family;
  /** The only events that the reader wants, if it is so: others need not be read, but may come. */
  readonly types?: readonly string[] | undefined;
  /** Position of the last event that is known already. */
  readonly after: number;
  /** Most events in a run that comes out. */
  readonly batchMax?: number | undefined;
  /** Longest time without a look at the ledger, in milliseconds. */
  readonly pollMs?: number | undefined;
  /** Whether events come out as they are stored, sealed; else they are opened. */
  readonly stored?: boolean | undefined;
}

/** Longest time without a look at the ledger unless told otherwise. */
export const pollMsDefault = 1_000;

/** Most events in a run unless told otherwise. */
export const batchMaxDefault = 5_000;

/** Runs and events kept for a reader that is slower than the feed; beyond, it goes back to reading the ledger. */
const queuedMax = 50_000;
const readTimeoutMs = 10_000;
/** A commit without events of the family is no reason to hurry: where many processes commit, each would be a read. */
const emptyRunMs = 10;

const weightOf = (run: Run): number => run.events.length + 1;

export class Cursor {
  readonly #options: CursorOptions;
  readonly #batchMax: number;
  readonly #pollMs: number;
  readonly #unlisten: () => void;
  #position: number;
  /** End of the run that came out last. */
  #offered: number;
  #queue: Run[] = [];
  #queued = 0;
  /** The run behind the last one, being read while that is worked on: where there is one full run there is mostly another. */
  #ahead: { readonly from: number; readonly at: number; readonly reading: Promise<Run> } | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #sureAt = Number.NEGATIVE_INFINITY;
  /** Whether the ledger is known to hold more than the queue does. */
  #behind = true;
  readonly #onNews: () => void;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** `onNews` is called whenever `next` may have something. */
  constructor(options: CursorOptions, onNews: () => void) {
    this.#options = options;
    this.#onNews = onNews;
    this.#position = options.after;
    this.#offered = options.after;
    this.#batchMax = options.batchMax ?? batchMaxDefault;
    this.#pollMs = options.pollMs ?? pollMsDefault;
    this.#unlisten = options.feed.listen(options.family, { onRun: run => this.#hear(run), onHint: () => this.#hint() });
  }

  /** Everything of the family up to here is done with. */
  get position(): number {
    return this.#position;
  }

  /** When it was known last that nothing is missing up to here, by `performance.now()`. */
  get sureAt(): number {
    return this.#sureAt;
  }

  /** How long until the ledger is to be looked at without a reason, in milliseconds. */
  get dueMs(): number {
    return Math.max(0, this.#readAt + this.#pollMs - performance.now());
  }

  /** The run that follows the position; undefined when there is none yet. The same again until `seek` moves on. */
  async next(): Promise<Run | undefined> {
    const live = this.#live();
    if (live) this.#sureAt = performance.now();
    const run = live ?? (this.#isDue() ? await this.#read() : undefined);
    this.#offered = run?.to ?? this.#position;
    if (!run || this.#options.stored) return run;
    const opening = openAll(this.#options.sql, run.events);
    return { ...run, events: await withDeadline(opening, readTimeoutMs, 'opening events') };
  }

  /** Goes on after `position`, which may lie anywhere. */
  seek(position: number): void {
    if (position < this.#offered) this.#behind = true;
    this.#position = position;
    if (this.#ahead?.from !== position) this.#ahead = undefined;
    this.#keep(this.#queue.filter(run => run.to > position));
  }

  /** Drops what came live, so that the next run is read from the ledger. */
  distrust(): void {
    this.#ahead = undefined;
    this.#keep([]);
    this.#behind = true;
  }

  /** The ledger may hold more than was heard of: what the queue does not have is looked for there. */
  doubt(): void {
    this.#behind = true;
  }

  close(): void {
    this.#unlisten();
    clearTimeout(this.#soon);
  }

  #hear(run: Run): void {
    if (run.to <= this.#position) return;
    const reach = this.#queue.at(-1)?.to ?? this.#position;
    if (run.events.length === 0 && run.from > reach) {
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        this.#hint();
      }, emptyRunMs);
      return;
    }
    if (this.#queued > queuedMax) this.distrust();
    this.#queue.push(run);
    this.#queued += weightOf(run);
    this.#onNews();
  }

  #hint(): void {
    this.#behind = true;
    this.#onNews();
  }

  #keep(runs: Run[]): void {
    this.#queue = runs;
    this.#queued = runs.reduce((sum, run) => sum + weightOf(run), 0);
  }

  /** Whether the ledger has to be looked at: there is a gap, or more is known to be there, or it is time. */
  #isDue(): boolean {
    return this.#queue.length > 0 || this.#behind || this.dueMs === 0;
  }

  async #read(): Promise<Run | undefined> {
    const { length } = this.#queue;
    this.#behind = false;
    this.#readAt = performance.now();
    try {
      const run = (await this.#taken()) ?? (await this.#readFrom(this.#position));
      this.#sureAt = this.#readAt;
      if (run.events.length === this.#batchMax) {
        this.#behind = true;
        this.#ahead = { from: run.to, at: performance.now(), reading: this.#readFrom(run.to) };
        // Whether it failed is told when it is asked for.
        this.#ahead.reading.catch(() => {});
      }
      if (run.to > this.#position) return run;
      // What waited behind a gap that the ledger does not have belongs to no ledger of ours.
      this.#keep(this.#queue.slice(length));
      return undefined;
    } catch (error) {
      this.#behind = true;
      // The ledger may be out of reach while the feed goes on.
      const live = this.#live();
      if (live) return live;
      throw error;
    }
  }

  /** What was read ahead, unless nothing stood there then: now something may. */
  async #taken(): Promise<Run | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const run = await ahead?.reading;
    if (!run || run.to <= this.#position) return undefined;
    this.#readAt = ahead!.at;
    return run;
  }

  #readFrom(position: number): Promise<Run> {
    const { sql, family, types } = this.#options;
    const reading = readStoredRun(sql, family, position, this.#batchMax, types);
    return withDeadline(reading, readTimeoutMs, 'reading the ledger');
  }

  /** What the queue holds in direct succession to the position, as one run. */
  #live(): Run | undefined {
    const events: Run['events'][number][] = [];
    let to = this.#position;
    for (const run of this.#queue) {
      if (run.from > to || run.to <= to) continue;
      if (to > this.#position && events.length + run.events.length > this.#batchMax) break;
      for (const event of run.events) if (event.position > to) events.push(event);
      to = run.to;
    }
    return to === this.#position ? undefined : { from: this.#position, to, events };
  }
}
