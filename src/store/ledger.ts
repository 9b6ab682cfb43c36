/**
 * The one append path: a group commit. Requests queue in memory; one transaction writes all that are waiting, and the
 * ledger's lock lets in one at a time, so that positions are gapless and in commit order and many callers share one
 * fsync. Where many wait, the next batch is on its way while one is written: Postgres need not wait for this process. A
 * refused request leaves the batch without taking others with it. Callers are answered after the commit, never before, in
 * the order of positions.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { AppendRequest } from './batch.ts';
import { linesOf } from './carrier.ts';
import { Courier } from './courier.ts';
import { Queue, type Waiting } from './queue.ts';
import { Refused, refuse } from './refusal.ts';

export { Refused };

/** Batches under way at once: while Postgres writes one the next is on its way, and a third one would only wait there. */
const underWayMax = 2;

/** What one commit added: everything in the positions after `from` up to `to`. */
export interface Commit {
  readonly from: number;
  readonly to: number;
  readonly facts: readonly AnyEvent[];
  readonly scans: readonly AnyEvent[];
  /** The facts as they are stored, sealed. */
  stored(): readonly AnyEvent[];
  /** The canonical line of each, facts before scans. */
  lines(): readonly string[];
  /** Of these lines, as the chain went on with it. */
  readonly digest: Uint8Array;
}

/** A batch, where it was written and with which digest. */
interface Written {
  readonly batch: readonly Waiting[];
  readonly base: number;
  readonly digest: Uint8Array;
}

export class Ledger {
  readonly #courier: Courier;
  readonly #queue = new Queue();
  readonly #underWay = new Set<readonly Waiting[]>();
  /** Written, but not told yet; in the order of positions, which is the order of answers. */
  readonly #written: Written[] = [];
  #isWoken = false;
  #idle: (() => void) | undefined;
  #listeners = new Set<(commit: Commit) => void>();
  #position = 0;
  #closed = false;

  /** Appends over a connection of its own, so that readers can't keep it waiting. */
  constructor(url: string) {
    this.#courier = new Courier(url);
  }

  /** Last position this process has written; what it has answered is at or before it. */
  get position(): number {
    return this.#position;
  }

  /** Hears of every commit of this process, in order, before its callers are answered. Must not throw or wait. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Writes the request whole or not at all and returns its events, unsealed. Rejects with `Refused` when a version, a
   * name or an idempotency key stands against it, with a TypeError when a text in it can't be stored; any other error
   * leaves open whether it was written.
   */
  append(request: AppendRequest): Promise<readonly AnyEvent[]> {
    if (this.#closed) return Promise.reject(new Error('the ledger is closed'));
    const twice = request.claims ? repeated(request.claims.map(claim => claim.name)) : none;
    if (twice.length > 0) return Promise.reject(new Refused('claim', twice));
    return new Promise((done, failed) => {
      this.#queue.push(request, done, failed);
      if (this.#isWoken) return;
      this.#isWoken = true;
      // A microtask later, so that commands decided in the same turn share the batch.
      queueMicrotask(() => {
        this.#isWoken = false;
        this.#dispatch();
      });
    });
  }

  /** Writes what is queued and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#queue.isEmpty || this.#underWay.size > 0) {
      await new Promise<void>(resolve => {
        this.#idle = resolve;
      });
    }
    await this.#courier.close();
  }

  /** Sends what can be sent; tells whether that was anything. */
  #dispatch(): boolean {
    let isSent = false;
    while (
      this.#underWay.size < underWayMax &&
      (this.#underWay.size === 0 ? !this.#queue.isEmpty : this.#queue.isWorthwhile)
    ) {
      const batch = this.#queue.take([...this.#underWay]);
      if (batch.length === 0) break;
      isSent = true;
      void this.#deliver(batch);
    }
    return isSent;
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    this.#underWay.add(batch);
    let left: readonly Waiting[] = [];
    try {
      const outcome = await this.#courier.carry(batch, batch.length === 1 ? batch[0]!.packed : undefined);
      if (outcome.refused) left = refuse(batch, outcome.refused);
      else this.#written.push({ batch, base: outcome.base, digest: outcome.digest });
    } catch (error) {
      for (const item of batch) item.failed(error);
    }
    this.#underWay.delete(batch);
    if (left.length > 0) void this.#deliver(left);
    // The next batch is on the wire before the callers of this one go on: Postgres need not wait for what they do.
    if (this.#dispatch()) await new Promise(resolve => setImmediate(resolve));
    for (const written of this.#written.splice(0)) this.#committed(written);
    if (this.#underWay.size === 0 && this.#queue.isEmpty) this.#idle?.();
  }

  #committed({ batch, base, digest }: Written): void {
    let position = base;
    const facts: AnyEvent[] = [];
    const texts: string[] = [];
    const scans: AnyEvent[] = [];
    const own = batch.map(({ request, rendered }) => {
      const first = facts.length;
      let row = 0;
      for (const write of request.writes) {
        for (const { type, data } of write.facts) {
          const { stream, version, at, org, actor, request: requestId, data: text } = rendered.rows[row++]!;
          texts.push(text);
          const event = { position: ++position, stream, version, at, org, actor, request: requestId, type, data };
          facts.push(event as unknown as AnyEvent);
        }
      }
      return facts.slice(first);
    });
    const write = batch.find(({ request }) => request.scans)?.request.scans;
    for (const [i, scan] of (write?.scans ?? []).entries()) {
      scans.push({
        position: ++position,
        stream: write!.stream,
        version: write!.expected + i + 1,
        at: scan.at,
        org: scan.org,
        actor: 'scanner',
        request: null,
        type: 'scan.recorded',
        data: scan.data,
      });
    }
    this.#position = position;
    if (position > base) {
      const stored = () => facts.map((fact, i) => ({ ...fact, data: JSON.parse(texts[i]!) }) as AnyEvent);
      const lines = () => linesOf(batch);
      const commit = { from: base, to: position, facts, scans, stored, lines, digest };
      for (const listener of this.#listeners) listener(commit);
    }
    for (const [i, item] of batch.entries()) item.done(item.request.scans ? scans : own[i]!);
  }
}

const none: readonly string[] = [];

const repeated = (names: readonly string[]): readonly string[] =>
  names.length > new Set(names).size ? names.filter((name, i) => names.indexOf(name) < i) : none;
