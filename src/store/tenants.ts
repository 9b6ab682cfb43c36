/**
 * Reading for one organisation: what is asked within its scope goes over a connection that has told Postgres for whom it
 * reads, under a role that row-level security binds. So a statement that forgets its organisation finds that
 * organisation's rows and no others. What is asked outside of any scope is the program's own work and sees all.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect, type Sql } from './connect.ts';

/** Connections that read for organisations; one keeps its organisation until another one needs it. */
const linesMax = 5;
/** Reads everything, owns nothing, and no policy is waived for it: Postgres has it since version 14. */
const reader = 'pg_read_all_data';
/** What a client says of a connection that is gone, and `ledger.tenant()` on one that was made anew. */
const lost = /^(IN001|CONNECTION_|ECONN|EPIPE|57P01)/;

export interface Tenants {
  /** Like the pool it stands before; a statement belongs to the scope in which it was written. */
  readonly sql: Sql;
  /** Does something in the scope of an organisation. */
  within<T>(org: string, work: () => T): T;
}

const attemptsMax = 2;

interface Line {
  sql: Sql;
  org: string | undefined;
}

/** Its connections are closed with those of the rest. */
export async function openTenants(
  url: string,
  all: Sql,
  searchPath: readonly string[],
  closing: (() => Promise<unknown>)[],
): Promise<Tenants> {
  const [row] = await all`select rolsuper or rolbypassrls as waived from pg_roles where rolname = current_user`;
  const role = row?.['waived'] ? reader : undefined;
  const lines = new Lines(() => connect(url, { max: 1, searchPath, name: 'indelible tenants', role, org: '' }));
  closing.push(() => lines.close());
  const scopes = new AsyncLocalStorage<string>();
  const run = (statement: Statement): Promise<unknown> =>
    statement.org === undefined
      ? Promise.resolve(statement.on(all))
      : lines.use(statement.org, sql => statement.on(sql));
  const sql = new Proxy(all, {
    apply: (target, _, [first, ...values]: [unknown, ...unknown[]]) =>
      isTemplate(first)
        ? new Statement(run, scopes.getStore(), sql => sql(first, ...(values.map(made(sql)) as never[])))
        : Reflect.apply(target, undefined, [first, ...values]),
    get: (target, name) =>
      name === 'unsafe'
        ? (...args: Parameters<Sql['unsafe']>) =>
            new Statement(run, scopes.getStore(), sql => sql.unsafe(...args) as unknown as PromiseLike<unknown>)
        : Reflect.get(target, name),
  });
  return { sql, within: (org, work) => scopes.run(org, work) };
}

const isTemplate = (value: unknown): value is TemplateStringsArray => Array.isArray(value) && 'raw' in value;

/** A value of a template on a connection: parts of statements are made there too. */
const made =
  (sql: Sql) =>
  (value: unknown): unknown =>
    value instanceof Statement
      ? value.on(sql)
      : Array.isArray(value) && value[0] instanceof Statement
        ? value.map(made(sql))
        : value;

/** A statement, or a part of one, that is not on any connection yet; it is sent when somebody waits for it. */
class Statement implements PromiseLike<unknown> {
  readonly org: string | undefined;
  /** Makes it on a connection. */
  readonly on: (sql: Sql) => PromiseLike<unknown>;
  readonly #run: (statement: Statement) => Promise<unknown>;
  #sent: Promise<unknown> | undefined;

  constructor(
    run: (statement: Statement) => Promise<unknown>,
    org: string | undefined,
    on: (sql: Sql) => PromiseLike<unknown>,
  ) {
    this.#run = run;
    this.org = org;
    this.on = on;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is waited for like the statement that it stands for
  then<A = unknown, B = never>(
    done?: ((value: unknown) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#send().then(done, failed);
  }

  catch<B>(failed: (error: unknown) => B) {
    return this.#send().catch(failed);
  }

  finally(over: () => void) {
    return this.#send().finally(over);
  }

  #send(): Promise<unknown> {
    this.#sent ??= this.#run(this);
    return this.#sent;
  }
}

class Lines {
  readonly #open: () => Sql;
  readonly #all: Line[] = [];
  readonly #free: Line[] = [];
  readonly #waiting: ((line: Line) => void)[] = [];

  constructor(open: () => Sql) {
    this.#open = open;
  }

  async use<T>(org: string, work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    const line = await this.#take(org);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#asked(line, org, work);
        } catch (error) {
          line.org = undefined;
          if (attempt === attemptsMax || !lost.test(String((error as { code?: unknown }).code))) throw error;
          // What only reads may be asked again, over a new connection: one that is closing can keep its client for seconds.
          const before = line.sql;
          line.sql = this.#open();
          before.end({ timeout: 0 }).catch(() => {});
        }
      }
    } finally {
      const next = this.#waiting.shift();
      if (next) next(line);
      else this.#free.push(line);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ sql }) => sql.end({ timeout: 3 })));
  }

  async #asked<T>(line: Line, org: string, work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    if (line.org !== org) {
      line.org = undefined;
      await line.sql`select set_config('indelible.org', ${org}, false)`;
      line.org = org;
    }
    return await work(line.sql);
  }

  async #take(org: string): Promise<Line> {
    const known = this.#free.findLastIndex(line => line.org === org);
    const line = known >= 0 ? this.#free.splice(known, 1)[0] : undefined;
    if (line) return line;
    if (this.#all.length < linesMax) {
      const opened: Line = { sql: this.#open(), org: undefined };
      this.#all.push(opened);
      return opened;
    }
    return this.#free.shift() ?? new Promise(resolve => this.#waiting.push(resolve));
  }
}
