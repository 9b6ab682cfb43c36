/**
 * Tells webhooks what they are to be told. The read model of deliveries says what is due; a lease keeps other processes
 * away from a webhook while this one works on it; no transaction is open during a call; and what came of it goes on
 * record as an event, which brings it into the read model. Until it is there the delivery is remembered here, so that
 * nothing is sent twice while this process lives. After it died, what it had sent and not put on record is sent again,
 * under the same id.
 *
 * The lease is a webhook's and not a delivery's: with one writer a webhook, limits of an endpoint hold for all processes
 * together, and a delivery costs no row that says who is at it.
 */
import { isDelivered } from '../../events/delivery.ts';
import { dueDeliveries, type Waiting, waitingHooks } from '../../projections/delivery-queue.ts';
import { type Sql, withDeadline } from '../store/connect.ts';
import { readPositions } from '../store/read.ts';
import { Worker } from '../worker.ts';
import { Unsettled } from './attempt-error.ts';
import { Lane } from './lane.ts';
import type { Leases } from './leases.ts';
import type { Outcome, Sender } from './sender.ts';

/** Requests under way at once, to all endpoints together. */
const underWayMax = 500;
/** Of these, so many may be held by endpoints that failed or were slow the last time. */
const cloggedMax = underWayMax / 2;
/** Longest time until something that became due by the clock is noticed. */
const lookEveryMs = 250;
/** Least time between two looks: at 2,000 deliveries/s one look finds 20 of them. */
const paceMs = 10;
/** A stop waits so long for the read model, and not longer: who stops us waits 10 seconds at most. */
const settleMs = 1_000;
/** A webhook that nothing waits for is somebody else's to take after this time. */
const keptMs = 10_000;

