/**
 * Work on the database of the environment from a command line: opened as the program opens it, also while that runs, and
 * closed whatever happens. What goes wrong in a way that people can mend is said in a sentence and gives status 1.
 */
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

/** Runs one piece of work; `name` is what Postgres shows of its connections. */
export async function operate(name: string, work: (place: Workplace) => Promise<void>): Promise<void> {
  await explained(async () => {
    const { databaseUrl, dataDir } = readConfig();
    const embedded = databaseUrl === null ? await startEmbedded(dataDir) : undefined;
    const url = databaseUrl ?? embedded!.url;
    const sql = connect(url, { max: 4, searchPath: projections.map(schemaOf), name: `indelible ${name}` });
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

/** Something that people can mend, also a file that is not there, or is there already. */
const isPlain = (error: unknown): error is Error =>
  error instanceof Problem ||
  error instanceof ConfigError ||
  error instanceof Unproven ||
  (error instanceof Error && 'code' in error && 'path' in error);

/** Does it, and says in plain words what people can mend. */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isPlain(error)) throw error;
    const faults = error instanceof Problem ? error.errors : [];
    console.error([error.message, ...faults.map(({ pointer, detail }) => `  ${pointer}: ${detail}`)].join('\n'));
    process.exitCode = 1;
  }
}
