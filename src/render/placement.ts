/**
 * Where a logo goes: in the middle, no larger than error correction can repair and than the patterns a reader steers
 * by allow. A style asks for a size; on a code that cannot carry it the logo is drawn smaller rather than the code made
 * unreadable. Measures are modules from the code's own corner, without its quiet zone.
 */
import type { QrStyle } from '../../events/style.ts';
import { damage } from './codewords.ts';
import type { Box } from './drawing.ts';
import type { Level, Matrix } from './matrix.ts';

/** A logo's picture and its size in pixels. */
export interface Logo {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Placement {
  /** What the picture fills. */
  readonly box: Box;
  /** What is kept free around it: that and its margin. */
  readonly cleared: Box;
  /** Share of the code's area that is hidden. */
  readonly coverage: number;
  /** Whether the code bears less than was asked for. */
  readonly isReduced: boolean;
}

export const logoSizeDefault = 0.22;
export const logoMarginDefault = 1;

/** Finder patterns with their separators and format information take nine modules on each side of a code. */
const steering = 9;

/** Part of what error correction can repair that a logo may take; the rest is for dirt and folds. */
const damageMax = 0.75;

const levels: readonly Level[] = ['L', 'M', 'Q', 'H'];

/**
 * Encodes at the level asked for, M by default, or at the lowest above it on which the logo has the size asked for; if
 * none bears that, at the highest. Each level encodes anew, since a higher one may make a larger code with more room.
 */
export function matrixFor(encode: (level: Level) => Matrix, style: QrStyle = {}, logo?: Logo): Matrix {
  const asked = style.errorCorrection ?? 'M';
  if (!logo) return encode(asked);
  for (const level of levels.slice(levels.indexOf(asked), -1)) {
    const matrix = encode(level);
    if (!placement(matrix, style.logo, logo).isReduced) return matrix;
  }
  return encode('H');
}

/** Places a logo on a code, as large as asked for or as large as the code bears. */
export function placement(matrix: Matrix, style: QrStyle['logo'], logo: Logo): Placement {
  const { size } = matrix;
  const { size: share = logoSizeDefault, margin = logoMarginDefault } = style ?? {};
  const longest = Math.max(logo.width, logo.height);
  const asked = { width: (share * size * logo.width) / longest, height: (share * size * logo.height) / longest };
  const centred = (width: number, height: number): Box => {
    return { x: (size - width) / 2, y: (size - height) / 2, width, height };
  };
  const boxAt = (scale: number) => centred(asked.width * scale, asked.height * scale);
  const clearedAt = (scale: number) => centred((asked.width + 2 * margin) * scale, (asked.height + 2 * margin) * scale);
  let scale = 1;
  while (!bears(matrix, boxAt(scale), clearedAt(scale))) scale *= 0.98;
  const [box, cleared] = [boxAt(scale), clearedAt(scale)];
  return { box, cleared, coverage: (cleared.width * cleared.height) / (size * size), isReduced: scale < 1 };
}

/** Whether a code can still be found and repaired: under the logo all is lost, in its margin only what was dark. */
function bears(matrix: Matrix, box: Box, cleared: Box): boolean {
  if (Math.min(cleared.x, cleared.y) < steering) return false;
  const isLost = (column: number, row: number) =>
    isCovered(cleared, column, row) &&
    (matrix.modules[row * matrix.size + column] === 1 || isCovered(box, column, row));
  return damage(matrix, isLost) <= damageMax;
}

/** Overlap below which a module is kept: it would otherwise vanish for the sake of a sliver. */
const sliver = 0.15;

/** Whether a module has to go to keep a box free. */
export function isCovered({ x, y, width, height }: Box, column: number, row: number): boolean {
  return column + 1 > x + sliver && column < x + width - sliver && row + 1 > y + sliver && row < y + height - sliver;
}
