/**
 * A read model built anew from position 0 beside the live one, compared with it row by row, and put in its place. It works
 * beside the running program: the live one serves until the change and stands still for moments only. What is built
 * stays when it is interrupted, and the next replay goes on from there; an erasure takes it away, for it may hold what was
 * erased.
 */
import { createHash } from 'node:crypto';
import type { AnyEvent } from '../events/index.ts';
import { type Projection, schemaOf } from '../projections/projection.ts';
import { Follower } from './follower.ts';
import { moveAll, prepare } from './projector.ts';
import { type Sql, transaction } from './store/connect.ts';
import { readFacts, readHead, readRun } from './store/read.ts';
import { type Comparison, compareSchemas } from './store/row-comparison.ts';
import type { Feed } from './stream/subscribe.ts';

export interface ReplayOptions {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly onError: (error: unknown, name: string) => void;
  readonly onProgress: (done: number, total: number) => void;
  /** Ends it where it is, up to the moment of the change. */
  readonly signal: AbortSignal;
  /** What was left behind is of no use. */
  readonly restart?: boolean;
}

/** Somebody has ended it. */
export class Cancelled extends Error {}

/** What was built was taken away: it begins anew. */
export class Gone extends Error {}

/**
 * Drops all that replays are building or have left, and what they put others in the place of: nobody knows whether it
 * will ever get to an erasure. Whoever is building there finds its checkpoint gone and writes nothing more.
 */
export async function dropBuilds(sql: Sql): Promise<void> {
  await transaction(sql, async tx => {
    const built = await tx`delete from projections.checkpoints where schema like ${'%\\_next'} returning schema`;
    const replaced = await tx`
      select nspname as schema from pg_namespace
      where nspname in (select schema || '_old' from projections.checkpoints)`;
    for (const { schema } of [...built, ...replaced]) await tx.unsafe(`drop schema if exists ${schema} cascade`);
  });
}

const dayMs = 24 * 3_600_000;
/** As far as the live one may be behind before it is clear that nobody keeps it current. */
const liveMs = 60_000;
const lookEveryMs = 20;
const pageMax = 50_000;

export class Replay {
  readonly #projection: Projection;
  readonly #options: ReplayOptions;
  readonly #live: string;
  readonly #next: string;

  constructor(projection: Projection, options: ReplayOptions) {
    this.#projection = projection;
    this.#options = options;
    this.#live = schemaOf(projection);
    this.#next = `${this.#live}_next`;
  }

  /** Builds up to where the ledger ends now, from where an earlier try has ended; returns where it began. */
  async build(): Promise<number> {
    const { sql, feed, onError, onProgress, signal } = this.#options;
    const from = await this.#prepare();
    const head = await readHead(sql);
    const onMoved = (_: string, position: number) => onProgress(Math.min(position, head), head);
    const gone = Promise.withResolvers<never>();
    const onTrouble = (error: unknown, name: string) => {
      const told = (found?: unknown) => (found instanceof Gone ? gone.reject(found) : onError(error, name));
      void this.#refuseGone().then(told, told);
    };
    const building = new Follower(this.#projection, this.#next, from, { sql, feed, onError: onTrouble, onMoved });
    const cancelled = new Promise<never>((_, reject) => {
      const cancel = () => reject(new Cancelled());
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel);
    });
    try {
      await Promise.race([building.reached(head, dayMs), cancelled, gone.promise]);
    } finally {
      await building.stop();
    }
    // Of a large ledger most is of no concern to it, and need not be read again to bring it level with the live one.
    const to = Math.min(building.position, await this.#position(sql, this.#live));
    if (to > building.stored) await moveAll(sql, [{ schema: this.#next, from: building.stored, to }]);
    return from;
  }

  /** Compares what was built with what serves, both as of one position. */
  async compare(): Promise<{ position: number; tables: Comparison[] }> {
    const { sql } = this.#options;
    let comparing: Promise<Comparison[]> | undefined;
    const levelled = this.#level(
      position =>
        new Promise<number>((resolve, reject) => {
          comparing = transaction(sql, async tx => {
            await tx`set transaction isolation level repeatable read, read only`;
            const [row] = await tx`select pg_backend_pid() as pid`;
            // The snapshot is taken: the live one may go on.
            resolve(position);
            return this.#endedWith(row!['pid'], () =>
              compareSchemas(tx, this.#live, this.#next, this.#projection.keeps),
            );
          });
          comparing.catch(reject);
        }),
    );
    try {
      const position = await levelled;
      return { position, tables: await comparing! };
    } catch (error) {
      // Its session was ended, and with it whatever it was about to say.
      this.#goOn();
      await this.#refuseGone();
      throw error;
    }
  }

  /** Work of a session that is ended when somebody cancels: a table of millions of rows is one long statement. */
  async #endedWith<T>(pid: number, work: () => Promise<T>): Promise<T> {
    const { sql, signal } = this.#options;
    this.#goOn();
    const end = () => void sql`select pg_terminate_backend(${pid})`.catch(() => {});
    signal.addEventListener('abort', end);
    return work().finally(() => signal.removeEventListener('abort', end));
  }

  /** Throws when somebody has cancelled. */
  #goOn(): void {
    if (this.#options.signal.aborted) throw new Cancelled();
  }

  /** Throws when what was built is not there any more. */
  async #refuseGone(): Promise<void> {
    await this.#position(this.#options.sql, this.#next);
  }

  /** Where a schema stands. */
  async #position(sql: Sql, schema: string): Promise<number> {
    const [row] = await sql`select position from projections.checkpoints where schema = ${schema}`;
    if (!row) throw new Gone(`${schema} is not there any more`);
    return row['position'];
  }

