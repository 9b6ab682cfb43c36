/**
 * Puts scans on record. Scans that arrive while a commit is under way share the next one, in a stream that only this
 * process writes: when it is not known whether a batch was written, it is sent again, and the ledger refuses it by its
 * version if it was. So an answered scan is a counted scan, once.
 */
import type { Scan } from '../../events/scan.ts';
import { dayOf } from '../../projections/projection.ts';
import { isOutage } from '../store/connect.ts';
import { type Ledger, Refused } from '../store/ledger.ts';

/** A scan with its time and owner. */
export interface Sighting {
  readonly at: number;
  readonly org: string;
  readonly data: Scan;
}

const batchMax = 2_000;
/** Scans that may wait for the store; more are turned away instead of filling the memory. */
const waitingMax = 20_000;
const attemptsMax = 3;

interface Waiting {
  readonly sighting: Sighting;
  done(): void;
  failed(error: unknown): void;
}

export class Recorder {
  readonly #ledger: Ledger;
  readonly #node: string;
  #waiting: Waiting[] = [];
  #stream = '';
  #streams = 0;
  #version = 0;
  #flushing: Promise<void> | undefined;

  /** `node` names this process: never the same twice, so that its streams have no other writer. */
  constructor(ledger: Ledger, node: string) {
    this.#ledger = ledger;
    this.#node = node;
  }

  /** Resolves when the scan is durable; rejects when it could not be recorded, and then it is not counted. */
  record(sighting: Sighting): Promise<void> {
    if (this.#waiting.length >= waitingMax) return Promise.reject(new Error(`${waitingMax} scans are waiting already`));
    return new Promise((done, failed) => {
      this.#waiting.push({ sighting, done, failed });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async close(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchMax);
      try {
        await this.#write(batch.map(({ sighting }) => sighting));
        for (const item of batch) item.done();
      } catch (error) {
        for (const item of batch) item.failed(error);
        // It may have been written after all: a new stream keeps the versions unambiguous.
        this.#stream = '';
      }
    }
    this.#flushing = undefined;
  }

  async #write(scans: readonly Sighting[]): Promise<void> {
    const stream = `scans-${this.#node}-${dayOf(scans[0]!.at).replaceAll('-', '')}`;
    if (!this.#stream.startsWith(`${stream}-`)) {
      // The number tells apart two streams of one day, see above.
      this.#streams += 1;
      this.#stream = `${stream}-${this.#streams}`;
      this.#version = 0;
    }
    const request = {
      at: scans[0]!.at,
      org: null,
      actor: 'scanner',
      request: null,
      writes: [],
      scans: { stream: this.#stream, expected: this.#version, scans },
    };
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#ledger.append(request);
        break;
      } catch (error) {
        // Refused at a second attempt: the first one was written, only its answer was lost.
        if (error instanceof Refused && attempt > 1) break;
        if (attempt === attemptsMax || !isOutage(error)) throw error;
      }
    }
    this.#version += scans.length;
  }
}
