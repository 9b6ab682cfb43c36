/**
 * Puts scans on record. Scans that arrive while a commit is under way share the next one, in a stream that only this
 * process writes. While the ledger can't take them, or more come than it takes in time, they go to a spool on disk
 * instead, with the stream and version that they were to have, and are brought into the ledger afterwards (`drain.ts`):
 * whether a batch was written although its answer never came is told there by its version. So an answered scan is a
 * counted scan, once, whatever is down.
 */
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
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
  readonly spools: {
    append(record: Uint8Array): Promise<void>;
    readonly own: { readonly bytes: number; readonly bytesMax: number };
  };
  /** Who brings them there. */
  readonly drain: { readonly moved: number; readonly failing: boolean; wake(): void };
  readonly onError: (error: unknown, name: string) => void;
  /** Who waits longer for a commit that is under way is answered from the spool. */
  readonly patienceMs?: number;
}

const batchMax = 2_000;
/** Scans that may wait for a commit or the disk; more are turned away instead of filling the memory. */
const waitingMax = 20_000;
/** The spool takes 1 ms. */
const patienceMsDefault = 250;
/**
 * A rush: so many scans had to share a commit, and it took longer than the usual 2 to 4 ms. Then there is more to do than
 * the machine can, and what follows goes to the spool until it is over, a second later at the earliest: who goes back and
 * forth has the cost of both. With it the redirect's benchmark had a p99 of 24 ms, before it and some
 * smaller changes one of 35 ms, at nearly the same rate. With 8 ms instead of 5 the first half second of a load had commits
 * of just less one after the other: in turns with it, 17.6 ms instead of 16.4, and 22 instead of 15.6 on a node by
 * JetStream. It fills a part of the spool at most; the rest is for outages.
 */
const rush = { scans: 100, commitMs: 5, leastMs: 1_000, share: 1 / 4 };
/**
 * While so many scans come a second, the drain rests so long after each piece: what the machine spends on bringing scans home
 * it lacks for answers, and those that wait are as durable. With 5 s instead of 1.5, side by side, a node answered 49,900
 * times a second instead of 37,600, with a p99 of 16 ms instead of 22; with 1.5 s instead of 0.4 it had been 48,900 instead of
 * 32,500. Where fewer come the ledger is to get ahead of them.
 */
const rests = [
  { perSecond: 20_000, ms: 5_000 },
  { perSecond: 5_000, ms: 50 },
] as const;
/**
 * Batches for the spool begin at least so far apart: with an fsync for every 35 scans instead of some 80 an answer took
 * 2 us more, and the p99 of 23 ms was one of 31. With 2 ms instead of 3.5 it was longer in eight of ten pairs of runs, by
 * 0.5 to 17 ms, and shorter in two, by 5 and 17, for at most a tenth more answers.
 */
const spoolEveryMs = 3.5;
/** So little waits in the spool that the ledger keeps pace with it: some 1,000 scans. */
const spooledFew = 40 * 1024;

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
  /** When the last batch for the spool was begun. */
  #spooledAt = Number.NEGATIVE_INFINITY;
  /** Whether scans that stand before in the present stream wait in the spool. */
  #isSplit = false;
  /** How many scans were kept, and how many and when at the last look of the drain. */
  #kept = 0;
  #looked = { kept: 0, at: 0 };
  /** While scans go to the spool: how much the drain had moved when that began, and whether the ledger had failed. */
  #detour: { readonly since: number; readonly isFailure: boolean; readonly begunAt: number } | undefined;

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
    const { own: spool } = this.#options.spools;
    if (this.#detour === undefined) return false;
    if (this.isCutOff || this.#detour.isFailure) return this.isCutOff;
    const isFresh = performance.now() - this.#detour.begunAt < rush.leastMs;
    return (isFresh || spool.bytes > spooledFew) && spool.bytes < spool.bytesMax * rush.share;
  }

  /** Whether the ledger takes none, as far as is known here. */
  get isCutOff(): boolean {
    const { drain, spools } = this.#options;
    if (this.#detour === undefined) return false;
    if (!this.#detour.isFailure) return drain.failing;
    return drain.moved === this.#detour.since || spools.own.bytes > spooledFew;
  }

  /** How long the drain is to rest, in milliseconds: in a rush, while there is room for what comes. 0 when it is over. */
  restMs(): number {
    const { own: spool } = this.#options.spools;
    const { kept, at } = this.#looked;
    const now = performance.now();
    this.#looked = { kept: this.#kept, at: now };
    if (this.isCutOff || spool.bytes >= spool.bytesMax * rush.share) return 0;
    const perSecond = ((this.#kept - kept) / (now - at)) * 1_000;
    return rests.find(rest => perSecond > rest.perSecond)?.ms ?? 0;
  }

  /** Resolves when nothing is waiting any more. */
  async close(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#batches.length > 0) {
      const earlyMs = this.detoured ? this.#spooledAt + spoolEveryMs - performance.now() : 0;
      // Scans come in bursts, one of each connection: the first of them is not to go alone and have the others wait for it.
      await (earlyMs > 0 ? pause(earlyMs) : turn());
      const batch = this.#batches.shift()!;
      try {
        batch.done(await this.#keep(batch.scans));
      } catch (error) {
        batch.failed(error);
        // It may have been written after all: a new stream keeps the versions unambiguous.
        this.#stream = '';
      }
      this.#waiting -= batch.scans.length;
      this.#kept += batch.scans.length;
    }
    this.#flushing = undefined;
  }

  async #keep(scans: readonly Sighting[]): Promise<number | undefined> {
    // Where it was refused it is known not to be written, and a stream of a new name takes it.
    const { spools, drain } = this.#options;
    for (let tries = 0; tries < 2 && !this.detoured; tries++) {
      if (this.#isSplit) this.#stream = '';
      this.#isSplit = false;
      this.#detour = undefined;
      const begunAt = performance.now();
      const outcome = await this.#write(this.#place(scans));
      if (typeof outcome === 'number') {
        const isRush = scans.length >= rush.scans && performance.now() - begunAt > rush.commitMs;
        if (isRush) this.#beginRush(begunAt);
        return outcome;
      }
      if (outcome === 'unknown') break;
      this.#stream = '';
    }
    this.#spooledAt = performance.now();
    await spools.append(spooled(this.#place(scans)));
    this.#version += scans.length;
    this.#isSplit = true;
    this.#detour ??= { since: drain.moved, isFailure: true, begunAt: performance.now() };
    drain.wake();
    return undefined;
  }

  #beginRush(begunAt: number): void {
    this.#detour = { since: this.#options.drain.moved, isFailure: false, begunAt };
    // How many come is counted from now on: over the quiet time before they would be few.
    this.#looked = { kept: this.#kept, at: begunAt };
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
      events = await withDeadline(appending, this.#options.patienceMs ?? patienceMsDefault, 'the append of scans');
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
