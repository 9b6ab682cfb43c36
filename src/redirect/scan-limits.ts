/**
 * How often a code was scanned that may be scanned so often only. What is on record comes from the read model, with the
 * position up to which it counts; to it is added what this node has answered since and what is being answered now. So one
 * node alone keeps the limit exactly. Several nodes know of each other's scans within half a second or so, and may go
 * over it by what they answer in that time; without the database each counts its own.
 */
import { Worker } from '../worker.ts';

const pollMs = 250;
/** A code that nobody has scanned for so long is not asked about any more. */
const coldMsDefault = 60_000;
/** Longest wait for a first word about a code. */
const firstMs = 1_000;

/** Totals of codes and the position up to which they are counted. */
export type Totals = (qrs: readonly string[]) => Promise<{ position: number; totals: ReadonlyMap<string, number> }>;

export interface ScanLimitsOptions {
  readonly totals: Totals;
  /** Position at or before which everything is on record that this node has answered; undefined while some waits on disk. */
  readonly settled: () => number | undefined;
  readonly onError: (error: unknown, name: string) => void;
  readonly coldMs?: number;
}

interface Count {
  /** On record, as far as is known, and the number of the look that told. */
  total: number;
  look: number;
  /** Being answered. */
  pending: number;
  /** Answered, by the position at or before which each is on record; not known while it waits on disk. */
  own: (number | undefined)[];
  askedAt: number;
}

export class ScanLimits {
  readonly #options: ScanLimitsOptions;
  readonly #counts = new Map<string, Count>();
  readonly #worker: Worker;
  readonly #first = new Map<string, Promise<void>>();
  #looks = 0;

  constructor(options: ScanLimitsOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#poll(), { name: 'scan limits', idleMs: pollMs, onError }).start();
  }

  /** Resolves when something is known of a code, or will not be known soon. */
  async ready(qr: string): Promise<void> {
    const count = this.#counts.get(qr);
    if (count) {
      count.askedAt = performance.now();
      return;
    }
    const asking =
      this.#first.get(qr) ??
      this.#learn([qr]).catch(error => {
        this.#options.onError(error, 'scan limits');
        // What was answered after the wait for it counts already.
        this.#countOf(qr);
      });
    this.#first.set(qr, asking);
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, firstMs);
    });
    await Promise.race([asking, late]).finally(() => clearTimeout(timer));
    this.#first.delete(qr);
  }

  /** Whether a code was scanned so often. */
  isFull(qr: string, max: number): boolean {
    const count = this.#counts.get(qr);
    return count !== undefined && count.total + count.pending + count.own.length >= max;
  }

  /** A scan is being answered. What is returned is to be told whether it was, and where it is on record if it is. */
  take(qr: string): { answered(position: number | undefined): void; failed(): void } {
    const count = this.#countOf(qr);
    count.pending += 1;
    return {
      answered: position => {
        count.pending -= 1;
        count.own.push(position);
      },
      failed: () => {
        count.pending -= 1;
      },
    };
  }

  /** These were answered while they waited on disk, and are on record now at or before a position. */
  home(qrs: readonly string[], position: number): void {
    for (const [qr, { length }] of Map.groupBy(qrs, qr => qr)) {
      const count = this.#counts.get(qr);
      let left = length;
      if (count) count.own = count.own.map(at => (at === undefined && left-- > 0 ? position : at));
    }
  }

  async close(): Promise<void> {
    await this.#worker.stop();
  }

  #countOf(qr: string): Count {
    let count = this.#counts.get(qr);
    if (!count) {
      count = { total: 0, look: 0, pending: 0, own: [], askedAt: performance.now() };
      this.#counts.set(qr, count);
    }
    return count;
  }

  async #poll(): Promise<boolean> {
    if (this.#counts.size > 0) await this.#learn([...this.#counts.keys()]);
    // Only what could be learnt again: the look did not fail, and all is on record.
    const coldAt = performance.now() - (this.#options.coldMs ?? coldMsDefault);
    for (const [qr, { askedAt, pending, own }] of this.#counts) {
      if (askedAt < coldAt && pending === 0 && own.length === 0) this.#counts.delete(qr);
    }
    return false;
  }

  async #learn(qrs: readonly string[]): Promise<void> {
    this.#looks += 1;
    const look = this.#looks;
    const settled = this.#options.settled();
    // Not afterwards: what goes to disk during the look is not in its totals.
    for (const qr of qrs) {
      const count = this.#counts.get(qr);
      if (count) count.own = count.own.map(at => at ?? settled);
    }
    const { position, totals } = await this.#options.totals(qrs);
    for (const qr of qrs) {
      const count = this.#countOf(qr);
      // A later look was answered earlier, and what it counted is no longer among this node's own.
      if (look < count.look) continue;
      count.look = look;
      count.total = totals.get(qr) ?? 0;
      count.own = count.own.filter(at => at === undefined || at > position);
    }
  }
}
