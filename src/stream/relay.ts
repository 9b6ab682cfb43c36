/**
 * From the ledger to JetStream, in order and without gaps. The relay remembers nothing: the last message of the stream
 * says how far it is, and each publish names what it must stand behind, so that two relays at once can't mix up the
 * order. One of all processes relays, which a lock in Postgres decides; another takes over when that one is gone. At
 * the start, on every new connection and every few seconds it looks whether the stream still is as it was left: one
 * that lost its newest messages goes on from there, one that is spoilt is deleted and filled again from the ledger.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import { retryMaxMs, type Sql, withDeadline } from '../store/connect.ts';
import { type Run, readHead, readStoredRun } from '../store/read.ts';
import { Worker } from '../worker.ts';
import type { Broker, Link } from './broker.ts';
import { Cursor, type Feed, pollMsDefault } from './cursor.ts';
import { bodyMax, deleteStream, endOf, ensureStream, keptMax, publish } from './jetstream.ts';
import { type Message, stamped } from './message.ts';

/** Publishes under way at once: with 1,000 of them 20,000 to 30,000 events pass a second, with 2,000 and 4,000 fewer. */
const inFlightMax = 1_000;
const checkEveryMs = 2_000;
const lockTimeoutMs = 5_000;
/**
 * Scans that may wait to be published; when more do, all but the last are passed by, and for some time no more are carried.
 * Carrying one costs 35 us here and 10 in the broker, reading one from the ledger a tenth. What a rush of 350,000 had left
 * behind took the machine away from the next one for ten seconds.
 */
const behindMaxDefault = 20_000;
const passedRestMs = 500;

export interface RelayOptions {
  readonly broker: Broker;
  readonly sql: Sql;
  /** A pool of one connection that does nothing else: its session holds the lock. */
  readonly lock: Sql;
  /** The feed of commits as this process stores them, sealed; not the broker's. */
  readonly feed: Feed;
  readonly family: Family;
  readonly onError: (error: unknown, name: string) => void;
  readonly onReport?: (report: RelayReport) => void;
  /** Scans that may wait to be published. */
  readonly behindMax?: number;
}

/** What the relay found when it began to publish: where the stream stood, and whether it had to be made anew. */
export interface RelayReport {
  readonly family: Family;
  readonly stream: number;
  readonly ledger: number;
  readonly rebuilt: boolean;
}

/** Where the stream stands as the relay left it: place and stamp of the last message, position of its event. */
interface Tail {
  readonly sequence: number;
  readonly position: number;
  readonly stamp: string | undefined;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #worker: Worker;
  readonly #unlisten: () => void;
  #cursor: Cursor | undefined;
  /** The connection the tail was found on. */
  #link: Link | undefined;
  #tail: Tail | undefined;
  #checkedAt = 0;
  /** Whether the stream, which held nothing, is still given what it lacks. */
  #isFilling = false;
  /** Until when nothing is published. */
  #restsUntil = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { broker, family, onError } = options;
    const idleMs = () => (this.#restMs > 0 ? this.#restMs : pollMsDefault);
    const named = { name: `relay ${family}`, idleMs, onError, retryMaxMs };
    this.#worker = new Worker(() => this.#step(), named).start();
    this.#unlisten = broker.onChange(() => this.#worker.wake());
  }

  /** Resolves when the publishes under way are answered. */
  async stop(): Promise<void> {
    this.#unlisten();
    await this.#worker.stop();
    this.#cursor?.close();
  }

  async #step(): Promise<boolean> {
    const { link } = this.#options.broker;
    if (!link) return false;
    if (this.#link !== link) this.#tail = undefined;
    this.#link = link;
    if (!this.#tail || performance.now() - this.#checkedAt > checkEveryMs) await this.#check(link);
    if (this.#restMs > 0) return false;
    const run = this.#tail && (await this.#cursor?.next());
    if (!run || (await this.#passedBy(run))) return false;
    try {
      await this.#publish(link, run);
    } catch (error) {
      this.#tail = undefined;
      throw error;
    }
    this.#cursor?.seek(run.to);
    return true;
  }

  /** Compares the stream with what was left there; starts from where it really is. Without the lock there is no tail. */
  async #check(link: Link): Promise<void> {
    const { family, sql, feed, onReport } = this.#options;
    const known = this.#tail;
    this.#tail = undefined;
    if (!(await this.#leads())) return this.#cursor?.close();
    await ensureStream(link, family);
    const end = await endOf(link, family);
    this.#checkedAt = performance.now();
    if (known && end?.sequence === known.sequence && end.message?.stamp === known.stamp) {
      this.#tail = known;
      return;
    }
    const head = await readHead(sql);
    const usable = end && (!end.message || (await this.#isOfLedger(end.message)));
    if (!usable) {
      await deleteStream(link, family);
      await ensureStream(link, family);
    }
    const { sequence, message } = usable ? end : { sequence: 0, message: undefined };
    const position = message?.event.position ?? Math.max(0, head - keptMax);
    onReport?.({ family, stream: message?.event.position ?? 0, ledger: head, rebuilt: !usable });
    this.#tail = { sequence, position, stamp: message?.stamp };
    this.#cursor?.close();
    this.#isFilling = !message;
    const options = { sql, feed, family, after: position, batchMax: inFlightMax, stored: true };
    this.#cursor = new Cursor(options, () => this.#worker.wake());
  }

  /** Whether the lock is this process's. A session that has it gets it again; one that lost its connection may not. */
  async #leads(): Promise<boolean> {
    const { lock, family } = this.#options;
    const query = lock`select pg_try_advisory_lock(hashtext('indelible relay'), hashtext(${family})) as leads`;
    const [row] = await withDeadline(query, lockTimeoutMs, "the relay's lock");
    return row!['leads'];
  }

  /** A ledger that was put back to an older state may have other events at positions that the stream knows. */
  async #isOfLedger({ event }: Message): Promise<boolean> {
    const { sql, family } = this.#options;
    const { events } = await readStoredRun(sql, family, event.position - 1, 1);
    const keys = ['position', 'stream', 'version', 'type', 'at'] as const;
    return keys.every(key => (events[0] as AnyEvent | undefined)?.[key] === event[key]);
  }

  get #restMs(): number {
    return Math.max(0, this.#restsUntil - performance.now());
  }

  /** Passes by all but the last of what waits, where it is too much; tells whether it did. */
  async #passedBy({ to, events }: Run): Promise<boolean> {
    const { sql, family, behindMax = behindMaxDefault } = this.#options;
    const isMore = events.length > inFlightMax / 2;
    this.#isFilling &&= isMore;
    if (family !== 'scans' || this.#isFilling || !isMore) return false;
    const head = await readHead(sql);
    if (head - to <= behindMax) return false;
    const position = head - inFlightMax;
    this.#tail = { ...this.#tail!, position };
    this.#cursor!.seek(position);
    this.#restsUntil = performance.now() + passedRestMs;
    return true;
  }

  async #publish(link: Link, run: Run): Promise<void> {
    const bytesMax = bodyMax(link);
    let tail = this.#tail!;
    const sent = run.events.map((event, i) => {
      const { sequence, position, stamp: after } = tail;
      const message = stamped(link.key, event, position, sequence + 1, bytesMax);
      tail = { sequence: sequence + 1, position: event.position, stamp: message.stamp };
      // A server that was restarted does not know the stamp of its last message, so the first is placed by number alone.
      return publish(link, message, sequence, i > 0 ? after : undefined);
    });
    const failed = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
    this.#tail = tail;
  }
}
