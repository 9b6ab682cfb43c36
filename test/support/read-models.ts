/**
 * Read models as tests look at them: all their rows in a comparable form, and what a list of events makes of empty
 * tables, in one batch or in many. Everything is rolled back, so that one database serves many tries.
 */
import type { AnyEvent } from '../../events/index.ts';
import { type Projection, schemaOf } from '../../projections/projection.ts';
import { Projector } from '../../src/projector.ts';
import { Replay, type ReplayOptions } from '../../src/replay.ts';
import { type Sql, transaction } from '../../src/store/connect.ts';
import type { Feed } from '../../src/stream/subscribe.ts';

/** Rows by table, each table's in one order. */
export type Rows = Record<string, Record<string, unknown>[]>;

/** A feed that brings nothing: whoever listens to it lives on what it reads from the ledger. */
export const silentFeed: Feed = { listen: () => () => {}, close: async () => {} };

/** Creates the tables. */
export async function prepareModels(sql: Sql, projections: readonly Projection[]): Promise<void> {
  await new Projector({ sql, feed: silentFeed, onError: () => {} }).prepare(projections);
}

/**
 * Builds read models anew from position 0, all at once, and puts one after the other in the place of the live one, as
 * `audit replay` does; returns the positions at which that was.
 */
export async function rebuild(
  place: Pick<ReplayOptions, 'sql' | 'feed' | 'onError'>,
  ...projections: readonly Projection[]
): Promise<number[]> {
  const { signal } = new AbortController();
  const replays = projections.map(projection => new Replay(projection, { ...place, signal, onProgress: () => {} }));
  await Promise.all(replays.map(replay => replay.build()));
  const positions: number[] = [];
  for (const replay of replays) positions.push(await replay.swap());
  return positions;
}

/** Every row of every table in a schema. */
export async function rowsIn(sql: Sql, schema: string): Promise<Rows> {
  const tables = await sql`select table_name from information_schema.tables where table_schema = ${schema} order by 1`;
  const rows: Rows = {};
  for (const { table_name: table } of tables) {
    const found = await sql.unsafe(`select to_jsonb(t) as row from ${schema}.${table} t order by to_jsonb(t)::text`);
    rows[table] = found.map(({ row }) => row);
  }
  return rows;
}

/** What these batches of events make of a projection's empty tables; only what it handles reaches it, as in real life. */
export async function modelled(sql: Sql, projection: Projection, ...batches: (readonly AnyEvent[])[]): Promise<Rows> {
  return trial(sql, projection, batches, tx => rowsIn(tx, schemaOf(projection)));
}

/** Asks the tables of one projection, or of several together, when they hold what these batches of events make of them. */
export async function trial<T>(
  sql: Sql,
  asked: Projection | readonly Projection[],
  batches: readonly (readonly AnyEvent[])[],
  ask: (tx: Sql) => Promise<T>,
): Promise<T> {
  const over = new Error('rolled back');
  let answer: T | undefined;
  const projections: readonly Projection[] = [asked].flat();
  const tried = transaction(sql, async tx => {
    await tx.unsafe(`set local search_path = ${projections.map(schemaOf).join(', ')}`);
    const all = batches.flat();
    for (const batch of batches) for (const each of projections) await take(tx, each, batch, all);
    answer = await ask(tx);
    throw over;
  });
  await tried.catch(error => {
    if (error !== over) throw error;
  });
  return answer as T;
}

/** Gives a projection what it handles of these events, and of all there are what it has to know, as in real life. */
export async function take(
  sql: Sql,
  projection: Projection,
  events: readonly AnyEvent[],
  all: readonly AnyEvent[] = events,
): Promise<void> {
  const handled = events.filter(({ type }) => projection.handles.includes(type));
  const known = all.filter(({ type }) => projection.knows?.includes(type));
  if (handled.length > 0) await projection.apply(sql, handled, known);
}

/** What stands in the rows after that did not before: changed and new ones, by table. */
export function added(before: Rows, after: Rows): Rows {
  const changes: Rows = {};
  for (const [table, rows] of Object.entries(after)) {
    const old = new Set(before[table]?.map(row => JSON.stringify(row)));
    const fresh = rows.filter(row => !old.has(JSON.stringify(row)));
    if (fresh.length > 0) changes[table] = fresh;
  }
  return changes;
}

/** A stored event; what is left out of the envelope is filled in. */
export function eventOf<T extends AnyEvent['type']>(
  type: T,
  stream: string,
  data: Extract<AnyEvent, { type: T }>['data'],
  envelope: Partial<Pick<AnyEvent, 'position' | 'version' | 'at' | 'org'>> = {},
): AnyEvent {
  const { position = 1, version = 1, at = Date.UTC(2026, 3, 8, 12), org = 'org_1' } = envelope;
  return { position, stream, version, at, org, actor: 'key_1', request: null, type, data } as AnyEvent;
}
