/**
 * Condenses the scans of spans when these are over, so that the first question with filters finds it done. Nothing
 * waits for it: what it has not come to yet is condensed when somebody asks. Several workers may do this at once: what
 * one has kept is not due for the other.
 */
import { Recent } from '../projections/recent.ts';
import { type CondensedRow, condense, keepCondensed } from '../projections/scan-condensing.ts';
import { dueSpans } from '../projections/scan-dues.ts';
import { quarterOf } from '../projections/scan-times.ts';
import type { Sql } from './store/connect.ts';
import { Worker } from './worker.ts';

/** A look reads all sums of days and longer spans: 8 ms where there are 81,000 sums of ten million scans. */
const lookEveryMs = 300_000;
/**
 * Condensed after one look; when there are more, the next look follows at once. Ten million scans of a year and 10,000
 * codes had 826 due spans, which took 27 s one after the other and are kept in 145 MB.
 */
const dueMax = 500;
/** A question condenses these within 1.5 ms itself. */
const scansMin = 5_000;
/** Fewer at once than a question takes: in between others are served. */
const sizes = { atOnce: 20_000, bytesMax: 64 * 1024 * 1024 };

export interface CondenserOptions {
  readonly sql: Sql;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

export class Condenser {
  readonly #options: CondenserOptions;
  readonly #worker: Worker;

  constructor(options: CondenserOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#step(), { name: 'condenser', idleMs: lookEveryMs, onError });
  }

  start(): void {
    this.#worker.start();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #step(): Promise<boolean> {
    const { sql, now } = this.#options;
    // Scans that are on their way come later than the quarter they are of.
    const until = quarterOf(now()) - 1;
    const due = await dueSpans(sql, until, scansMin, dueMax);
    let kept = 0;
    const keep = async (row: CondensedRow) => {
      await keepCondensed(sql, row);
      kept += 1;
    };
    const condensing = { ...sizes, until, left: Number.POSITIVE_INFINITY, recent: new Recent(0), keep };
    for (const node of due) {
      if (this.#worker.stopped) return false;
      await condense(sql, node, condensing);
    }
    // What could not be kept has grown meanwhile, and is due again after a while.
    return due.length === dueMax && kept > 0;
  }
}
