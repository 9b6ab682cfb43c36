/**
 * Leaves of the trees, from the ledger or from what this process has just written: that is hashed from the lines of the
 * commit, which are the ones that the chain was hashed from. To read a scan back costs more than half of what it costs to
 * write it. A commit of another process is a gap, and what lies before one is read. So is what the ledger does not have any
 * more: a database that failed over to an older copy has lost commits, and others stand in their place.
 */
import type { Sql } from '../store/connect.ts';
import { entryText, readEntries } from '../store/entries.ts';
import type { Commit } from '../store/ledger.ts';
import { chain } from '../store/line.ts';
import { hashBytes, leafHash } from './merkle.ts';

/** Some seconds of the busiest ledger, 4 MB. */
const keptMax = 131_072;
/** Entries hashed in one go, some 1 ms: a whole step kept every scan that came meanwhile waiting for 15 to 30 ms. */
const atOnce = 1_024;

/** Lets what else is waiting go first. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** The leaves in the positions after `from` up to `to`, one behind the other, and whose each is. */
export interface Leaves {
  readonly from: number;
  readonly to: number;
  readonly hashes: Uint8Array;
  readonly orgs: readonly (string | null)[];
}

/** All leaves behind a position up to another one. */
export async function readLeaves(sql: Sql, from: number, to: number): Promise<Leaves> {
  const entries = await readEntries(sql, from, to);
  const hashes = new Uint8Array((to - from) * hashBytes);
  for (let i = 0; i < to - from; i++) {
    if (i > 0 && i % atOnce === 0) await turn();
    const entry = entries[i];
    if (entry?.position !== from + 1 + i) throw new Error(`position ${from + 1 + i} is missing from the ledger`);
    hashes.set(leafHash(entryText(entry)), i * hashBytes);
  }
  return { from, to, hashes, orgs: entries.map(({ org }) => org) };
}

/** The leaves of a commit. */
interface OwnRun extends Leaves {
  readonly digest: Uint8Array;
}

/** Those of commits of this process, each in direct succession to the one before. */
export class OwnLeaves {
  #runs: OwnRun[] = [];
  /** Not hashed yet. */
  #commits: Commit[] = [];

  /** Hashed in a moment: the callers are answered first, and the batch behind it is on the wire. */
  take(commit: Commit): void {
    if (this.#commits.push(commit) === 1) setImmediate(() => this.#hash());
  }

  /** Those that follow a position, up to another one; none where that is not known here. What lies before is forgotten. */
  async after(sql: Sql, position: number, to: number): Promise<readonly Leaves[]> {
    this.#hash();
    this.#runs = this.#runs.filter(run => run.to > position);
    const runs = this.#runs[0]?.from === position ? this.#runs.filter(run => run.to <= to) : [];
    if (await areInLedger(sql, runs)) return runs;
    this.#runs = [];
    return [];
  }

  #hash(): void {
    for (const { from, to, facts, scans, lines, digest } of this.#commits.splice(0)) {
      const [first] = this.#runs;
      if (!first || this.#runs.at(-1)!.to !== from || to - first.from > keptMax) this.#runs = [];
      const hashes = new Uint8Array((to - from) * hashBytes);
      for (const [i, line] of lines().entries()) {
        hashes.set(leafHash(entryText({ position: from + 1 + i, line })), i * hashBytes);
      }
      this.#runs.push({ from, to, hashes, orgs: [...facts, ...scans].map(({ org }) => org), digest });
    }
  }
}

/** Whether the ledger's chain leads over just these commits. */
async function areInLedger(sql: Sql, runs: readonly OwnRun[]): Promise<boolean> {
  const [first, last] = [runs[0], runs.at(-1)];
  if (!first || !last) return true;
  const rows = await sql`select last, hash from ledger.commits where last in (${first.from}, ${last.to}) order by last`;
  const [before, after] = rows.map(row => row['hash'] as Uint8Array);
  if (!before || !after) return false;
  const hash = runs.reduce((hash, { digest }) => chain(hash, digest), before);
  return Buffer.compare(hash, after) === 0;
}
