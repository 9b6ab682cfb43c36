/**
 * Leases: who may work on what. One is held for some seconds and is renewed while its holder lives, so that the work of
 * a process that died is taken up by another soon, and never by two at once. The clock is the database's, so that it
 * does not matter how the processes' own ones go; each counts what it holds by its own, from before it asked.
 */
import type { Sql } from '../store/connect.ts';
import { withDeadline } from '../store/connect.ts';

export interface LeasesOptions {
  readonly sql: Sql;
  /** Names this process among all that ever ran. */
  readonly holder: string;
  readonly leaseMs?: number | undefined;
}

/** Long against a pause of the process or the database, short for whoever waits for a process that died. */
export const leaseMsDefault = 5_000;

export class Leases {
  readonly #sql: Sql;
  readonly #holder: string;
  readonly #leaseMs: number;
  /** Work → until when it is surely ours, by this process's own clock. */
  readonly #held = new Map<string, number>();

  constructor({ sql, holder, leaseMs = leaseMsDefault }: LeasesOptions) {
    this.#sql = sql;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
  }

  /** How often to renew: so that one that fails can be tried again. */
  get renewEveryMs(): number {
    return this.#leaseMs / 4;
  }

  /** Whether work is surely ours at this moment. */
  holds(work: string): boolean {
    return (this.#held.get(work) ?? 0) > performance.now();
  }

  /**
   * Takes what nobody else holds; returns what is ours now and was not before, and of that what was never given back:
   * its holder has died, or had to let go of it.
   */
  async take(works: readonly string[]): Promise<{ taken: string[]; abandoned: string[] }> {
    const wanted = works.filter(work => !this.holds(work));
    if (wanted.length === 0) return { taken: [], abandoned: [] };
    const until = performance.now() + this.#leaseMs;
    const taking = this.#sql`
      with free as (
        select work from webhooks.leases where work = any(${wanted}) and until < clock_timestamp() for update skip locked
      ), taken as (
        update webhooks.leases set holder = ${this.#holder}, until = clock_timestamp() + ${this.#span()}::interval
        where work in (select work from free) returning work
      ), fresh as (
        insert into webhooks.leases (work, holder, until)
        select work, ${this.#holder}, clock_timestamp() + ${this.#span()}::interval from unnest(${wanted}::text[]) work
        on conflict do nothing returning work
      )
      select work, true as abandoned from taken union all select work, false from fresh`;
    const rows = await withDeadline(taking, this.#leaseMs, 'taking leases');
    const namesOf = (some: typeof rows | (typeof rows)[number][]) => some.map(row => row['work'] as string);
    const taken = namesOf(rows);
    for (const work of taken) this.#held.set(work, until);
    return { taken, abandoned: namesOf(rows.filter(row => row['abandoned'])) };
  }

  /** Renews what is held. What somebody else has taken, or what could not be renewed in time, is not ours any more. */
  async renew(): Promise<void> {
    const works = [...this.#held.keys()];
    if (works.length === 0) return;
    const until = performance.now() + this.#leaseMs;
    const renewing = this.#sql`
      update webhooks.leases set until = clock_timestamp() + ${this.#span()}::interval
      where holder = ${this.#holder} and work = any(${works}) and until >= clock_timestamp() returning work`;
    const rows = await withDeadline(renewing, this.#leaseMs, 'renewing leases');
    const renewed = new Set(rows.map(row => row['work'] as string));
    for (const work of works) {
      // It may have been given back meanwhile.
      if (!this.#held.has(work)) continue;
      if (renewed.has(work)) this.#held.set(work, until);
      else this.#held.delete(work);
    }
  }

  /** Gives work back, for whoever wants it. */
  async give(works: readonly string[]): Promise<void> {
    const held = works.filter(work => this.#held.delete(work));
    if (held.length === 0) return;
    await this.#sql`delete from webhooks.leases where holder = ${this.#holder} and work = any(${held})`;
  }

  /** Gives everything back. */
  giveAll(): Promise<void> {
    return this.give([...this.#held.keys()]);
  }

  #span(): string {
    return `${this.#leaseMs} milliseconds`;
  }
}
