/**
 * How this program talks to Postgres: one place for the options that keep it honest. Positions and times fit a double
 * (2^53), so bigint arrives as number; a query that gets no answer is given up instead of waiting for ever.
 */
import postgres from 'postgres';
import { Lines, type Sql, transaction, withLines } from './transaction.ts';

export { type Sql, transaction };

export interface ConnectOptions {
  readonly max?: number;
  /** Schemas that unqualified names are looked up in; the projections' tables live there. */
  readonly searchPath?: readonly string[];
  readonly name?: string;
  /** Whose rows are seen: all by default, see tenants.ts. */
  readonly org?: string;
  /** A role to take on. */
  readonly role?: string | undefined;
  /** Whether each statement is planned once, and to find every row by an index, however small its table still is. */
  readonly isPlannedOnce?: boolean;
  /** Its connections are kept for as long as they work. */
  readonly isLasting?: boolean;
  /** Whether a query is sent while others are not answered yet. */
  readonly isPipelined?: boolean;
}

/**
 * A session goes on with a plan made while a table was small, such as to read all of it, until that is analyzed: in the first
 * minute of a new database each create read all names that were given so far.
 */
const plannedOnce = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/** Lists as Postgres writes them, by the number of their type. */
const numbers = (to: number) => ({
  to,
  from: [to],
  serialize: (list: readonly number[]) => `{${list.join(',')}}`,
  parse: (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)),
});
const texts = {
  to: 1009,
  from: [1009, 1003, 1015],
  serialize: (list: readonly string[]) => `{${list.map(text => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`,
  // Quoted where it holds what would mean something; no list here holds a null.
  parse: (text: string) =>
    [...text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)].map(([bare, quoted]) =>
      quoted === undefined ? bare : quoted.replace(/\\(.)/gs, '$1'),
    ),
};

/** Opens a pool, and a connection for each transaction; nothing is sent before the first query. */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const open = (size: number, onclose?: () => void): Sql =>
    postgres(url, {
      max: size,
      // Pipelined queries have hung after a dropped connection (postgres #970), so that only the ledger's are, which are given
      // up in time. What else 3.4.9 does wrong when one is dropped is mended by patches/: its error is told to the first query
      // of the next (postgres #1223), a query that was given to it after its error is never answered, what it had still to
      // send is sent to the next server, and the rows of a query that failed behind them stand before those of the next. And it
      // stays with a server that refuses to write since another one has taken its place (25006). One that is only asked over a
      // connection says nothing of it, and is stayed with. They also spare a large statement five copies of itself, and Postgres
      // the search for the end of each text: bytes and text are sent in the binary format.
      max_pipeline: options.isPipelined ? 100 : 0,
      connect_timeout: 10,
      // By default a connection ends after half an hour or more, also in the midst of a transaction, which then never gets to
      // its end if it takes so long: that of a verification does.
      ...((onclose || options.isLasting) && { max_lifetime: null }),
      // Seconds before a connection that failed is tried again. By default that triples with every failure of the pool, up
      // to 20, and a query that was given to such a connection waits so long, though the database is long back.
      backoff: (retries: number) => Math.min(0.02 * 2 ** retries, 0.25),
      onnotice: () => {},
      ...(onclose && { onclose }),
      // postgres asks each new connection for the types of lists, and if that one is closed just then, its rejection is
      // nobody's and ends the program. The few that are used here are known.
      fetch_types: false,
      types: {
        bigint: { to: 20, from: [20], serialize: String, parse: Number },
        integers: numbers(1007),
        bigints: numbers(1016),
        doubles: numbers(1022),
        texts,
      },
      connection: {
        application_name: options.name ?? 'indelible',
        TimeZone: 'UTC',
        'indelible.org': options.org ?? '*',
        ...(options.role && { role: options.role }),
        ...(options.isPlannedOnce && plannedOnce),
        search_path: [...(options.searchPath ?? []), 'public'].join(','),
      },
    } as unknown as postgres.Options<{ bigint: postgres.PostgresType<number> }>) as unknown as Sql;
  return withLines(open(options.max ?? 10), new Lines(onclose => open(1, onclose)));
}

const outages =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(HOST|NET)(UNREACH|DOWN)|08|25006|40|53|57P0)/;

/** SQLSTATE classes and client codes that say "the store can't do it now", not "the statement is wrong". */
export function isOutage(error: unknown): boolean {
  const code = (error as { code?: unknown })?.code;
  if (typeof code !== 'string') return error instanceof DeadlineError;
  return outages.test(code);
}

/**
 * Longest pause before what failed so is tried again, for a Worker. Who waits for a database that is away is to know within
 * a second of its return what others changed; asking costs nothing, because a pool tries its connections no more often than
 * its backoff says. What fails otherwise mostly fails again, and may cost much.
 */
export const retryMaxMs = (error: unknown): number => (isOutage(error) ? 100 : 2_000);

/** A query that got no answer in time. Whether it took effect is not known. */
export class DeadlineError extends Error {}

/** Settles with the promise, or rejects with a DeadlineError after `timeoutMs`. */
export function withDeadline<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`${what} took more than ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}
