/**
 * A projection at work in a schema: it follows the ledger and turns events into rows. Rows and checkpoint change in one
 * transaction, and the checkpoint moves only from where this follower left it, so that an event is never applied twice,
 * whoever else works on the same rows. An event that can't be digested stops it, and it says so until that is mended.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Projection } from '../projections/projection.ts';
import { stretches } from './catching-up.ts';
import { isOutage, type Sql, transaction, withDeadline } from './store/connect.ts';
import { type Run, readFacts } from './store/read.ts';
import { type Feed, Subscription } from './stream/subscribe.ts';
import { Waiters } from './waiters.ts';

/** Events per transaction. A rebuild of sparse scans makes 20,000 events/s in batches of 5,000 and 66,000 in these. */
const batchMax = 50_000;
/**
 * Pace of a projection that names none. A batch costs four round trips to the database whatever is in it, and without a
 * pace codes that were made one by one at 4,700/s cost 650 batches a second.
 */
const paceMsDefault = 50;
/** Far beyond any batch. What was given up and ends after all is told by the checkpoint. */
const writeTimeoutMs = 60_000;

export interface FollowerOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly onError: (error: unknown, name: string) => void;
  /** Hears how far a read model is, whenever it has moved. Must not throw or wait. */
  readonly onMoved?: ((projection: string, position: number) => void) | undefined;
}

/** Stores a checkpoint, unless somebody else has moved it; called in the turn in which `keep` is. */
export type Moving = (schema: string, from: number, to: number) => Promise<boolean>;

/** How a projection is doing. */
export interface ProjectionStatus {
  readonly name: string;
  readonly position: number;
  /** The event it stopped at and why, if it did. */
  readonly poisoned?: { readonly position: number; readonly message: string };
}

export class Follower {
  readonly projection: Projection;
  readonly schema: string;
  readonly #options: FollowerOptions;
  readonly #handles: ReadonlySet<string>;
  readonly #waiting = new Waiters();
  #subscription: Subscription | undefined;
  readonly #starting: Promise<void>;
  #ending = false;
  /** Position taken in; the stored checkpoint is behind it while the events in between were of no concern. */
  #position: number;
  #stored: number;
  #poisoned: ProjectionStatus['poisoned'];
  #taking = false;
  #known: Promise<readonly AnyEvent[]> | undefined;
  #keeping: Promise<unknown> | undefined;

  constructor(projection: Projection, schema: string, checkpoint: number, options: FollowerOptions) {
    this.projection = projection;
    this.schema = schema;
    this.#options = options;
    this.#handles = new Set(projection.handles);
    this.#position = checkpoint;
    this.#stored = checkpoint;
    this.#starting = this.#start();
  }

  /** The rows hold everything up to here. */
  get position(): number {
    return this.#position;
  }

  /** The checkpoint as far as this follower knows. */
  get stored(): number {
    return this.#stored;
  }

