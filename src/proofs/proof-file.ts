/**
 * Proofs as files of text. That an entry is in the ledger: a `.tlog-proof` after C2SP (c2sp.org/tlog-proof), with the
 * entry itself in its `extra` line, so that the file needs nothing beside it but the public key. That a ledger goes on
 * from an earlier checkpoint: the body that C2SP's witnesses take (c2sp.org/tlog-witness).
 */
import { base64, type Checkpoint, type Head, hashFrom, openCheckpoint } from './checkpoint.ts';
import { leafHash } from './merkle.ts';
import { bytesFrom, Unproven, type Verifier } from './note.ts';
import { equal, isConsistent, rootFromInclusion } from './paths.ts';

const title = 'c2sp.org/tlog-proof@v1';

export interface Inclusion {
  /** What is hashed. */
  readonly entry: string;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export function inclusionFile({ entry, index, path, checkpoint }: Inclusion): string {
  const lines = [title, `extra ${base64(Buffer.from(entry))}`, `index ${index}`, ...path.map(base64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** The entry that a file proves, and the checkpoint of the ledger that holds it; throws `Unproven`. */
export function checkInclusion(file: string, verifier: Verifier) {
  const { lines, checkpoint, hashes } = parts(file, verifier, 3);
  const [, extra] = /^extra (\S+)$/.exec(lines[1] ?? '') ?? [];
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(lines[2] ?? '') ?? [];
  const entry = bytesFrom(extra ?? '')?.toString();
  if (lines[0] !== title || entry === undefined || index === undefined || !hashes) {
    throw new Unproven('This is no proof of an entry: it has an extra line, an index line, hashes and a checkpoint.');
  }
  if (!checkpoint) throw new Unproven('The checkpoint in the proof is not signed with this key.');
  const root = rootFromInclusion(leafHash(entry), Number(index), checkpoint.size, hashes);
  if (!root || !equal(root, checkpoint.root)) throw new Unproven('The path does not lead from the entry to the root.');
  return { entry, index: Number(index), checkpoint };
}

export const consistencyFile = (from: number, path: readonly Uint8Array[], checkpoint: string): string =>
  `${[`old ${from}`, ...path.map(base64)].join('\n')}\n\n${checkpoint}`;

/** The checkpoint of a ledger that a file proves to go on from the kept one; throws `Unproven`. */
export function checkConsistency(file: string, kept: Head, verifier: Verifier): Checkpoint {
  const { lines, checkpoint, hashes } = parts(file, verifier, 1);
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(lines[0] ?? '') ?? [];
  if (old === undefined || !hashes)
    throw new Unproven('This is no proof that a ledger goes on: it has an old line, hashes and a checkpoint.');
  if (!checkpoint) throw new Unproven('The checkpoint in the proof is not signed with this key.');
  if (Number(old) !== kept.size) {
    throw new Unproven(`The proof begins at ${old}, the kept checkpoint ends at ${kept.size}.`);
  }
  if (isConsistent([kept.size, kept.root], [checkpoint.size, checkpoint.root], hashes)) return checkpoint;
  throw new Unproven('The ledger does not go on from the kept checkpoint.');
}

/** Lines before the empty one, of which those after the first `heading` are hashes, and the checkpoint behind it. */
function parts(file: string, verifier: Verifier, heading: number) {
  const end = file.indexOf('\n\n');
  const lines = file.slice(0, Math.max(end, 0)).split('\n');
  const hashes = lines.slice(heading).map(hashFrom);
  return {
    lines,
    checkpoint: openCheckpoint(file.slice(end + 2), verifier),
    hashes: hashes.every(hash => hash !== undefined) ? hashes : undefined,
  };
}