  /** Puts what was built in the place of what serves; returns the position of the change. */
  async swap(): Promise<number> {
    const { sql } = this.#options;
    const old = `${this.#live}_old`;
    await sql.unsafe(`drop schema if exists ${old} cascade`);
    const position = await this.#level(async (position, tx) => {
      this.#goOn();
      // First of all, so that it is not taken away meanwhile.
      const { count } = await tx`delete from projections.checkpoints where schema = ${this.#next}`;
      if (count === 0) throw new Gone();
      // Renaming takes no lock on a table, so that no reader waits; dropping does.
      await tx
        .unsafe(`alter schema ${this.#live} rename to ${old}; alter schema ${this.#next} rename to ${this.#live}`)
        .simple();
      return position;
    });
    await sql.unsafe(`drop schema if exists ${old} cascade`);
    return position;
  }

  /** Removes what was built. */
  async discard(): Promise<void> {
    await transaction(this.#options.sql, async tx => {
      await tx.unsafe(`drop schema if exists ${this.#next} cascade`);
      await tx`delete from projections.checkpoints where schema = ${this.#next}`;
    });
  }

  /** Schema and checkpoint; what an earlier try has left is gone on with if its tables are those of today. */
  async #prepare(): Promise<number> {
    const { sql, restart = false } = this.#options;
    const shape = createHash('sha256').update(this.#projection.tables).digest('hex');
    const [row] = await sql`select obj_description(to_regnamespace(${this.#next}), 'pg_namespace') as shape`;
    if (restart || row!['shape'] !== shape) await this.discard();
    const position = await prepare(sql, this.#projection, this.#next);
    await sql.unsafe(`comment on schema ${this.#next} is '${shape}'`);
    return position;
  }

  /** Does something while both stand at one position; the live one waits meanwhile. */
  async #level<T>(work: (position: number, tx: Sql) => Promise<T>): Promise<T> {
    const { sql } = this.#options;
    const built = await this.#position(sql, this.#next);
    const deadline = performance.now() + liveMs;
    while ((await this.#position(sql, this.#live)) < built) {
      this.#goOn();
      if (performance.now() > deadline) throw new Error(`nobody keeps ${this.#live} current`);
      await new Promise(resolve => setTimeout(resolve, lookEveryMs));
    }
    // Most of the way is gone before the live one has to wait.
    await this.#applyUpTo(await this.#position(sql, this.#live));
    return transaction(sql, async tx => {
      const [row] = await tx`select position from projections.checkpoints where schema = ${this.#live} for update`;
      await this.#applyUpTo(row!['position']);
      return work(row!['position'], tx);
    });
  }

  /** Takes events in up to a position and not one further. */
  async #applyUpTo(to: number): Promise<void> {
    const { sql } = this.#options;
    const { family, handles, knows = [] } = this.#projection;
    const known = await readFacts(sql, knows);
    for (;;) {
      const from = await this.#position(sql, this.#next);
      if (from >= to) return;
      this.#goOn();
      const families = family === 'all' ? (['facts', 'scans'] as const) : [family];
      const runs = await Promise.all(families.map(each => readRun(sql, each, from, pageMax)));
      const end = Math.min(to, ...runs.map(run => run.to));
      const events = runs
        .flatMap(run => run.events)
        .filter(({ position, type }) => position <= end && (handles as readonly string[]).includes(type))
        .sort((a: AnyEvent, b: AnyEvent) => a.position - b.position);
      await transaction(sql, async tx => {
        await tx.unsafe(`set local search_path = ${this.#next}`);
        const { count } = await tx`
          update projections.checkpoints set position = ${end} where schema = ${this.#next} and position = ${from}`;
        if (count === 0) throw new Gone();
        if (events.length > 0) await this.#projection.apply(tx, events, known);
      });
    }
  }
}
