/**
 * Codes that may still be created this month. The ledger counts them in the transaction that creates them, so nobody
 * slips past a limit, whichever nodes are asked at the same time, and no request looks anything up for it. A team with
 * codes to itself uses those; all others share what no such team has left to itself. Codes of test keys don't count.
 */
import type { Limits } from '../../events/organization.ts';
import type { Access } from '../../projections/keys.ts';
import { periodOf, type Sql } from '../../projections/projection.ts';
import { codesAllowance, reservedCodes } from '../../projections/usage-rows.ts';
import { type Context, Overdrawn } from '../execute.ts';
import { Problem } from '../problem.ts';

export type Spends = NonNullable<Context['spends']>;

export interface QuotaDeps {
  readonly sql: Sql;
  /** Resolves when the read models know what this process has answered. */
  readonly settled: () => Promise<void>;
}

/** What teams have to themselves is looked up once in this time: what they use of it meanwhile is kept free too long. */
const rememberMs = 1_000;
const unlimited = Number.MAX_SAFE_INTEGER;

export class Quota {
  readonly #deps: QuotaDeps;
  readonly #reserved = new Map<string, { readonly codes: number; readonly until: number }>();

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `create` with what the ledger has to count; throws `quota_exceeded` when the month has not enough left.
   * @param at when the codes are created, in milliseconds
   */
  async within<T>(
    access: Access,
    { qrCodesPerMonth: limit }: Limits,
    count: number,
    at: number,
    create: (spends: Spends) => Promise<T>,
  ): Promise<T> {
    if (access.mode === 'test') return create([]);
    const { org, team, quota, held } = access;
    const own = quota.qrCodesPerMonth;
    const period = periodOf(at);
    const whole = codesAllowance(org, period);
    const teams = team === null ? null : codesAllowance(org, period, team);
    // What teams have to themselves is theirs, and what they have used of it is used.
    const isShared = own === null && held.qrCodesPerMonth > 0;
    for (let attempt = 1; ; attempt++) {
      const reserved = isShared ? await this.#reservedFor(org, period, attempt > 1) : 0;
      const spends = [
        // The nearer one first: it is the one that is told of when both are used up.
        ...(teams === null ? [] : [{ name: teams, amount: count, maximum: own ?? unlimited }]),
        { name: whole, amount: count, maximum: limit - reserved },
      ];
      try {
        return await create(spends);
      } catch (error) {
        if (!(error instanceof Overdrawn)) throw error;
        if (isShared && attempt === 1) continue;
        const isTeams = error.allowance === teams;
        const whose = isTeams ? 'team' : isShared ? 'rest' : 'organisation';
        throw exceeded(whose, isTeams ? own! : limit - reserved, error.used, count, at);
      }
    }
  }

  async #reservedFor(org: string, period: string, isAnew: boolean): Promise<number> {
    const name = `${org} ${period}`;
    const known = this.#reserved.get(name);
    if (known && !isAnew && known.until > performance.now()) return known.codes;
    // Before somebody is refused, everything that is known counts.
    if (isAnew) await this.#deps.settled();
    const codes = await reservedCodes(this.#deps.sql, org, period);
    if (this.#reserved.size >= 10_000) this.#reserved.clear();
    this.#reserved.set(name, { codes, until: performance.now() + rememberMs });
    return codes;
  }
}

const subjects = {
  organisation: 'The organisation',
  team: 'The team',
  rest: 'Besides what teams have to themselves, the organisation',
} as const;

function exceeded(whose: keyof typeof subjects, limit: number, used: number, count: number, at: number): Problem {
  return new Problem(
    'quota_exceeded',
    `${subjects[whose]} may create ${limit} codes a month (qrCodesPerMonth); ${used} are used and ${count} more were ` +
      `asked for. The quota starts anew at ${nextMonth(at)}.`,
  );
}

/** First moment of the next calendar month, UTC. */
function nextMonth(at: number): string {
  const date = new Date(at);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)).toISOString().replace('.000', '');
}