export interface DispatcherOptions {
  readonly sql: Sql;
  readonly leases: Leases;
  readonly sender: Sender;
  readonly now: () => number;
  /** Resolves when the read model of deliveries holds everything up to the ledger's end; rejects when it takes long. */
  readonly settled: () => Promise<void>;
  readonly onError: (error: unknown, name: string) => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #looking: Worker;
  readonly #renewing: Worker;
  /** What is on record, and at which position, and not yet known to be in the read model. */
  #recorded: { readonly at: number; readonly lane: Lane; readonly position: number }[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** Taken over from a holder that died: nothing of them counts as due before what it did is in the read model. */
  #unsure = new Map<string, Waiting>();
  #settling: Promise<void> | undefined;
  #clogged = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #modelAt = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { onError, leases } = options;
    const renew = () => leases.renew().then(() => false);
    this.#looking = new Worker(() => this.#look(), { name: 'webhook dispatcher', idleMs: lookEveryMs, onError });
    this.#renewing = new Worker(renew, { name: 'webhook leases', idleMs: leases.renewEveryMs, onError });
  }

  start(): this {
    this.#looking.start();
    this.#renewing.start();
    return this;
  }

  /** Requests under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** The read model of deliveries holds everything up to a position: there may be more to do. */
  moved(position: number): void {
    this.#modelAt = Math.max(this.#modelAt, position);
    this.#looking.wake();
  }

  /** Looks at once, because time has moved. */
  wake(): void {
    this.#looking.wake();
  }

  /** Begins nothing new, and resolves when what is under way has ended and is on record. */
  async stop(): Promise<void> {
    await this.#looking.stop();
    for (const lane of this.#lanes.values()) lane.clear();
    await this.#options.sender.drain(() => Promise.all(this.#underWay));
    await this.#renewing.stop();
    // Who takes a lease that was given back does not look whether anything is missing in the read model, so it must not
    // be; a lease that ends by itself is taken with more care.
    await withDeadline(this.#options.settled(), settleMs, 'the read model of deliveries').catch(() => {});
    this.#forget();
    const settled = [...this.#lanes.values()].filter(({ isSettled }) => isSettled);
    await this.#options.leases.give(settled.map(({ webhook }) => webhook));
  }

  /** One look at what is due. */
  async #look(): Promise<boolean> {
    await this.#paced();
    const { sql, now } = this.#options;
    this.#forget();
    const at = now();
    const waiting = await waitingHooks(sql);
    const ready = waiting.filter(({ due_ms }) => due_ms <= at);
    await this.#adopt(ready);
    await this.#release(waiting);
    const wanted = ready
      .filter(({ webhook }) => !this.#unsure.has(webhook))
      .flatMap(({ hook }) => this.#lanes.get(hook) ?? [])
      .filter(({ room }) => room > 0);
    if (wanted.length === 0) return false;
    const due = await dueDeliveries(
      sql,
      at,
      wanted.map(({ hook, limit }) => ({ hook, limit })),
    );
    const fresh = due.filter(row => this.#lanes.get(row.hook)?.isNew(row));
    const positions = [...new Set(fresh.map(({ position }) => position))];
    const events = new Map((await readPositions(sql, positions)).map(event => [event.position, event]));
    for (const row of fresh) this.#lanes.get(row.hook)?.push({ due: row, event: events.get(row.position) });
    this.#pump();
    // What found no room is looked for again when there is some.
    return false;
  }

  /**
   * Forgets what is in the read model by now. Only here, before it is asked: an answer that was on its way meanwhile may
   * have been given before, and would bring back what is forgotten as if it were due.
   */
  #forget(): void {
    const isIn = ({ at }: { at: number }) => at <= this.#modelAt;
    for (const { lane, position } of this.#recorded.filter(isIn)) lane.forget(position);
    this.#recorded = this.#recorded.filter(one => !isIn(one));
  }

  /** Takes the leases of webhooks that have something due, as far as nobody else holds them. */
  async #adopt(due: readonly Waiting[]): Promise<void> {
    const { leases } = this.#options;
    for (const { hook, changed, failing_since } of due) this.#lanes.get(hook)?.update(changed, failing_since);
    const strange = due.filter(({ webhook }) => !leases.holds(webhook));
    const { taken, abandoned } = await leases.take(strange.map(({ webhook }) => webhook));
    const [ours, unsure] = [new Set(taken), new Set(abandoned)];
    for (const hook of strange) {
      this.#lanes.get(hook.hook)?.clear();
      if (unsure.has(hook.webhook)) this.#unsure.set(hook.webhook, hook);
      else if (ours.has(hook.webhook)) this.#open(hook);
    }
    if (this.#unsure.size > 0) this.#settling ??= this.#settle();
  }

  #open(waiting: Waiting): void {
    if (!this.#lanes.has(waiting.hook)) this.#lanes.set(waiting.hook, new Lane(waiting));
  }

  /** Waits beside everything else until what dead holders have done is in the read model, however long that takes. */
  async #settle(): Promise<void> {
    const unsure = [...this.#unsure.values()];
    try {
      await this.#options.settled();
      for (const waiting of unsure) {
        this.#unsure.delete(waiting.webhook);
        this.#open(waiting);
      }
      this.#looking.wake();
    } catch (error) {
      // Looked for again after the usual pause: what stands against it may stay.
      if (!this.#looking.stopped) this.#options.onError(error, 'webhook dispatcher');
    }
    this.#settling = undefined;
  }

  /** Drops what waits for webhooks that are not active any more, and gives back those that nothing waits for. */
  async #release(waiting: readonly Waiting[]): Promise<void> {
    const soonMs = this.#options.now() + keptMs;
    const needed = new Set(waiting.filter(({ due_ms }) => due_ms <= soonMs).map(({ hook }) => hook));
    const idle: Lane[] = [];
    for (const lane of this.#lanes.values()) {
      if (needed.has(lane.hook)) continue;
      lane.clear();
      if (lane.isSettled && performance.now() - lane.busyAt > keptMs) idle.push(lane);
    }
    for (const lane of idle) this.#lanes.delete(lane.hook);
    await this.#options.leases.give(idle.map(({ webhook }) => webhook));
  }

  /** Sends what may be sent, one from each webhook in turn, so that none waits behind another's many. */
  #pump(): void {
    for (let isMore = true; isMore && this.#underWay.size < underWayMax; ) {
      isMore = false;
      for (const lane of this.#lanes.values()) {
        if (!lane.isReady || this.#underWay.size >= underWayMax) continue;
        if (lane.window.isClogged && this.#clogged >= cloggedMax) continue;
        if (!this.#options.leases.holds(lane.webhook)) {
          lane.clear();
          continue;
        }
        this.#send(lane);
        isMore = true;
      }
    }
  }

  #send(lane: Lane): void {
    const job = lane.shift()!;
    const { window } = lane;
    const clogged = window.isClogged ? 1 : 0;
    this.#clogged += clogged;
    const { sender, onError } = this.#options;
    const sending = sender
      .send(lane, job)
      .then(outcome => this.#ended(lane, outcome))
      .catch((error: unknown) => {
        // It is due as before.
        lane.forget(job.due.position);
        if (!(error instanceof Unsettled)) onError(error, 'webhook delivery');
      })
      .finally(() => {
        this.#clogged -= clogged;
        this.#underWay.delete(sending);
        lane.landed();
        this.#pump();
        if (lane.room > 0) this.#looking.wake();
      });
    this.#underWay.add(sending);
  }

  #ended(lane: Lane, { attempt, recorded }: Outcome): void {
    lane.window.after(isDelivered(attempt), attempt.latencyMs);
    // Not waited for: the slot is free as soon as the endpoint has answered.
    void recorded.then(at => this.#recorded.push({ at, lane, position: attempt.position }));
  }

  async #paced(): Promise<void> {
    const leftMs = this.#lookedAt + paceMs - performance.now();
    if (leftMs > 0) await new Promise(resolve => setTimeout(resolve, leftMs));
    this.#lookedAt = performance.now();
  }
}
