/**
 * Transactions, each on a connection that nobody else uses meanwhile. Neither way of postgres 3.4.9 is safe when the
 * server closes a connection in mid-transaction: the next statement on a reserved connection crashes the program or
 * never settles, and `begin` needs pipelining (see connect.ts). So a transaction has a client of a single connection,
 * and from the moment that one closes no statement of it is sent any more: on a new connection it would stand alone.
 */
import type postgres from 'postgres';

export type Sql = postgres.Sql<{ bigint: number }>;

/** A client of one connection. */
interface Line {
  readonly sql: Sql;
  /** Hears when the connection closes. */
  lost: () => void;
}

/**
 * The lines of a pool, opened when needed and used again: as many as there are transactions at once. There is no limit
 * to wait at, because transactions wait for each other's locks, and one that is waited for must not have to wait.
 */
export class Lines {
  readonly #open: (onclose: () => void) => Sql;
  readonly #all = new Set<Line>();
  readonly #free: Line[] = [];

  constructor(open: (onclose: () => void) => Sql) {
    this.#open = open;
  }

  take(): Line {
    const free = this.#free.pop();
    if (free) return free;
    const line: Line = { sql: this.#open(() => line.lost()), lost: () => {} };
    this.#all.add(line);
    return line;
  }

  /** A line is good for another transaction when its last one ended as it should. */
  give(line: Line, isGood: boolean): void {
    line.lost = () => {};
    if (isGood) this.#free.push(line);
    else {
      this.#all.delete(line);
      line.sql.end({ timeout: 0 }).catch(() => {});
    }
  }

  async end(options: Parameters<Sql['end']>[0]): Promise<void> {
    await Promise.all([...this.#all].map(({ sql }) => sql.end(options)));
  }
}

const linesOf = new WeakMap<Sql, Lines>();

/** Gives a pool its lines, which end with it. */
export function withLines(sql: Sql, lines: Lines): Sql {
  const { end } = sql;
  sql.end = async options => {
    await Promise.all([end(options), lines.end(options)]);
  };
  linesOf.set(sql, lines);
  return sql;
}

class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED';
}

/** Runs `work` in one transaction on a connection of its own; commits what it returns, rolls back what it throws. */
export async function transaction<T>(sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T> {
  const lines = linesOf.get(sql)!;
  const line = lines.take();
  let isOpen = true;
  /** What part of the work still says then would stand alone behind the end. */
  let isOver = false;
  const lost = new Promise<never>((_, reject) => {
    line.lost = () => {
      isOpen = false;
      reject(new ConnectionLost('the connection was closed in mid-transaction'));
    };
  });
  lost.catch(() => {});
  const sure = () => {
    if (!isOpen || isOver) throw new ConnectionLost('the transaction is over');
  };
  const tx = new Proxy(line.sql, {
    apply: (target, self, args) => {
      sure();
      return Reflect.apply(target, self, args);
    },
    get: (target, name) => {
      sure();
      return Reflect.get(target, name);
    },
  });
  let isGood = false;
  try {
    await tx`begin`;
    const result = await Promise.race([work(tx), lost]);
    sure();
    isOver = true;
    await line.sql`commit`;
    isGood = isOpen;
    return result;
  } catch (error) {
    isOver = true;
    const rollback = () => line.sql`rollback`.then(() => isOpen);
    isGood = isOpen && (await Promise.race([rollback(), lost]).catch(() => false));
    throw error;
  } finally {
    isOpen = false;
    lines.give(line, isGood);
  }
}
