/**
 * Takes away read models of earlier versions of the program, once nobody keeps them current: an erasure would not reach
 * them. Who follows one moves its checkpoint wherever the ledger goes, so that one which has stood still between two looks,
 * with events behind it, is followed by nobody. A program that was put back to an earlier version builds its own anew.
 */
import type { Projection } from '../projections/projection.ts';
import { type Sql, transaction } from './store/connect.ts';
import { readHead } from './store/read.ts';
import { Worker } from './worker.ts';

const lookEveryMs = 10 * 60_000;

export interface LeftoversOptions {
  readonly sql: Sql;
  readonly onError: (error: unknown, name: string) => void;
  /** The models of this version. */
  readonly projections: readonly Pick<Projection, 'name' | 'version'>[];
}

export class Leftovers {
  readonly #options: LeftoversOptions;
  readonly #worker: Worker;
  /** Where those stood at the last look that had events behind them. */
  #behind: ReadonlyMap<string, number> = new Map();

  constructor(options: LeftoversOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.look(), { name: 'leftovers', idleMs: lookEveryMs, onError });
  }

  start(): void {
    this.#worker.start();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  /** Drops what has not moved since the look before. */
  async look(): Promise<boolean> {
    const { sql } = this.#options;
    const head = await readHead(sql);
    const rows = await sql<{ schema: string; position: number }[]>`
      select schema, position from projections.checkpoints where position < ${head}`;
    const behind = new Map<string, number>();
    for (const { schema, position } of rows.filter(row => this.#isEarlier(row.schema))) {
      if (this.#behind.get(schema) === position) await drop(sql, schema, position);
      else behind.set(schema, position);
    }
    this.#behind = behind;
    return false;
  }

  #isEarlier(schema: string): boolean {
    const [, name, version] = /^(.+)_v(\d+)$/.exec(schema) ?? [];
    return this.#options.projections.some(now => now.name === name && now.version > Number(version));
  }
}

const drop = (sql: Sql, schema: string, position: number): Promise<void> =>
  transaction(sql, async tx => {
    const { count } = await tx`
      delete from projections.checkpoints where schema = ${schema} and position = ${position}`;
    if (count > 0) await tx.unsafe(`drop schema if exists ${schema} cascade`);
  });
