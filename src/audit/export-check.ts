/**
 * Whether an export is what it says, without a database: its events have to grow into the tree that the signed
 * checkpoint in it has, and on the way into the one of each checkpoint that was kept. That is the whole proof: it holds
 * for every bit of every event, for their order, and for that none is missing. What opens their seals and the logos that
 * they name have to be there, too, unless they were erased.
 */
import { createHash } from 'node:crypto';
import { type Checkpoint, openCheckpoint } from '../proofs/checkpoint.ts';
import { Frontier, leafHash } from '../proofs/merkle.ts';
import { Unproven, type Verifier } from '../proofs/note.ts';
import { equal } from '../proofs/paths.ts';
import { Contents, opens } from './contents.ts';
import type { BlobRecord, Header, Piece } from './export-file.ts';

export interface ExportReport {
  readonly org: string;
  readonly events: number;
  readonly blobs: number;
  /** Whether it has been made for checking, without what opens seals. */
  readonly isSealed: boolean;
  /** Positions of the first and the last event; 0 where there is none. */
  readonly first: number;
  readonly last: number;
  readonly checkpoint: Checkpoint;
}

/** What is to be shown of an export: which key has signed it, and which checkpoints were kept. */
export interface Claims {
  readonly verifier: Verifier;
  readonly kept: readonly Checkpoint[];
}

/** Checks an export as it is read; hands each piece on. Throws `Unproven` at the first that is wrong. */
export async function* checkExport(
  pieces: AsyncIterable<Piece>,
  { verifier, kept }: Claims,
): AsyncGenerator<Piece, ExportReport> {
  let header: Header | undefined;
  let checkpoint: Checkpoint | undefined;
  const tree = new Frontier();
  const contents = new Contents();
  const blobs = new Set<string>();
  let [first, last] = [0, 0];
  let pad: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (!header) {
      header = headerOf(piece);
      checkpoint = signedFor(header, verifier);
      meet(tree, header.org, kept);
    } else if ('entry' in piece) {
      last = grow(tree, piece.entry, last);
      first ||= last;
      if (pad && !opens(pad, piece.entry)) {
        throw new Unproven(`What an event is sealed with does not belong to it: ${piece.entry.slice(0, 40)}`);
      }
      contents.see(piece.entry, header.withoutPads ? null : pad);
      pad = undefined;
      meet(tree, header.org, kept);
    } else if ('pad' in piece.record) {
      pad = Buffer.from(piece.record.pad, 'base64');
    } else if ('blob' in piece.record) {
      checkBlob(piece.record);
      blobs.add(piece.record.blob);
    }
    yield piece;
  }
  if (!header || !checkpoint) throw new Unproven('This is no export: it is empty.');
  const { org } = header;
  const own = checkpoint.own!;
  if (tree.size !== own.size) throw new Unproven(`The export has ${tree.size} events of ${own.size}.`);
  if (!equal(tree.root(), own.root)) throw new Unproven('The events are not those that the checkpoint was signed for.');
  for (const { own } of kept) {
    if (own!.size > tree.size) {
      throw new Unproven(`The kept checkpoint is of ${own!.size} events, the export has ${tree.size}: its end is cut.`);
    }
  }
  const [missing] = contents.faults(blobs);
  if (missing) throw new Unproven(missing);
  const [stranger] = contents.strangers(blobs);
  if (stranger) throw new Unproven(`The export brings a blob that no event names: ${stranger}.`);
  return { org, events: tree.size, blobs: blobs.size, isSealed: header.withoutPads === true, first, last, checkpoint };
}

/**
 * Checks the entries of an organisation alone, as the API gives them: up to the newest kept checkpoint they are proven
 * by it, behind it by nothing yet. Throws `Unproven`.
 */
export async function checkEntries(
  lines: AsyncIterable<string>,
  { kept }: Pick<Claims, 'kept'>,
): Promise<{ org: string; events: number; proven: number }> {
  const newest = kept
    .map(({ own }) => own)
    .sort((a, b) => (a?.size ?? 0) - (b?.size ?? 0))
    .at(-1);
  if (!newest) throw new Unproven('Entries prove nothing without a checkpoint of their organisation: --checkpoint');
  const tree = new Frontier();
  let last = 0;
  for await (const entry of lines) {
    last = grow(tree, entry, last);
    meet(tree, newest.org, kept);
  }
  if (tree.size < newest.size) {
    throw new Unproven(`The kept checkpoint is of ${newest.size} events, here are ${tree.size}: the end is cut.`);
  }
  return { org: newest.org, events: tree.size, proven: newest.size };
}

/** Adds an entry, which has to stand behind the last one; its position. */
function grow(tree: Frontier, entry: string, last: number): number {
  const position = Number(/^(\d+)\t.*\n$/s.exec(entry)?.[1]);
  if (!(position > last)) throw new Unproven(`This is no entry behind position ${last}: ${entry.slice(0, 40)}`);
  tree.push(leafHash(entry));
  return position;
}

function headerOf(piece: Piece): Header {
  if ('record' in piece && 'export' in piece.record && piece.record.export === 1) return piece.record;
  throw new Unproven('This is no export: its first line does not say so.');
}

/** The checkpoint in the export, which has to speak of the organisation. */
function signedFor({ org, checkpoint: note, entries }: Header, verifier: Verifier): Checkpoint {
  const checkpoint = openCheckpoint(note, verifier);
  if (!checkpoint) throw new Unproven('The checkpoint in the export is not signed with this key.');
  if (checkpoint.own?.org !== org) throw new Unproven(`The checkpoint in the export is not of ${org}.`);
  if (checkpoint.own.size !== entries)
    throw new Unproven('The export says that it has other events than it was signed for.');
  return checkpoint;
}

/** Where the tree has grown to the size of a kept checkpoint, it must be that one. */
function meet(tree: Frontier, org: string, kept: readonly Checkpoint[]): void {
  for (const { own, size } of kept) {
    if (own?.org !== org) throw new Unproven(`The kept checkpoint of ${size} events says nothing of ${org}.`);
    if (own.size === tree.size && !equal(own.root, tree.root())) {
      throw new Unproven(`The first ${own.size} events are not those of the kept checkpoint.`);
    }
  }
}

/** Events name pictures by their hash, and it is said here alone what kind of bytes those are. */
function checkBlob({ blob, type, base64 }: BlobRecord): void {
  if (type !== 'image/png') throw new Unproven(`The blob ${blob} is called ${type.slice(0, 40)}, and no picture.`);
  const bytes = Buffer.from(base64, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') === blob) return;
  throw new Unproven(`The blob ${blob} has other bytes.`);
}
