/**
 * Keeps the read models current: one follower for each projection, each on its own, so that one that stops holds up no
 * other. A new version of a projection gets a schema of its own and is built while the old one serves. How one is built
 * anew and put in the place of the live one stands in `replay.ts`.
 */
import { type Projection, schemaOf } from '../projections/projection.ts';
import { Follower, type FollowerOptions, type Moving, type ProjectionStatus } from './follower.ts';
import { type Sql, transaction, withDeadline } from './store/connect.ts';
import { Worker } from './worker.ts';

export type { ProjectionStatus } from './follower.ts';

/** How often checkpoints are compared with what the followers know: so long may a foreign event keep a reader waiting. */
const keepEveryMs = 200;
const keepTimeoutMs = 10_000;
const dayMs = 24 * 3_600_000;

export class Projector {
  readonly #options: FollowerOptions;
  readonly #followers: Follower[] = [];
  readonly #keeper: Worker;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { onError } = options;
    this.#keeper = new Worker(() => this.#keep(), { name: 'projector', idleMs: keepEveryMs, onError });
  }

  /** Creates the tables that are missing. */
  async prepare(projections: readonly Projection[]): Promise<void> {
    await prepareCheckpoints(this.#options.sql);
    for (const projection of projections) await prepare(this.#options.sql, projection, schemaOf(projection));
  }

  /** Starts following; the tables must be there. */
  async start(projections: readonly Projection[]): Promise<void> {
    for (const projection of projections) {
      const position = await this.checkpoint(projection);
      this.#followers.push(new Follower(projection, schemaOf(projection), position, this.#options));
    }
    this.#keeper.start();
  }

  /** The stored checkpoint of a projection: its rows hold everything up to here. */
  async checkpoint(projection: Projection): Promise<number> {
    const [row] = await this.#options.sql`
      select position from projections.checkpoints where schema = ${schemaOf(projection)}`;
    return row!['position'];
  }

  /**
   * Resolves when the named projections have taken in everything up to a position; rejects after `timeoutMs`, and at
   * once when one of them has stopped at an event before it.
   */
  async reached(position: number, names: readonly string[], timeoutMs = 30_000): Promise<void> {
    const named = this.#followers.filter(({ projection }) => names.includes(projection.name));
    await Promise.all(named.map(follower => follower.reached(position, timeoutMs)));
  }

  /** Resolves when each projection has taken in everything up to a position, or has stopped at an event before it. */
  async settled(position: number): Promise<void> {
    await Promise.allSettled(this.#followers.map(follower => follower.reached(position, dayMs)));
  }

  status(): ProjectionStatus[] {
    return this.#followers.map(follower => follower.status());
  }

  async stop(): Promise<void> {
    await this.#keeper.stop();
    await Promise.all(this.#followers.map(follower => follower.stop()));
  }

  async #keep(): Promise<boolean> {
    const believed = this.#followers.map(({ stored }) => stored);
    const reading = this.#options.sql`select schema, position from projections.checkpoints`;
    const rows = await withDeadline(reading, keepTimeoutMs, 'reading the checkpoints');
    const stored = new Map(rows.map(row => [row['schema'] as string, row['position'] as number]));
    const moves: Move[] = [];
    const moving = Promise.withResolvers<ReadonlySet<string>>();
    const move: Moving = (schema, from, to) => {
      moves.push({ schema, from, to });
      return moving.promise.then(moved => moved.has(schema));
    };
    const kept = Promise.all(this.#followers.map((f, i) => f.keep(stored.get(f.schema) ?? 0, believed[i]!, move)));
    moving.resolve(moveAll(this.#options.sql, moves));
    await kept;
    return false;
  }
}

/** A checkpoint to be moved over events that are of no concern to its projection. */
interface Move {
  readonly schema: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Moves checkpoints in one transaction: one for each cost 200 statements a second while scans came. Tells which were
 * moved; one that somebody works on is left as it is, so that nobody waits for another's batch.
 */
export async function moveAll(sql: Sql, moves: readonly Move[]): Promise<ReadonlySet<string>> {
  if (moves.length === 0) return new Set();
  const moving = transaction(sql, async tx => {
    await tx`set local synchronous_commit = off`;
    return tx`
      with free as (
        select c.schema, m.after from projections.checkpoints c
        join unnest(${moves.map(({ schema }) => schema)}::text[], ${moves.map(({ from }) => from)}::bigint[],
          ${moves.map(({ to }) => to)}::bigint[]) m (schema, before, after)
          on c.schema = m.schema and c.position = m.before
        for update of c skip locked
      )
      update projections.checkpoints c set position = free.after from free where c.schema = free.schema
      returning c.schema`;
  });
  const rows = await withDeadline(moving, keepTimeoutMs, 'storing the checkpoints');
  return new Set(rows.map(row => row['schema'] as string));
}

async function prepareCheckpoints(sql: Sql): Promise<void> {
  await transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtext('indelible projections'))`;
    await tx`create schema if not exists projections`;
    await tx`create table if not exists projections.checkpoints (
      schema text collate "C" primary key, position bigint not null)`;
  });
}

/** Creates schema and tables when missing; returns the checkpoint. */
export function prepare(sql: Sql, projection: Projection, schema: string): Promise<number> {
  return transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtext('indelible projections'))`;
    const [known] = await tx`select position from projections.checkpoints where schema = ${schema}`;
    if (known) return known['position'] as number;
    await tx.unsafe(`create schema ${schema}; set local search_path = ${schema}; ${projection.tables}`).simple();
    await tx`select ledger.protect_schema(${schema})`;
    await tx`insert into projections.checkpoints (schema, position) values (${schema}, 0)`;
    return 0;
  });
}
