/**
 * A text as dark and light modules: the one place that knows how a QR code is made. It promises a valid symbol of
 * ISO/IEC 18004 in the smallest version that holds the text at the level asked for; pictures are drawn from it by its
 * neighbours, which know nothing of encoding. The quiet zone is theirs too, since it is white space and not data.
 */
import { encode } from 'uqr';
import { chooseMask, type Level } from './mask.ts';

export type { Level };

/** A square of modules, row by row from the top left, without its quiet zone. */
export interface Matrix {
  /** Modules on one side: 4 × version + 17, from 21 to 177. */
  size: number;
  /** From 1 to 40. */
  version: number;
  level: Level;
  /** size × size entries, 1 is dark. */
  modules: Uint8Array;
}

/** Bytes that fit into version 40, from table 7 of ISO/IEC 18004. */
const bytesMax: Record<Level, number> = { L: 2953, M: 2331, Q: 1663, H: 1273 };

/** Digits that fit into version 40 at level L, three in ten bits: nothing longer fits in any way. */
const digitsMax = 7089;

/**
 * Encodes a text. Digits alone take 3⅓ bits each, texts of `0-9A-Z $%*+-./:` 5½, all others 8 for each byte of their
 * UTF-8, so a short link in capitals makes a smaller code. The level is exactly the one asked for, M by default.
 *
 * @throws RangeError if the text is empty, too long for version 40, or holds half of a surrogate pair
 */
export function matrix(text: string, { level = 'M' }: { level?: Level } = {}): Matrix {
  if (text === '') throw new RangeError('An empty text makes no code');
  if (!text.isWellFormed()) throw new RangeError('The text holds half of a surrogate pair, which UTF-8 cannot write');
  const { size, version, data, types } = symbol(text, level);
  const modules = new Uint8Array(size * size);
  for (let y = 0, i = 0; y < size; y++) {
    const row = data[y]!;
    for (let x = 0; x < size; x++, i++) if (row[x]) modules[i] = 1;
  }
  // The encoder's kind 0 is data, all others are function patterns.
  chooseMask(modules, size, level, () => Uint8Array.from(types.flat(), kind => (kind === 0 ? 1 : 0)));
  return { size, version, level, modules };
}

function symbol(text: string, level: Level) {
  try {
    if (text.length > digitsMax) throw new RangeError('Data too long'); // before uqr makes an array of its bits
    return encode(text, { ecc: level, border: 0, maskPattern: 0 });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const bytes = new TextEncoder().encode(text).length;
    const limit = `at level ${level} the largest code holds ${bytesMax[level]} bytes`;
    throw new RangeError(`The text is too long: it takes ${bytes} bytes, ${limit}`, { cause: error });
  }
}
