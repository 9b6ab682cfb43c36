/**
 * Following the ledger: every subscriber sees each event of its family once and in order, whichever feed it has and
 * whatever happens to it. A handler that fails is given the same events again, read from the ledger, until it takes
 * them; nothing is passed over.
 */
import type { Run } from '../store/read.ts';
import { Worker } from '../worker.ts';
import { Cursor, type CursorOptions, pollMsDefault } from './cursor.ts';

export type { Feed, Listener } from './cursor.ts';

export interface SubscribeOptions extends CursorOptions {
  readonly name: string;
  /** Takes a run; a rejection leaves the position where it was and is tried again. May return another position. */
  readonly onRun: (run: Run) => Promise<number | undefined>;
  readonly onError: (error: unknown, name: string) => void;
}

export class Subscription {
  readonly #onRun: SubscribeOptions['onRun'];
  readonly #cursor: Cursor;
  readonly #worker: Worker;

  constructor(options: SubscribeOptions) {
    const { name, onRun, onError, pollMs = pollMsDefault } = options;
    this.#onRun = onRun;
    this.#worker = new Worker(() => this.#step(), { name, idleMs: pollMs, onError });
    this.#cursor = new Cursor(options, () => this.#worker.wake());
    this.#worker.start();
  }

  /** Everything of the family up to here has been handed over. */
  get position(): number {
    return this.#cursor.position;
  }

  /** Resolves when the handler is done with what it has. */
  async stop(): Promise<void> {
    this.#cursor.close();
    await this.#worker.stop();
  }

  /** One run handed over; tells whether there may be more. */
  async #step(): Promise<boolean> {
    const run = await this.#cursor.next();
    if (!run) return false;
    try {
      this.#cursor.seek((await this.#onRun(run)) ?? run.to);
    } catch (error) {
      this.#cursor.distrust();
      throw error;
    }
    return true;
  }
}
