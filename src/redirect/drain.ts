/**
 * Brings the scans that wait in spools into the ledger, each once. A batch keeps the stream and the version it was
 * given when it was spooled, so that one which was written already, by an append whose answer was lost or by a process
 * that was killed before it could say so, is refused instead of being counted twice.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type ScanWrite, scanRequest, unstorable } from '../store/batch.ts';
import { type Ledger, Refused } from '../store/ledger.ts';
import { Worker } from '../worker.ts';
import type { Spool } from './spool.ts';
import type { Spools } from './spools.ts';

/** How often what others left is looked for. */
const lookEveryMs = 10_000;
/**
 * Scans brought at once, or some more: as many as the ledger takes gladly in one batch; in a rush a quarter of that, so that
 * nobody who scans waits more than 2 ms for it.
 */
const pieceMax = 2_000;
const rushPieceMax = pieceMax / 4;
/** While it rests it is looked so often whether the rush is over. */
const restLookMs = 500;
/** Read at once, mostly more than enough for a piece. */
const readBytes = 128 * 1024;

export interface DrainOptions {
  readonly spools: Spools;
  readonly ledger: Pick<Ledger, 'append'>;
  /** Version of a scan stream in the ledger, 0 when there is none. */
  readonly versionOf: (stream: string) => Promise<number>;
  /** How long to rest before the next piece, in milliseconds. */
  readonly restMs: () => number;
  /** Hears which of this process's own scans are on record now. Must not throw or wait. */
  readonly onHome?: ((scans: ScanWrite['scans']) => void) | undefined;
  readonly onError: (error: unknown, name: string) => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A batch as it waits in a spool. Deflated, 150 scans of the benchmark's load take 5 KB instead of 43, for 0.13 us each: a
 * rush has so much less to bring to the disk, and the spool holds so many more.
 */
export const spooled = (write: ScanWrite): Uint8Array =>
  deflateRawSync(encoder.encode(JSON.stringify(write)), { level: 1 });

const unspooled = (bytes: Uint8Array): ScanWrite => JSON.parse(decoder.decode(inflateRawSync(bytes)));

export class Drain {
  readonly #options: DrainOptions;
  readonly #worker: Worker;
  #lookedAt = performance.now();
  /** When the last piece was. */
  #broughtAt: number | undefined;
  #moved = 0;
  #failing = false;

  constructor(options: DrainOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#step(), { name: 'spool', idleMs: 1_000, onError }).start();
  }

  /** Batches brought home so far: when it rises, the ledger takes scans again. */
  get moved(): number {
    return this.#moved;
  }

  /** Whether the last try to bring something home failed. */
  get failing(): boolean {
    return this.#failing;
  }

  wake(): void {
    this.#worker.wake();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #step(): Promise<boolean | number> {
    const { spools } = this.#options;
    const restMs = this.#broughtAt === undefined ? 0 : this.#options.restMs();
    const leftMs = (this.#broughtAt ?? 0) + restMs - performance.now();
    if (leftMs > 0) return Math.min(leftMs, restLookMs);
    if (performance.now() - this.#lookedAt > lookEveryMs) {
      this.#lookedAt = performance.now();
      await spools.look();
    }
    // Whether the ledger is back is found out with a small piece, too: those who are answered meanwhile wait for each try.
    const max = restMs > 0 || this.#failing ? rushPieceMax : pieceMax;
    // What keeps one spool from being brought home is told at the end: it is not to keep back the others.
    const failures: unknown[] = [];
    for (const spool of spools.all) {
      if (!(await this.#bring(spool, max).catch(error => void failures.push(error)))) continue;
      this.#failing = false;
      this.#broughtAt = performance.now();
      return restMs > 0 ? Math.min(restMs, restLookMs) : true;
    }
    this.#failing = failures.length > 0;
    if (this.#failing) throw failures[0];
    await spools.tidy();
    return false;
  }

  /** Brings the oldest batches of a spool home; false when there are none. */
  async #bring(spool: Spool, max: number): Promise<boolean> {
    const [first, ...more] = await spool.read(readBytes);
    if (!first) return false;
    const write = unspooled(first);
    const scans = [...write.scans];
    let count = 1;
    for (const bytes of more) {
      if (scans.length >= max) break;
      const next = unspooled(bytes);
      if (next.stream !== write.stream || next.expected !== write.expected + scans.length) break;
      scans.push(...next.scans);
      count += 1;
    }
    if (!(await this.#put({ ...write, scans }))) {
      // One by one, so that what it is called then depends on nothing but itself.
      count = 1;
      await this.#putApart(write);
    }
    if (spool === this.#options.spools.own) this.#options.onHome?.(count === 1 ? write.scans : scans);
    await spool.drop(count);
    this.#moved += count;
    return true;
  }

  /** Writes what is not written yet; false when it can't stand where it was to stand, and then nothing is. */
  async #put(write: ScanWrite): Promise<boolean> {
    const { ledger, versionOf } = this.#options;
    const { stream, expected, scans } = write;
    if (scans.length === 0) return true;
    try {
      await ledger.append(scanRequest(write));
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      if (!(error instanceof Refused)) throw error;
    }
    const version = await versionOf(stream);
    // What stood before them is not there: the ledger was put back to an older state.
    if (version < expected) return false;
    return this.#put({ stream, expected: version, scans: scans.slice(version - expected) });
  }

  /** Writes a batch to a stream of its own, without what the ledger can't hold. */
  async #putApart({ stream, expected, scans }: ScanWrite): Promise<void> {
    const good = scans.filter(scan => unstorable(scan) === undefined);
    if (good.length < scans.length) {
      const message = `${scans.length - good.length} scans hold what the ledger can't, and are left out`;
      this.#options.onError(new Error(message), 'spool');
    }
    const apart = { stream: `${stream}-${expected}`, expected: 0, scans: good };
    if (!(await this.#put(apart))) throw new Error(`the stream ${apart.stream} is not as it was left`);
  }
}
