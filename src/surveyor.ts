/**
 * Has Postgres look at a table anew when that has grown to more than twice of what it knows. A session keeps the plan it
 * has made, and one that was made for sixty codes reads all of a hundred thousand; Postgres itself looks once a minute. Until
 * then the first large import made reading a code ten times slower.
 */
import type { Sql } from './store/connect.ts';
import { Worker } from './worker.ts';

const lookEveryMs = 2_000;
/** Fewer rows are read as fast from end to end. */
const rowsMin = 1_000;

export interface SurveyorOptions {
  readonly sql: Sql;
  readonly onError: (error: unknown, name: string) => void;
}

export class Surveyor {
  readonly #sql: Sql;
  readonly #worker: Worker;

  constructor({ sql, onError }: SurveyorOptions) {
    this.#sql = sql;
    this.#worker = new Worker(() => this.#look(), { name: 'surveyor', idleMs: lookEveryMs, onError });
  }

  start(): void {
    this.#worker.start();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #look(): Promise<boolean> {
    const grown = await this.#sql`
      select format('%I.%I', s.schemaname, s.relname) as name
      from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where s.n_live_tup > 2 * greatest(c.reltuples, ${rowsMin / 2}) and pg_get_userbyid(c.relowner) = current_user
      order by s.n_live_tup`;
    for (const { name } of grown) {
      if (this.#worker.stopped) return false;
      // A replay may have taken it away meanwhile, or work on it.
      const [still] = await this.#sql`select to_regclass(${name}) is not null as is_there`;
      if (still!['is_there']) await this.#sql.unsafe(`analyze (skip_locked) ${name}`);
    }
    return false;
  }
}
