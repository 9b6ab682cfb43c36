/**
 * Waiting until what was written is known to whoever is asked next: to the read models, whether this process keeps them
 * current or another one does, and to the ledger's tree. Who waits in vain is told to try again, never given old rows.
 */
import { projections } from '../projections/index.ts';
import { schemaOf } from '../projections/projection.ts';
import { Problem } from './problem.ts';
import type { Projector } from './projector.ts';
import type { Grower } from './proofs/grower.ts';
import { checkpointsReached } from './store/checkpoints.ts';
import type { Sql } from './store/connect.ts';
import type { Ledger } from './store/ledger.ts';
import { treeReached } from './store/tree.ts';

/** Longest wait of a read for what was answered before it. */
const waitMsDefault = 5_000;

export interface FreshnessOptions {
  readonly sql: Sql;
  readonly ledger: Pick<Ledger, 'position'>;
  /** Of this process; undefined where another one keeps the read models current. */
  readonly projector: Pick<Projector, 'reached'> | undefined;
  readonly grower: Pick<Grower, 'wake'>;
  /** Longest wait, in milliseconds. */
  readonly waitMs?: number | undefined;
}

/** What can be waited for; each rejects when it takes too long. */
export function freshness({ sql, ledger, projector, grower, waitMs = waitMsDefault }: FreshnessOptions) {
  const schemasOf = (names: readonly string[]) => projections.filter(({ name }) => names.includes(name)).map(schemaOf);
  const behind = (what: string) => (error: unknown) => {
    const headers = { 'retry-after': '1' };
    throw new Problem('unavailable', `${what} behind; try again.`, { headers, cause: error });
  };
  /** The named read models hold everything up to a position. */
  const caughtUp = (position: number, names: readonly string[]): Promise<void> =>
    projector
      ? projector.reached(position, names, waitMs)
      : checkpointsReached(sql, schemasOf(names), position, waitMs);
  /** The same, for a caller of the API. */
  const reached = (position: number, names: readonly string[]) =>
    caughtUp(position, names).catch(behind('The read models are'));
  return {
    caughtUp,
    reached,
    /** The named read models know everything this process has answered. */
    fresh: (names: readonly string[]) => reached(ledger.position, names),
    /** The ledger's tree has everything up to a position. */
    grown: (position: number) => {
      grower.wake();
      return treeReached(sql, position, waitMs).catch(behind('The proofs are'));
    },
  };
}
