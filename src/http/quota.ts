/**
 * Codes an organisation may still create this month. What is being created counts at once and until the `usage` read
 * model has it, so that many requests at the same time can't slip past the limit together. Nobody is refused for a code
 * that is counted on both sides at that moment: before a refusal the read model is waited for.
 */
import { periodOf, type Sql } from '../../projections/projection.ts';
import { findUsage } from '../../projections/usage.ts';
import { Problem } from '../problem.ts';

export interface QuotaDeps {
  readonly sql: Sql;
  /** Resolves when the read model knows what this process has answered. */
  readonly settled: () => Promise<void>;
  readonly now: () => number;
}

/** Codes that are being created, or were and may not be in the read model yet. */
interface Creation {
  readonly count: number;
  isDone: boolean;
}

export class Quota {
  readonly #deps: QuotaDeps;
  /** By organisation, in the order of arrival. */
  readonly #pending = new Map<string, Set<Creation>>();

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
  }

  /** Runs `create` if `count` more codes fit under the month's limit; throws `quota_exceeded` when they don't. */
  async within<T>(org: string, limit: number, count: number, create: () => Promise<T>): Promise<T> {
    const at = this.#deps.now();
    const creation: Creation = { count, isDone: false };
    const pending = this.#pending.get(org) ?? new Set();
    this.#pending.set(org, pending.add(creation));
    try {
      let used = await this.#used(org, creation, at);
      if (used + count > limit) {
        await this.#settle(org).catch((cause: unknown) => {
          const headers = { 'retry-after': '1' };
          throw new Problem('unavailable', 'The usage of this month is not known yet; try again.', { headers, cause });
        });
        used = await this.#used(org, creation, at);
      }
      if (used + count > limit) throw exceeded(limit, used, count, at);
      const result = await create();
      creation.isDone = true;
      // When the read model does not get there, it is counted on until somebody would be refused for it.
      this.#settle(org).catch(() => {});
      return result;
    } catch (error) {
      this.#drop(org, [creation]);
      throw error;
    }
  }

  /** Codes of the month, with those of requests that came before this one. */
  async #used(org: string, creation: Creation, at: number): Promise<number> {
    // Read before the database is asked: a creation that moves from here to there is counted twice, never not at all.
    let before = 0;
    for (const other of this.#pending.get(org) ?? []) {
      if (other === creation) break;
      before += other.count;
    }
    const { codes } = await findUsage(this.#deps.sql, org, periodOf(at));
    return codes + before;
  }

  /** Waits until the read model has what was created, which then need not be counted here any more. */
  async #settle(org: string): Promise<void> {
    const created = [...(this.#pending.get(org) ?? [])].filter(({ isDone }) => isDone);
    await this.#deps.settled();
    this.#drop(org, created);
  }

  #drop(org: string, creations: readonly Creation[]): void {
    const pending = this.#pending.get(org);
    for (const creation of creations) pending?.delete(creation);
    if (pending?.size === 0) this.#pending.delete(org);
  }
}

function exceeded(limit: number, used: number, count: number, at: number): Problem {
  return new Problem(
    'quota_exceeded',
    `The organisation may create ${limit} codes a month; ${Math.min(used, limit)} are used and ${count} more were ` +
      `asked for. The quota starts anew at ${nextMonth(at)}.`,
  );
}

/** First moment of the next calendar month, UTC. */
function nextMonth(at: number): string {
  const date = new Date(at);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)).toISOString().replace('.000', '');
}
