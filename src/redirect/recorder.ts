/**
 * Puts scans on record. Scans that arrive while a commit is under way share the next one, in a stream that only this
 * process writes. While the ledger can't take them they go to a spool on disk instead, with the stream and version that
 * they were to have, and are brought into the ledger afterwards (`drain.ts`): whether a batch was written although its
 * answer never came is told there by its version. So an answered scan is a counted scan, once, whatever is down.
 */
import type { Scan } from '../../events/scan.ts';
import { dayOf } from '../../projections/projection.ts';
import { type ScanWrite, scanRequest } from '../store/batch.ts';
import { withDeadline } from '../store/connect.ts';
import { type Ledger, Refused } from '../store/ledger.ts';
import { spooled } from './drain.ts';

/** A scan with its time and owner. */
export interface Sighting {
  readonly at: number;
  readonly org: string;
  readonly data: Scan;
}

export interface RecorderOptions {
  readonly ledger: Pick<Ledger, 'append'>;
  /** Names this process: never the same twice, so that its streams have no other writer. */
  readonly node: string;
  /** Where scans wait for the ledger. */
  readonly spool: { append(record: Uint8Array): Promise<void>; readonly bytes: number };
  /** Who brings them there. */
  readonly drain: { readonly moved: number; wake(): void };
  readonly onError: (error: unknown, name: string) => void;
}

const batchMax = 2_000;
/** Scans that may wait for a commit or the disk; more are turned away instead of filling the memory. */
const waitingMax = 20_000;
/** A commit under full load takes 10 to 20 ms. Who waits longer is answered from the spool, which takes 1 ms. */
const patienceMs = 250;
/** So little waits in the spool that the ledger keeps pace with it: some 1,000 scans. */
const spooledFew = 512 * 1024;

/** Scans that share a commit, and the promise that all of their callers wait for. */
class Batch {
  readonly scans: Sighting[] = [];
  readonly #settling = Promise.withResolvers<number | undefined>();
  readonly settled = this.#settling.promise;
  readonly done = this.#settling.resolve;
  readonly failed = this.#settling.reject;
}

export class Recorder {
  readonly #options: RecorderOptions;
  /** In the order of arrival; the last one takes more. */
  #batches: Batch[] = [];
  #waiting = 0;
  #stream = '';
  #streams = 0;
  #version = 0;
  #flushing: Promise<void> | undefined;
  /** While scans go to the spool: how much the drain had moved when that began. */
  #detour: { readonly since: number } | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the scan is durable, with the position at or before which it is on record, or undefined when it waits
   * on disk; rejects when it could not be kept, and then it is not counted.
   */
  record(sighting: Sighting): Promise<number | undefined> {
    if (this.#waiting >= waitingMax) return Promise.reject(new Error(`${waitingMax} scans are waiting already`));
    let batch = this.#batches.at(-1);
    if (!batch || batch.scans.length === batchMax) {
      batch = new Batch();
      this.#batches.push(batch);
    }
    batch.scans.push(sighting);
    this.#waiting += 1;
    this.#flushing ??= this.#flush();
    return batch.settled;
  }

  /** Whether scans go to the spool: until the ledger takes scans again and little is left of what was spooled. */
  get detoured(): boolean {
    const { spool, drain } = this.#options;
    return this.#detour !== undefined && (drain.moved === this.#detour.since || spool.bytes > spooledFew);
  }

  /** Resolves when nothing is waiting any more. */
  async close(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      try {
        batch.done(await this.#keep(batch.scans));
      } catch (error) {
        batch.failed(error);
        // It may have been written after all: a new stream keeps the versions unambiguous.
        this.#stream = '';
      }
      this.#waiting -= batch.scans.length;
    }
    this.#flushing = undefined;
  }

  async #keep(scans: readonly Sighting[]): Promise<number | undefined> {
    // Where it was refused it is known not to be written, and a stream of a new name takes it.
    for (let tries = 0; tries < 2 && !this.detoured; tries++) {
      // What is left in the spool stands before nothing else.
      if (this.#detour) this.#stream = '';
      this.#detour = undefined;
      const outcome = await this.#write(this.#place(scans));
      if (typeof outcome === 'number') return outcome;
      if (outcome === 'unknown') break;
      this.#stream = '';
    }
    const { spool, drain } = this.#options;
    await spool.append(spooled(this.#place(scans)));
    this.#version += scans.length;
    this.#detour ??= { since: drain.moved };
    drain.wake();
    return undefined;
  }

  /** Where scans are to stand in the ledger. */
  #place(scans: readonly Sighting[]): ScanWrite {
    const stream = `scans-${this.#options.node}-${dayOf(scans[0]!.at).replaceAll('-', '')}`;
    if (!this.#stream.startsWith(`${stream}-`)) {
      // The number tells apart two streams of one day.
      this.#streams += 1;
      this.#stream = `${stream}-${this.#streams}`;
      this.#version = 0;
    }
    return { stream: this.#stream, expected: this.#version, scans };
  }

  /** Tries the ledger for as long as a caller can be kept waiting; the position of the last scan, if it took them. */
  async #write(write: ScanWrite): Promise<number | 'refused' | 'unknown'> {
    let events: Awaited<ReturnType<Ledger['append']>>;
    try {
      const appending = this.#options.ledger.append(scanRequest(write));
      events = await withDeadline(appending, patienceMs, 'the append of scans');
    } catch (error) {
      if (error instanceof Refused) return 'refused';
      // Not the ledger's failure but the scan's.
      if (error instanceof TypeError) throw error;
      this.#options.onError(error, 'scan recorder');
      return 'unknown';
    }
    this.#version += write.scans.length;
    return events.at(-1)!.position;
  }
}
