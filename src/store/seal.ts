/**
 * How the personal part of a fact is sealed: each byte is combined with a random one that is used this once and kept in
 * the vault, outside the ledger. What is stored, `"sealed":"…"` at the end of the data, is then as random as its pad:
 * with the pad destroyed there is nothing left to break, today or in a hundred years. The chain tells whether a seal was
 * changed, and the seal whether its pad was: it ends with the pad's SHA-256, and the pad with random bytes that nothing
 * was sealed with, lest a short text be found by trying all. AES-256-GCM with a key for each stream was measured beside
 * it: in Bun it costs 3 us a fact more, most of it for the collector, and batches of 1,000 fall from 0.89 to 0.72 of raw
 * COPY.
 */
import { hash, randomFillSync } from 'node:crypto';
import type { AnyEvent } from '../../events/index.ts';
import { renewed } from '../../events/upcasts.ts';
import { blanked, type Data, divide, unite } from './personal.ts';

/** Random bytes are drawn in larger pieces: few of them alone take 0.5 us. */
const pieceBytes = 64 * 1024;
let piece = Buffer.alloc(0);
let used = 0;

/** Where the next `count` random bytes begin in `piece`. */
function draw(count: number): number {
  if (used + count > piece.length) {
    piece = randomFillSync(Buffer.alloc(Math.max(pieceBytes, count)));
    used = 0;
  }
  used += count;
  return used - count;
}

const saltBytes = 16;
const digestBytes = 32;

const digestOf = (pad: Uint8Array): Buffer => hash('sha256', pad, 'buffer');

/** Written to and read from within one call. */
let scratch = Buffer.alloc(pieceBytes);

export interface Sealed {
  /** JSON of the data as it is stored. */
  readonly text: string;
  /** JSON of what is not personal. */
  readonly open: string;
  /** JSON of what is personal, null when nothing is. */
  readonly clear: string | null;
  /** As many bytes as were sealed, and the salt; empty when nothing was. */
  readonly pad: Uint8Array;
}

const noPad = new Uint8Array(0);

/** The data of a fact as it is stored, and what is needed to read it again. */
export function sealedData(type: string, data: Data): Sealed {
  const divided = divide(type, data);
  const open = JSON.stringify(divided.open);
  if (divided.personal === undefined) return { text: open, open, clear: null, pad: noPad };
  const clear = JSON.stringify(divided.personal);
  // A character of a string is at most three bytes in UTF-8.
  if (scratch.length < clear.length * 3 + digestBytes) scratch = Buffer.alloc(clear.length * 3 + digestBytes);
  const length = scratch.write(clear);
  const start = draw(length + saltBytes);
  const pad = piece.subarray(start, start + length + saltBytes);
  for (let i = 0; i < length; i++) scratch[i]! ^= pad[i]!;
  scratch.set(digestOf(pad), length);
  const sealed = scratch.toString('base64', 0, length + digestBytes);
  const before = open === '{}' ? '{' : `${open.slice(0, -1)},`;
  return { text: `${before}"sealed":"${sealed}"}`, open, clear, pad };
}

const sealOf = ({ data }: AnyEvent): string | undefined => (data as { sealed?: string }).sealed;

/** Whether something in a stored event is sealed. */
export const isSealed = (event: AnyEvent): boolean => sealOf(event) !== undefined;

/**
 * A stored event as it was, or blank when its pad was destroyed. When the two don't fit, one of them was changed: then
 * nobody can say what it was, and whoever asks for its data is told so.
 */
export function opened(event: AnyEvent, pad: Uint8Array | undefined): AnyEvent {
  if (!isSealed(event)) return inShape(event, event.data);
  const { sealed, ...open } = event.data as { sealed?: string };
  if (!pad || isDestroyed(pad)) return inShape(event, blanked(event.type, open));
  const personal = unsealed(sealed!, pad);
  if (personal) return inShape(event, unite(event.type, open, personal));
  return Object.defineProperty({ ...event }, 'data', {
    enumerable: true,
    get: () => {
      throw new Error(`the event at position ${event.position} does not open with its pad`);
    },
  });
}

/** An event with data that may be of an older shape, in today's. */
function inShape(event: AnyEvent, data: object): AnyEvent {
  const now = renewed(event.type, data);
  return now === event.data ? event : ({ ...event, data: now } as AnyEvent);
}

/** A pad is destroyed by writing zeros over it. */
const isDestroyed = (pad: Uint8Array): boolean => pad.every(byte => byte === 0);

function unsealed(sealed: string, pad: Uint8Array): Data | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  const length = pad.length - saltBytes;
  if (bytes.length !== length + digestBytes || !digestOf(pad).equals(bytes.subarray(length))) return undefined;
  for (let i = 0; i < length; i++) bytes[i]! ^= pad[i]!;
  return JSON.parse(bytes.toString('utf8', 0, length)) as Data;
}
