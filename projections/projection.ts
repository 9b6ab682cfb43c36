/**
 * What a read model is: a name, a version, tables, and a batch function from events to rows. It touches only its own
 * tables and never acts on the world, so that it can be rebuilt at any time. Tables are named without a schema: the
 * projector keeps each version in a schema of its own and sets the search path, so that a new version can be built
 * beside the one that serves.
 */
import type postgres from 'postgres';
import type { AnyEvent, EventType, Family } from '../events/index.ts';

export type Sql = postgres.Sql<{ bigint: number }>;

export interface Projection {
  readonly name: string;
  /** Raised when tables or meaning change: the new version is then built from position 0. */
  readonly version: number;
  /** Whose events it takes in: one family's, or those of both in the order of the ledger. */
  readonly family: Family | 'all';
  /** Least time between two batches, in milliseconds, if it is not the usual one; not while a reader waits. */
  readonly paceMs?: number;
  /** Most events in a batch, where more at once cost less each. */
  readonly batchMax?: number;
  /** The events it answers to; all others pass it by. */
  readonly handles: readonly EventType[];
  /** Facts it has to know before its first event, wherever they stand: given to `apply` with every batch. */
  readonly knows?: readonly EventType[];
  /** DDL of its tables, run once in an empty schema. */
  readonly tables: string;
  /** Those that answers are kept in and no event is: they follow from the others, and each replay has its own. */
  readonly keeps?: readonly string[];
  /** Turns events, in order, into rows. Runs in the transaction that moves the checkpoint. */
  apply(sql: Sql, events: readonly AnyEvent[], known?: readonly AnyEvent[]): Promise<void>;
  /**
   * The same for all events behind a position up to another one, read straight from the ledger's tables: where making
   * events of rows would be most of the work. Used to catch up; what comes live comes as events. It looks at the ledger
   * alone, in a transaction of its own, and returns what turns into rows what it has read: so a range can be read while
   * the one before it is written.
   */
  digest?(sql: Sql, after: number, to: number, known: readonly AnyEvent[]): Promise<(sql: Sql) => Promise<void>>;
  /**
   * The organisations of whose scans it wants any among these facts, as far as they and its rows tell: to catch up, for
   * then all others' need not be read. Absent when it wants all scans, or none.
   */
  scansOf?(sql: Sql, facts: readonly AnyEvent[]): Promise<readonly string[]>;
}

/** Which rows of a list are asked for, newest first: those behind an id, or behind so many. */
export interface Slice {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly offset?: number | undefined;
}

/** Schema of a projection's version. */
export const schemaOf = ({ name, version }: Pick<Projection, 'name' | 'version'>): string => `${name}_v${version}`;

/** Calendar month in UTC, `YYYY-MM`: the period of usage and quota. */
export const periodOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

/** Calendar day in UTC, `YYYY-MM-DD`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Streams of these events that had rows before: all but those that begin among them with `beginning`. */
export function streamsBefore(events: readonly AnyEvent[], beginning: EventType): string[] {
  const begun = new Set(events.filter(event => event.type === beginning).map(event => event.stream));
  return [...new Set(events.map(event => event.stream))].filter(stream => !begun.has(stream));
}
