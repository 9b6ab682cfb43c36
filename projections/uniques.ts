/**
 * How many different visitors: a HyperLogLog whose input is the coordinate each scan carries. Any set of scans makes a
 * sketch and sketches unite, so a month's number is a count of people and never a sum of days. The standard error is
 * 0.8 % (1.04/√16,384) from a handful to some ten million. The estimate is Ertl's improved raw estimator, which needs
 * no bias tables and no switch between ranges: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog
 * sketches", arXiv:1702.01284, algorithm 6.
 */

/** Registers of a sketch, `m` in the paper. */
export const REGISTERS = 2 ** 14;

/** Highest rank on record, `q + 1` in the paper. The cap is what keeps a rare hash from naming one visitor. */
export const RANK_MAX = 12;

/** A sketch: the highest rank seen per register, 0 for none. */
export type Registers = Uint8Array;

/**
 * The sketch of these coordinates (`register * 16 + rank`, so `visitor >> 4` and `visitor & 15` in SQL). Order and
 * repetition change nothing, so sets of scans are united by appending one to the other, and the highest coordinate of
 * each register says as much as all of them. Rank 0 is nobody.
 */
export function registersOf(coordinates: Iterable<number>): Registers {
  const registers = new Uint8Array(REGISTERS);
  for (const coordinate of coordinates) {
    const register = coordinate >> 4;
    const rank = Math.min(coordinate & 15, RANK_MAX);
    if (rank > registers[register]!) registers[register] = rank;
  }
  return registers;
}

/**
 * The number of different visitors in a sketch, a whole number. If every register is full, at some 300 million, the
 * answer is a floor instead of infinity.
 */
export function estimate(registers: Registers): number {
  const counts = new Array<number>(RANK_MAX + 1).fill(0);
  // By index: `for of` over a typed array takes 15 times as long on Bun (150 µs instead of 10).
  for (let i = 0; i < REGISTERS; i++) counts[registers[i]!]!++;
  let z = REGISTERS * tau(Math.max(1 - counts[RANK_MAX]! / REGISTERS, 1 / REGISTERS));
  for (let rank = RANK_MAX - 1; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!);
  z += REGISTERS * sigma(counts[0]! / REGISTERS);
  return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z));
}

/** σ(x) = x + Σ x^(2^k) · 2^(k-1), for the registers still empty; infinite when all are. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let sum = x;
  let power = x;
  for (let weight = 1, before = -1; sum !== before; weight *= 2) {
    before = sum;
    power *= power;
    sum += power * weight;
  }
  return sum;
}

/** τ(x) = (1 - x - Σ (1 - x^(2^-k))² · 2^-k) / 3, for the registers at the cap. */
function tau(x: number): number {
  if (x === 1) return 0;
  let sum = 1 - x;
  let root = x;
  for (let weight = 0.5, before = -1; sum !== before; weight /= 2) {
    before = sum;
    root = Math.sqrt(root);
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