  status(): ProjectionStatus {
    const { name } = this.projection;
    return { name, position: this.#position, ...(this.#poisoned && { poisoned: this.#poisoned }) };
  }

  /** Resolves when the rows hold everything up to a position; rejects after `timeoutMs`, and at once when stopped. */
  reached(position: number, timeoutMs: number): Promise<void> {
    if (this.#position >= position) return Promise.resolve();
    if (this.#poisoned) return Promise.reject(this.#stopped(this.#poisoned));
    const late = new Error(`projection ${this.projection.name} did not reach position ${position} in time`);
    const waiting = this.#waiting.wait(position, timeoutMs, late);
    this.#subscription?.hurry();
    return waiting;
  }

  /** Resolves when nothing changes any more. */
  async stop(): Promise<void> {
    this.#ending = true;
    await this.#starting;
    await this.#subscription?.stop();
    await this.#keeping;
    // What they wait for does not come any more; their clocks would keep the process alive.
    this.#waiting.fail(new Error(`projection ${this.projection.name} was stopped`));
  }

  /**
   * Brings checkpoint and follower together. A checkpoint that moves over foreign events only is stored here, now and
   * then, because that is not worth a transaction for each. One that has gone back was lost with the database's last
   * moments, and its rows with it: they are made again.
   * @param stored the checkpoint as it was read
   * @param believed what `stored` was before it was read
   */
  async keep(stored: number, believed: number, move: Moving): Promise<void> {
    if (!this.#subscription) return;
    if (stored < believed) {
      await this.#subscription.stop();
      this.#stored = stored;
      this.#position = stored;
      this.#subscription = this.#subscribe();
    } else if (this.#taking) {
      // A transaction under way moves the checkpoint; the next look will tell.
    } else if (stored > this.#stored) {
      this.#stored = stored;
      if (stored > this.#position) this.#moved(stored);
    } else if (this.#position > this.#stored) {
      const to = this.#position;
      this.#keeping = move(this.schema, this.#stored, to)
        .then(moved => {
          if (moved) this.#stored = to;
        })
        .finally(() => {
          this.#keeping = undefined;
        });
      await this.#keeping;
    }
  }

  #subscribe(): Subscription {
    const { sql, feed, onError } = this.#options;
    return new Subscription({
      name: `projection ${this.schema}`,
      sql,
      feed,
      family: this.projection.family,
      types: this.projection.handles,
      after: this.#position,
      batchMax: this.projection.batchMax ?? batchMax,
      paceMs: () => (this.#waiting.size > 0 ? 0 : (this.projection.paceMs ?? paceMsDefault)),
      onRun: run => this.#take(run),
      onError,
    });
  }

  async #start(): Promise<void> {
    // Whatever keeps it from catching up so is met again by the events one by one.
    await this.#catchUp().catch(error => this.#options.onError(error, `catching up of ${this.schema}`));
    if (!this.#ending) this.#subscription = this.#subscribe();
  }

  /** Catches up in the way the projection has for it. */
  async #catchUp(): Promise<void> {
    const known = () => this.#knowledge();
    for await (const { to, write } of stretches(this.projection, this.#options.sql, this.#stored, known)) {
      if (this.#ending || !(await this.#write(to, write))) return;
      this.#moved(to);
    }
  }

  async #take(run: Run): Promise<number | undefined> {
    await this.#keeping?.catch(() => {});
    this.#taking = true;
    try {
      const events = run.events.filter(event => event.position > this.#stored && this.#handles.has(event.type));
      if (events.length > 0 && !(await this.#apply(events, run.to))) return await this.#reload();
      this.#moved(run.to);
      return undefined;
    } finally {
      this.#taking = false;
    }
  }

  async #apply(events: readonly AnyEvent[], to: number): Promise<boolean> {
    try {
      const known = await this.#knowledge();
      const moved = await this.#write(to, tx => this.projection.apply(tx, events, known));
      this.#poisoned = undefined;
      return moved;
    } catch (error) {
      if (isOutage(error)) throw error;
      if (events.length === 1) {
        const message = error instanceof Error ? error.message : String(error);
        this.#poisoned = { position: events[0]!.position, message };
        this.#waiting.fail(this.#stopped(this.#poisoned));
        throw error;
      }
      // Somewhere in here is an event that can't be digested: what stands before it is taken in one by one.
      for (const event of events) {
        if (!(await this.#apply([event], event.position))) return false;
        this.#moved(event.position);
      }
      return true;
    }
  }

  /** Rows and checkpoint in one transaction; false when somebody else has moved the checkpoint. */
  async #write(to: number, change: (tx: Sql) => Promise<void>): Promise<boolean> {
    const from = this.#stored;
    const writing = transaction(this.#options.sql, async tx => {
      // A commit lost in a crash is made again from the ledger, so it need not wait for the disk.
      const { count } = await tx`
        update projections.checkpoints set position = ${to} where schema = ${this.schema} and position = ${from}
        returning set_config('synchronous_commit', 'off', true), set_config('search_path', schema, true)`;
      if (count === 1) await change(tx);
      return count === 1;
    });
    const moved = await withDeadline(writing, writeTimeoutMs, `a batch of ${this.schema}`);
    if (moved) this.#stored = to;
    return moved;
  }

  /** What the projection has to know; read once, for it was on record before the projection began. */
  #knowledge(): Promise<readonly AnyEvent[]> {
    this.#known ??= readFacts(this.#options.sql, this.projection.knows ?? []).catch(error => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  /** Goes on from the stored checkpoint. */
  async #reload(): Promise<number> {
    const [row] = await this.#options.sql`
      select position from projections.checkpoints where schema = ${this.schema}`;
    if (!row) throw new Error(`the schema ${this.schema} is not there any more`);
    this.#stored = row['position'];
    this.#moved(this.#stored);
    return this.#stored;
  }

  #moved(position: number): void {
    this.#position = position;
    this.#options.onMoved?.(this.projection.name, position);
    this.#waiting.reached(position);
  }

  #stopped({ position, message }: NonNullable<ProjectionStatus['poisoned']>): Error {
    return new Error(`projection ${this.projection.name} stopped at position ${position}: ${message}`);
  }
}
