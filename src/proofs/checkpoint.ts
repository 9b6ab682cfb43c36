/**
 * A checkpoint after C2SP (c2sp.org/tlog-checkpoint): how large the ledger's tree is and what its root is, signed. One
 * that is made for an organisation has a line more, which says the same of the tree over that organisation's events
 * alone: so whoever keeps it can later tell that an export of their own is whole, and needs nothing of anybody else's.
 */
import { hashBytes } from './merkle.ts';
import { bytesFrom, openNote, type Signer, signNote, type Verifier } from './note.ts';

/** Size and root of a tree. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface Checkpoint extends Head {
  readonly origin: string;
  /** The tree over one organisation's events. */
  readonly own?: (Head & { readonly org: string }) | undefined;
}

const textOf = ({ origin, size, root, own }: Checkpoint): string =>
  `${origin}\n${size}\n${base64(root)}\n${own ? `${own.org} ${own.size} ${base64(own.root)}\n` : ''}`;

/** The signed note of a checkpoint; the log goes by the name of the key. */
export const signCheckpoint = (head: Omit<Checkpoint, 'origin'>, signer: Signer): string =>
  signNote(textOf({ ...head, origin: signer.name }), signer);

/** Reads a checkpoint; undefined when the key has not signed it, or it is none. */
export function openCheckpoint(note: string, verifier: Verifier): Checkpoint | undefined {
  const text = openNote(note, verifier);
  const [origin, ...rest] = text?.split('\n') ?? [];
  const [size, root, ...more] = rest;
  const head = headFrom(size, root);
  if (origin !== verifier.name || !head) return undefined;
  const own = more.map(ownFrom).find(found => found !== undefined);
  return { origin, ...head, ...(own && { own }) };
}

function ownFrom(line: string): Checkpoint['own'] {
  const [, org, size, root] = /^(org_\S+) (\S+) (\S+)$/.exec(line) ?? [];
  const head = org === undefined ? undefined : headFrom(size, root);
  return head && { org: org!, ...head };
}

function headFrom(size: string | undefined, root: string | undefined): Head | undefined {
  if (size === undefined || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const bytes = hashFrom(root);
  return bytes && { size: Number(size), root: bytes };
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A hash in base 64; undefined when it is none. */
export function hashFrom(text: string | undefined): Uint8Array | undefined {
  const bytes = bytesFrom(text ?? '');
  return bytes?.length === hashBytes ? bytes : undefined;
}
