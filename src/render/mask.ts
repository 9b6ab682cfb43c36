/**
 * Which of the eight masks a code wears. The encoder would draw and judge all eight as whole symbols, which is nearly
 * all of its time; but they differ only by a pattern over the data modules and by 15 format bits, so one drawing is
 * enough to judge them all. The choice is the standard's own: the lowest penalty, the first one at a tie.
 */

import { narrowMax, narrowPenalty } from './narrow.ts';

/** Error correction as ISO/IEC 18004 names it: about 7, 15, 25 or 30 % of the codewords may be lost. */
export type Level = 'L' | 'M' | 'Q' | 'H';

/** Table 10 of ISO/IEC 18004: whether a mask turns the module in row `y` and column `x`. */
const turns: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  x => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Two bits of the format information, table 12. */
const levelBits: Record<Level, number> = { L: 1, M: 0, Q: 3, H: 2 };

/** What a mask has other than mask 0: on data modules and in the format bits. */
interface Difference {
  /** size × size, 1 where they differ. */
  readonly modules: Uint8Array;
  /** The same as lines of bits, for symbols that are narrow enough. */
  readonly lines: Lines | undefined;
}

/** Rows and columns as numbers, bit `n` for module `n`. */
interface Lines {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** By size and level, for each mask. The function patterns of a version never move. */
const differences = new Map<string, readonly Difference[]>();

function differencesOf(size: number, level: Level, isData: () => Uint8Array): readonly Difference[] {
  const key = `${size} ${level}`;
  const known = differences.get(key);
  if (known) return known;
  const data = isData();
  const worn = turns.map((turn, mask) => {
    const modules = data.map((isOne, i) => isOne & Number(turn(i % size, Math.floor(i / size))));
    drawFormat(modules, size, level, mask);
    return modules;
  });
  const made = worn.map(modules => {
    const differs = modules.map((module, i) => module ^ worn[0]![i]!);
    return { modules: differs, lines: size <= narrowMax ? linesOf(differs, size) : undefined };
  });
  differences.set(key, made);
  return made;
}

function linesOf(modules: Uint8Array, size: number): Lines {
  const rows = new Int32Array(size);
  const columns = new Int32Array(size);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      const module = modules[i]!;
      rows[y]! |= module << x;
      columns[x]! |= module << y;
    }
  }
  return { rows, columns };
}

/**
 * Gives a symbol that wears mask 0 the mask it should wear.
 * @param modules size × size, 1 is dark, drawn with mask 0 and its format bits; changed in place
 * @param isData size × size, 1 where a mask applies; asked for once a size and level
 */
export function chooseMask(modules: Uint8Array, size: number, level: Level, isData: () => Uint8Array): void {
  const masks = differencesOf(size, level, isData);
  const own = size <= narrowMax ? linesOf(modules, size) : undefined;
  const lines = { rows: new Int32Array(size), columns: new Int32Array(size) };
  const candidate = new Uint8Array(modules.length);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [mask, difference] of masks.entries()) {
    let score: number;
    if (own) {
      for (let i = 0; i < size; i++) {
        lines.rows[i] = own.rows[i]! ^ difference.lines!.rows[i]!;
        lines.columns[i] = own.columns[i]! ^ difference.lines!.columns[i]!;
      }
      score = narrowPenalty(lines.rows, lines.columns, size, least);
    } else {
      for (let i = 0; i < modules.length; i++) candidate[i] = modules[i]! ^ difference.modules[i]!;
      score = penalty(candidate, size, least);
    }
    if (score >= least) continue;
    least = score;
    best = mask;
  }
  const chosen = masks[best]!.modules;
  for (let i = 0; i < modules.length; i++) modules[i]! ^= chosen[i]!;
}

/** The 15 format bits with their BCH code, twice, as §7.9 places them. */
function drawFormat(modules: Uint8Array, size: number, level: Level, mask: number): void {
  const data = (levelBits[level] << 3) | mask;
  let rest = data;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  for (let i = 0; i < 15; i++) {
    const bit = (bits >> i) & 1;
    // Beside the top left corner, stepping over the timing patterns …
    const beside = i < 8 ? (i + (i > 5 ? 1 : 0)) * size + 8 : 8 * size + (i === 8 ? 7 : 14 - i);
    modules[beside] = bit;
    // … and again, split between the other two corners.
    modules[i < 8 ? 8 * size + size - 1 - i : (size - 15 + i) * size + 8] = bit;
  }
}

/** §7.8.3: how hard a symbol would be to read; no longer counted once it has reached `limit`. */
export function penalty(modules: Uint8Array, size: number, limit: number): number {
  let score = 0;
  let dark = 0;
  for (let line = 0; line < size; line++) {
    score += linePenalty(modules, line * size, 1, size) + linePenalty(modules, line, size, size);
    if (score >= limit) return score;
  }
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      const module = modules[i]!;
      dark += module;
      if (x === size - 1 || y === size - 1) continue;
      // Blocks of 2 × 2 in one colour.
      if (module === modules[i + 1] && module === modules[i + size] && module === modules[i + size + 1]) score += 3;
    }
  }
  // Ten for each further 5 % that dark and light are apart from balance.
  const total = size * size;
  return score + 10 * (Math.ceil(Math.abs(dark * 20 - total * 10) / total) - 1);
}

/** Lengths of the runs of a line, light and dark in turn; the quiet zone belongs to the outer light ones. */
const runs = new Int32Array(180);

/** Long runs and what looks like a finder pattern, in one row or column. */
function linePenalty(modules: Uint8Array, start: number, step: number, size: number): number {
  let score = 0;
  let count = 0;
  let color = 0;
  let length = 0;
  for (let n = 0, i = start; n < size; n++, i += step) {
    if (modules[i] === color) {
      length++;
      continue;
    }
    if (length >= 5) score += length - 2;
    runs[count++] = length;
    color ^= 1;
    length = 1;
  }
  if (length >= 5) score += length - 2;
  runs[count++] = length;
  if (color === 1) runs[count++] = 0;
  runs[0]! += size;
  runs[count - 1]! += size;
  // Dark runs have odd numbers; 1:1:3:1:1 with four light modules on one side and one on the other.
  for (let middle = 3; middle + 3 < count; middle += 2) {
    const one = runs[middle - 1]!;
    if (runs[middle] !== 3 * one || runs[middle + 1] !== one) continue;
    if (runs[middle - 2] !== one || runs[middle + 2] !== one) continue;
    const before = runs[middle - 3]!;
    const after = runs[middle + 3]!;
    if (before >= 4 * one && after >= one) score += 40;
    if (after >= 4 * one && before >= one) score += 40;
  }
  return score;
}
