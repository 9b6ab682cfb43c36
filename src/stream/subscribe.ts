/**
 * Following the ledger: every subscriber sees each event of its family, or of both, once and in order, whichever feed
 * it has and whatever happens to it. A handler that fails is given the same events again, read from the ledger, until
 * it takes them; nothing is passed over.
 */
import type { Family } from '../../events/index.ts';
import { retryMaxMs } from '../store/connect.ts';
import type { Run } from '../store/read.ts';
import { Worker } from '../worker.ts';
import { Braid, type Place } from './braid.ts';
import { batchMaxDefault, Cursor, type CursorOptions } from './cursor.ts';

export type { Feed, Listener } from './cursor.ts';

/** Shortest wait when there is nothing to hand over, in milliseconds. */
const idleLeastMs = 50;

export interface SubscribeOptions extends Omit<CursorOptions, 'family'> {
  readonly name: string;
  /** Which events; all of them in one order, or only a family's. */
  readonly family: Family | 'all';
  /** Takes a run; a rejection leaves the position where it was and is tried again. May return another position. */
  readonly onRun: (run: Run) => Promise<number | undefined>;
  readonly onError: (error: unknown, name: string) => void;
  /**
   * Asked before each run: least time since the start of the one before, in milliseconds. What comes meanwhile joins it;
   * while there is more than fits a run nothing waits.
   */
  readonly paceMs?: (() => number) | undefined;
}

export class Subscription {
  readonly #onRun: SubscribeOptions['onRun'];
  readonly #cursor: Place;
  readonly #worker: Worker;
  readonly #paceMs: () => number;
  readonly #batchMax: number;
  #begunAt = Number.NEGATIVE_INFINITY;
  #hurry: (() => void) | undefined;

  constructor(options: SubscribeOptions) {
    const { name, onRun, onError, paceMs = () => 0 } = options;
    this.#paceMs = paceMs;
    this.#batchMax = options.batchMax ?? batchMaxDefault;
    this.#onRun = onRun;
    // What came live meanwhile does not put off the next look at the ledger.
    const idleMs = () => Math.max(idleLeastMs, this.#cursor.dueMs);
    this.#worker = new Worker(() => this.#step(), { name, idleMs, onError, retryMaxMs });
    const { family } = options;
    const onNews = () => this.#worker.wake();
    this.#cursor = family === 'all' ? new Braid(options, onNews) : new Cursor({ ...options, family }, onNews);
    this.#worker.start();
  }

  /** Everything up to here has been handed over. */
  get position(): number {
    return this.#cursor.position;
  }

  /** When it was known last that nothing is missing up to there, by `performance.now()`. */
  get sureAt(): number {
    return this.#cursor.sureAt;
  }

  /** Ends a wait for the pace: somebody wants what the next run brings. */
  hurry(): void {
    this.#hurry?.();
  }

  /** Resolves when the handler is done with what it has. */
  async stop(): Promise<void> {
    this.#cursor.close();
    this.#begunAt = Number.NEGATIVE_INFINITY;
    this.hurry();
    await this.#worker.stop();
  }

  /** One run handed over; tells whether there may be more. */
  async #step(): Promise<boolean> {
    await this.#paced();
    if (this.#worker.stopped) return false;
    const run = await this.#cursor.next();
    if (!run) return false;
    this.#begunAt = run.events.length < this.#batchMax ? performance.now() : Number.NEGATIVE_INFINITY;
    try {
      this.#cursor.seek((await this.#onRun(run)) ?? run.to);
    } catch (error) {
      this.#cursor.distrust();
      throw error;
    }
    return true;
  }

  #paced(): Promise<void> | undefined {
    const leftMs = this.#begunAt + this.#paceMs() - performance.now();
    if (leftMs <= 0) return undefined;
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#hurry?.(), leftMs);
      this.#hurry = () => {
        clearTimeout(timer);
        this.#hurry = undefined;
        resolve();
      };
    });
  }
}
