/**
 * One webhook's deliveries in this process: what waits in memory, what is under way, and what is on record but not yet in
 * the read model, which would otherwise be taken for due once more. A lane is worked on only while its lease is held.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { Due, Waiting } from '../../projections/delivery-queue.ts';
import { Window } from './window.ts';

/** A delivery with the event it tells of; undefined when the ledger has none there. */
export interface Job {
  readonly due: Due;
  readonly event: AnyEvent | undefined;
}

/** Rows waiting in memory, for each one that may be under way: so many go while the next are looked up. */
const aheadFactor = 2;

export class Lane {
  readonly hook: number;
  readonly webhook: string;
  readonly org: string;
  readonly window = new Window();
  /** Position of the event that changed the webhook last. */
  changed: number;
  /** Since when nothing has succeeded, in milliseconds; null while it works. */
  failingSince: number | null;
  /** When there was something to do last, by this process's own clock. */
  busyAt = performance.now();
  readonly #queue: Job[] = [];
  /** Positions of all that must not be taken for due: they wait, are under way, or are not in the read model yet. */
  readonly #known = new Set<number>();
  #underWay = 0;

  constructor({ hook, webhook, org, changed, failing_since }: Waiting) {
    this.hook = hook;
    this.webhook = webhook;
    this.org = org;
    this.changed = changed;
    this.failingSince = failing_since;
  }

  /** How many more deliveries may wait here; 0 while enough do. */
  get room(): number {
    const most = aheadFactor * this.window.size;
    return this.#queue.length <= most / 2 ? most - this.#queue.length : 0;
  }

  /** How many deliveries to ask for, so that `room` of them are new. */
  get limit(): number {
    return this.room + this.#known.size;
  }

  /** Whether nothing is left that is not in the read model. */
  get isSettled(): boolean {
    return this.#known.size === 0;
  }

  /** Whether a request may be sent now. */
  get isReady(): boolean {
    return this.#queue.length > 0 && this.#underWay < this.window.size;
  }

  /** The webhook was changed: it may have been mended, and its address may be another one. */
  update(changed: number, failingSince: number | null): void {
    if (changed <= this.changed) return;
    this.changed = changed;
    this.failingSince = failingSince;
  }

  isNew({ position }: Due): boolean {
    return !this.#known.has(position);
  }

  /** Lets a delivery wait. */
  push(job: Job): void {
    this.#known.add(job.due.position);
    this.#queue.push(job);
  }

  /** The next delivery, under way from now on. */
  shift(): Job | undefined {
    const job = this.#queue.shift();
    if (job) this.#underWay += 1;
    return job;
  }

  /** The request of a delivery has ended. */
  landed(): void {
    this.#underWay -= 1;
    this.busyAt = performance.now();
  }

  /** What became of a delivery is in the read model, or it did not come about. */
  forget(position: number): void {
    this.#known.delete(position);
  }

  /** Drops what waits: it is due no more, or somebody else's. */
  clear(): void {
    for (const { due } of this.#queue.splice(0)) this.#known.delete(due.position);
  }
}
