/**
 * The dictionary of user agents: which string a number in a scan stands for, so that better counting rules can judge the
 * past. It is no history and may get lost: it is written some seconds late and asked by nobody but the rules. A string
 * that few visitors have could point at one of them, so it is forgotten 90 days after it was first seen; what many have
 * stays.
 */
import type { Sql } from '../store/connect.ts';
import { Worker } from '../worker.ts';

const writeEveryMs = 2_000;
const forgetEveryMs = 3_600_000;
const dayMs = 86_400_000;
const rareMs = 90 * dayMs;
/** A string that this many visitors have had says nothing of any of them. */
export const commonFrom = 20;
/** Strings remembered between two writes; more are not taken in, as in a flood of invented ones. */
const pendingMax = 20_000;

interface Entry {
  readonly agent: string;
  readonly firstMs: number;
  readonly visitors: Set<number>;
}

export class Agents {
  readonly #sql: Sql;
  readonly #now: () => number;
  readonly #worker: Worker;
  /** Numbers of strings that are known to be common: nothing of them has to be written any more. */
  #common = new Set<number>();
  #pending = new Map<number, Entry>();
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(sql: Sql, now: () => number, onError: (error: unknown, name: string) => void) {
    this.#sql = sql;
    this.#now = now;
    this.#worker = new Worker(() => this.#step(), { name: 'user agents', idleMs: writeEveryMs, onError }).start();
  }

  /** Takes note of a scan's user agent. */
  note(number: number, agent: string | null, visitor: number): void {
    if (number === 0 || agent === null || this.#common.has(number)) return;
    const entry = this.#pending.get(number);
    if (entry) {
      if (entry.visitors.size < commonFrom) entry.visitors.add(visitor);
    } else if (this.#pending.size < pendingMax) {
      this.#pending.set(number, { agent, firstMs: this.#now(), visitors: new Set([visitor]) });
    }
  }

  /** Writes what was noted. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    try {
      for (const number of await write(this.#sql, pending)) this.#common.add(number);
    } catch (error) {
      // What came meanwhile is newer; there is always another time.
      for (const [number, entry] of this.#pending) {
        if (pending.size < pendingMax || pending.has(number)) pending.set(number, entry);
      }
      this.#pending = pending;
      throw error;
    }
    if (this.#common.size > 100_000) this.#common = new Set();
  }

  /** Forgets what is rare and was first seen long ago. */
  async forget(): Promise<void> {
    await this.#sql`
      delete from public.indelible_agents
      where cardinality(visitors) < ${commonFrom} and first_ms < ${this.#now() - rareMs}`;
  }

  async close(): Promise<void> {
    await this.#worker.stop();
    await this.flush();
  }

  async #step(): Promise<boolean> {
    await this.flush();
    if (performance.now() - this.#forgotAt >= forgetEveryMs) {
      await this.forget();
      this.#forgotAt = performance.now();
    }
    return false;
  }
}

/** Adds to the dictionary; returns the numbers of strings that are common now. */
async function write(sql: Sql, entries: ReadonlyMap<number, Entry>): Promise<number[]> {
  const rows = [...entries].map(([number, { agent, firstMs, visitors }]) => ({
    // Half a character and a NUL have no place in a text of Postgres.
    ...{ number, agent: agent.slice(0, 1_024).replaceAll('\0', '').toWellFormed() },
    ...{ first_ms: firstMs, visitors: [...visitors].sort((a, b) => a - b) },
  }));
  const found = await sql`
    insert into public.indelible_agents as known
    select number, agent, first_ms, visitors
    from json_populate_recordset(null::public.indelible_agents, ${JSON.stringify(rows)}::text::json)
    order by number
    on conflict (number) do update set visitors = (
      select array_agg(v) from (
        select distinct v from unnest(known.visitors || excluded.visitors) v order by v limit ${commonFrom}
      ) places)
    returning number, cardinality(visitors) as visitors`;
  return found.filter(row => row['visitors'] >= commonFrom).map(row => row['number']);
}

/** All strings that are known, by their number. */
export async function knownAgents(sql: Sql): Promise<Map<number, string>> {
  const rows = await sql`select number, agent from public.indelible_agents`;
  return new Map(rows.map(row => [row['number'], row['agent']]));
}
