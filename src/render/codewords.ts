/**
 * Which modules carry which codeword, and which block repairs it. A reader can correct half as many codewords in a
 * block as that block has of error correction, wherever they are; so this tells exactly what hiding modules costs, where
 * a share of the area would only guess. All numbers are those of ISO/IEC 18004.
 */
import { alignmentModules } from './alignment.ts';
import { isFinder } from './finder.ts';
import type { Level, Matrix } from './matrix.ts';

/** Codewords of error correction in each block, by version from 1 (table 9). */
const correctionPerBlock: Readonly<Record<Level, string>> = {
  L: '7 10 15 20 26 18 20 24 30 18 20 24 26 30 22 24 28 30 28 28 28 28 30 30 26 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30',
  M: '10 16 26 18 24 16 18 22 22 26 30 22 22 24 24 28 28 26 26 26 26 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28',
  Q: '13 22 18 26 18 24 18 22 20 24 28 26 24 20 30 24 28 28 26 30 28 30 30 30 30 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30',
  H: '17 28 22 16 22 28 26 26 24 28 24 28 22 24 24 30 28 28 26 28 30 24 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30',
};

/** Blocks, by version from 1 (table 9). */
const blocks: Readonly<Record<Level, string>> = {
  L: '1 1 1 1 1 2 2 2 2 4 4 4 4 4 6 6 6 6 7 8 8 9 9 10 12 12 12 13 14 15 16 17 18 19 19 20 21 22 24 25',
  M: '1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49',
  Q: '1 1 2 2 4 4 6 6 8 8 8 10 12 16 12 17 16 18 21 20 23 23 25 27 29 34 34 35 38 40 43 45 48 51 53 56 59 62 65 68',
  H: '1 1 2 4 4 4 5 6 8 8 11 11 16 16 18 16 19 21 25 25 25 34 30 32 35 37 40 42 45 48 51 54 57 60 63 66 70 74 77 81',
};

const ofVersion = (table: string, version: number): number => Number(table.split(' ')[version - 1]);

/** For each module the number of its codeword in reading order, −1 for patterns and the bits left over. */
function readingOrder(matrix: Matrix): Int32Array {
  const { size, version } = matrix;
  const alignment = alignmentModules(matrix);
  const isPattern = (x: number, y: number) =>
    x === 6 ||
    y === 6 ||
    (x < 9 && (y < 9 || y >= size - 8)) ||
    (x >= size - 8 && y < 9) ||
    alignment[y * size + x] === 1 ||
    (version >= 7 && ((x >= size - 11 && y < 6) || (y >= size - 11 && x < 6))) ||
    isFinder(size, x, y);
  const order = new Int32Array(size * size).fill(-1);
  let bit = 0;
  for (let pair = 0, right = size - 1; right >= 1; pair++, right -= 2) {
    if (right === 6) right = 5; // the column of the timing pattern is passed over
    for (let step = 0; step < size; step++) {
      const y = pair % 2 === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) if (!isPattern(x, y)) order[y * size + x] = bit++ >> 3;
    }
  }
  const count = bit >> 3;
  return order.map(codeword => (codeword < count ? codeword : -1));
}

interface Layout {
  readonly order: Int32Array;
  readonly blockOf: Int32Array;
  readonly blockCount: number;
  /** Codewords that can be wrong in each block. */
  readonly repairable: number;
}

const layouts = new Map<string, Layout>();

function layoutOf(matrix: Matrix): Layout {
  const key = `${matrix.version}${matrix.level}`;
  const known = layouts.get(key);
  if (known) return known;
  const order = readingOrder(matrix);
  const count = order.reduce((most, codeword) => Math.max(most, codeword + 1), 0);
  const blockCount = ofVersion(blocks[matrix.level], matrix.version);
  const correction = ofVersion(correctionPerBlock[matrix.level], matrix.version);
  // Blocks take turns; the last ones have one more data codeword, which comes after all others.
  const longBlocks = count % blockCount;
  const data = count - blockCount * correction;
  const blockOf = Int32Array.from({ length: count }, (_, index) => {
    if (index >= data) return (index - data) % blockCount;
    return index < data - longBlocks ? index % blockCount : blockCount - (data - index);
  });
  const layout = { order, blockOf, blockCount, repairable: Math.floor(correction / 2) };
  layouts.set(key, layout);
  return layout;
}

/** What hiding modules costs: of the block that is hit worst, codewords lost ÷ codewords it can repair. */
export function damage(matrix: Matrix, isHidden: (x: number, y: number) => boolean): number {
  const { order, blockOf, blockCount, repairable } = layoutOf(matrix);
  const { size } = matrix;
  const lost = new Set<number>();
  const perBlock = new Int32Array(blockCount);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const codeword = order[y * size + x]!;
      if (codeword < 0 || lost.has(codeword) || !isHidden(x, y)) continue;
      lost.add(codeword);
      perBlock[blockOf[codeword]!]!++;
    }
  }
  return Math.max(...perBlock) / repairable;
}
