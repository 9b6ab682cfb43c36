/**
 * Work on the database of the environment from a command line: opened as the program opens it, also while that runs, and
 * closed whatever happens. What goes wrong in a way that people can mend is said in a sentence and gives status 1.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projections } from '../projections/index.ts';
import { schemaOf } from '../projections/projection.ts';
import { ConfigError, readConfig } from './config.ts';
import { Problem } from './problem.ts';
import { Unproven } from './proofs/note.ts';
import { connect, type Sql } from './store/connect.ts';
import { startEmbedded } from './store/embedded.ts';
import { Ledger } from './store/ledger.ts';
import { migrate } from './store/migrate.ts';

export interface Workplace {
  readonly sql: Sql;
  readonly ledger: Ledger;
}

/** Runs one piece of work; `name` is what Postgres shows of its connections. What only looks begins no new database. */
export async function operate(
  name: string,
  work: (place: Workplace) => Promise<void>,
  { mayBegin = false } = {},
): Promise<void> {
  await explained(async () => {
    const { databaseUrl, dataDir } = readConfig();
    if (databaseUrl === null && !mayBegin && !existsSync(join(dataDir, 'postgres'))) {
      throw new ConfigError(`There is no database in ${dataDir}: DATA_DIR or DATABASE_URL says where it is.`);
    }
    const embedded = databaseUrl === null ? await startEmbedded(dataDir) : undefined;
    const url = databaseUrl ?? embedded!.url;
    const sql = connect(url, {
      ...{ max: 4, searchPath: projections.map(schemaOf), name: `indelible ${name}` },
      // A lock that `beAlone` holds goes with its connection.
      isLasting: true,
    });
    const ledger = new Ledger(url);
    try {
      await migrate(sql);
      await work({ sql, ledger });
      // The program hears of it at once instead of at its next look.
      if (ledger.position > 0) await sql.notify('indelible_ledger', '');
    } finally {
      await ledger.close();
      await sql.end({ timeout: 3 });
      await embedded?.stop();
    }
  });
}

/** Refuses to work beside another one of its name: they would be in each other's way. The lock goes with this process. */
export async function beAlone({ sql }: Workplace, name: 'import' | 'replay'): Promise<void> {
  const [row] = await sql`select pg_try_advisory_lock(hashtext(${`indelible ${name}`})) as free`;
  if (!row!['free']) throw new Unproven(`Another ${name} is at work: wait until it ends, or cancel it.`);
}

/** What people can mend, in a sentence; undefined for anything else. */
function sentenceFor(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof Unproven) return error.message;
  if (error instanceof Problem) {
    return [error.message, ...error.errors.map(({ pointer, detail }) => `  ${pointer}: ${detail}`)].join('\n');
  }
  if (!(error instanceof Error && 'code' in error)) return undefined;
  const { code, message, path } = error as Error & { code: unknown; path?: string };
  if (/^(ECONNREFUSED|ENOTFOUND|CONNECT_TIMEOUT)$/.test(String(code))) {
    return `The database that DATABASE_URL names can't be reached: ${message}`;
  }
  if (code === 'EPIPE') return 'Whoever reads the output has closed it before its end.';
  if (path === undefined) return undefined;
  if (code === 'ENOENT') return `There is no file ${path}.`;
  return code === 'EEXIST' ? `${path} is there already; nothing is written over it.` : message;
}

/** Does it, and says in plain words what people can mend. */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const sentence = sentenceFor(error);
    if (sentence === undefined) throw error;
    console.error(sentence);
    process.exitCode = 1;
  }
}
