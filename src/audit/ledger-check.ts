/**
 * Whether a ledger is what it says: each commit's hash is recomputed from the stored rows, and so are the Merkle trees
 * and the checkpoints that somebody kept; what opens seals has to be there, and so have logos. All of it is read in one
 * snapshot, beside whatever is being written. It goes on after a fault, so that everything that is wrong is told.
 */
import type { Checkpoint } from '../proofs/checkpoint.ts';
import { leafHash } from '../proofs/merkle.ts';
import { equal } from '../proofs/paths.ts';
import { seeOneMoment } from '../store/archives.ts';
import { type Sql, transaction } from '../store/connect.ts';
import { entryText } from '../store/entries.ts';
import { type Commit, type Holdings, holdingsIn } from '../store/inspection.ts';
import { chain, digestOf, genesis } from '../store/line.ts';
import { Contents } from './contents.ts';
import { TreeCheck } from './tree-check.ts';

export interface LedgerReport {
  readonly events: number;
  readonly commits: number;
  readonly root: Uint8Array;
  /** What is wrong, in sentences. */
  readonly faults: readonly string[];
}

/** Positions looked at together. */
const windowMax = 16_384;
/** No request has so many rows: a commit that says so has another number than it was given. */
const commitMax = 1_000_000;
/** As many faults as anybody wants to read. */
const faultsMax = 100;

/** Checks the whole ledger; `kept` are checkpoints whose signatures were looked at already. */
export function checkLedger(
  sql: Sql,
  kept: readonly Checkpoint[] = [],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<LedgerReport> {
  return transaction(sql, async tx => {
    await seeOneMoment(tx);
    return inspect(holdingsIn(tx), kept, onProgress);
  });
}

/** The same of a ledger wherever it is held. */
export async function inspect(
  held: Holdings,
  kept: readonly Checkpoint[] = [],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<LedgerReport> {
  const faults: string[] = [];
  const bounds = await held.bounds();
  if (!isBeginning(bounds.beginning)) faults.push('The chain has another beginning.');
  if (bounds.strays > 0) faults.push(`${bounds.strays} events stand where no commit has put them.`);
  const tree = await TreeCheck.open(held, kept);
  const contents = new Contents();
  let previous: Uint8Array = genesis;
  let position = 0;
  let commits = 0;
  for await (const window of windows(held)) {
    const entries = await held.entries(position, window.at(-1)!.last);
    const pads = await held.pads(position + 1, window.at(-1)!.last);
    let at = 0;
    for (const { first, last, hash } of window) {
      commits += 1;
      if (first > position + 1) faults.push(`The commit of ${span(position + 1, first - 1)} is missing.`);
      if (first <= position) faults.push(`The commit of ${span(first, last)} begins before the one before it ends.`);
      let lines = '';
      for (; at < entries.length && entries[at]!.position <= last; at++) {
        const entry = entries[at]!;
        if (entry.position >= first) lines += entry.line;
        const text = entryText(entry);
        tree.push(entry.position, entry.org, leafHash(text));
        contents.see(text, pads.get(entry.position));
      }
      if (!isCommitted(previous, lines, hash)) {
        faults.push(`What is stored at ${span(first, last)} is not what was committed.`);
      }
      // From what is stored, so that one fault is not told again with every commit behind it.
      previous = hash;
      position = last;
    }
    await tree.compare();
    onProgress(position, bounds.head);
    if (faults.length >= faultsMax) break;
  }
  if (position !== bounds.head || (tree.isWhole && tree.size !== bounds.head && faults.length < faultsMax)) {
    faults.push(`The last commit says that it ends at position ${bounds.head}; there are ${tree.size} events.`);
  }
  faults.push(...(await tree.end()));
  for (const stream of await held.oddWriters()) faults.push(`${stream} has another version than its last scan.`);
  for (const sha256 of await held.oddBlobs()) faults.push(`The blob ${sha256} has other bytes.`);
  faults.push(...contents.faults(new Set(await held.blobs(contents.logos))));
  return { events: tree.size, commits, root: tree.root, faults: faults.slice(0, faultsMax) };
}

/** Whether a commit behind another one was made of these lines. */
export const isCommitted = (previous: Uint8Array, lines: string, hash: Uint8Array): boolean =>
  equal(chain(previous, digestOf(lines)), hash);

/** The one row that stands before the first commit. */
const isBeginning = ([row, ...more]: readonly Commit[]): boolean =>
  row?.last === 0 && row.first === 0 && equal(row.hash, genesis) && more.length === 0;

const span = (first: number, last: number): string =>
  first === last ? `position ${first}` : `positions ${first} to ${last}`;

/** All commits that can be ones, as many at a time as have some thousand rows. */
async function* windows(held: Holdings): AsyncGenerator<readonly Commit[]> {
  let window: Commit[] = [];
  let after = 0;
  for (let page = await held.commits(after); page.length > 0; page = await held.commits(after)) {
    for (const commit of page) {
      after = commit.last;
      if (commit.last - commit.first >= commitMax || commit.last < commit.first) continue;
      if (window.length > 0 && commit.last - window[0]!.first >= windowMax) {
        yield window;
        window = [];
      }
      window.push(commit);
    }
  }
  if (window.length > 0) yield window;
}
