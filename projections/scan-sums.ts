/**
 * A sum of scans: how many, by which country, device and so on, in which quarter of an hour, and a sketch of the
 * visitors. Sums of any scans can be added up, and the visitors of a sum of sums are a union. Scans that some version
 * of the counting rules tells apart are summed apart, so that any version can be asked.
 */
import { Quarters } from './quarters.ts';
import { type Combination, type Field, fields, type Item } from './scan-items.ts';
import { REGISTERS, type Registers } from './uniques.ts';

/** `served` is the version and the rule that chose the destination, such as `3` or `3 weekend`. */
export type Counted = Field | 'served';

export interface Sum {
  scans: number;
  /** Scans by value. What is not known is not in here: it is what is left of `scans`. */
  readonly counts: { [C in Counted]?: Record<string, number> };
  /** Scans by quarter. */
  readonly quarters: Quarters;
  readonly visitors: Registers;
}

/** Sums by `kinds`. */
export type Sums = Map<string, Sum>;

export const emptySum = (): Sum => ({
  scans: 0,
  counts: {},
  quarters: new Quarters(),
  visitors: new Uint8Array(REGISTERS),
});

export function sumFor(sums: Sums, kinds: string): Sum {
  const known = sums.get(kinds);
  if (known) return known;
  const sum = emptySum();
  sums.set(kinds, sum);
  return sum;
}

function count(sum: Sum, counted: Counted, value: string, scans: number): void {
  if (value === '') return;
  // Values come from headers; one may be called like something every object has.
  sum.counts[counted] ??= Object.create(null) as Record<string, number>;
  const values = sum.counts[counted];
  values[value] = (values[value] ?? 0) + scans;
}

function see(sum: Sum, register: number, rank: number): void {
  if (rank > sum.visitors[register]!) sum.visitors[register] = rank;
}

/** Scans of one combination, and of one version where that is told. */
export interface Tally {
  readonly combination: Combination;
  readonly version: number;
  readonly sum: Sum;
  scans: number;
  /** The parts that they are in. */
  firstPart: number;
  lastPart: number;
}

/** Adds scans. Values are counted once for all scans of a combination, which costs a tenth of doing it for each. */
export function addItems(
  sums: Sums,
  items: readonly Item[],
  combinationOf: (id: number) => Combination,
  withServed: boolean,
): Tally[] {
  const tallies = new Map<number, Tally>();
  let [last, tally]: [number, Tally | undefined] = [-1, undefined];
  for (const item of items) {
    const key = withServed ? item.combination * 0x1_0000 + item.version : item.combination;
    if (!tally || key !== last) {
      last = key;
      tally = tallies.get(key);
      if (!tally) {
        const combination = combinationOf(item.combination);
        const parts = { firstPart: item.part, lastPart: item.part };
        tally = { combination, version: item.version, sum: sumFor(sums, combination.kinds), scans: 0, ...parts };
        tallies.set(key, tally);
      }
    }
    tally.scans += 1;
    if (item.part < tally.firstPart) tally.firstPart = item.part;
    else if (item.part > tally.lastPart) tally.lastPart = item.part;
    tally.sum.quarters.add(item.quarter, 1);
    see(tally.sum, item.visitor >> 4, item.visitor & 15);
  }
  for (const { combination, version, sum, scans } of tallies.values()) {
    const { rule } = combination;
    sum.scans += scans;
    if (withServed) count(sum, 'served', rule === '' ? `${version}` : `${version} ${rule}`, scans);
    for (const field of fields) count(sum, field, combination[field], scans);
  }
  return [...tallies.values()];
}

/** Adds another sum. */
export function addSum(sum: Sum, other: Sum): void {
  sum.scans += other.scans;
  for (const [counted, values] of Object.entries(other.counts)) {
    for (const [value, scans] of Object.entries(values)) count(sum, counted as Counted, value, scans);
  }
  other.quarters.forEach((scans, quarter) => {
    sum.quarters.add(quarter, scans);
  });
  for (let register = 0; register < REGISTERS; register++) see(sum, register, other.visitors[register]!);
}

/** A sum as a row holds it; quarters are pairs of the distance from the one before, or the span's start, and the scans. */
export interface StoredSum {
  readonly scans: number;
  readonly counts: Sum['counts'];
  readonly quarters: Uint8Array;
  readonly visitors: Uint8Array;
}

const placeBytes = 3;
/** Registers as half bytes; smaller sketches are a list of places. */
const sketchBytes = REGISTERS / 2;

export function storedSum({ scans, counts, quarters, visitors }: Sum, start: number): StoredSum {
  // In the order of time, so that rows don't tell in which order scans have come.
  const times: number[] = [];
  let last = start;
  quarters.forEach((n, quarter) => {
    writeNumber(times, quarter - last);
    writeNumber(times, n);
    last = quarter;
  });
  return { scans, counts: sorted(counts), quarters: Buffer.from(times), visitors: sketchOf(visitors) };
}

/** Seven bits a byte, the lowest first (LEB128): most gaps are one quarter, and most counts small. */
function writeNumber(bytes: number[], number: number): void {
  let left = number;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
}

function sorted(counts: Sum['counts']): Sum['counts'] {
  return Object.fromEntries(
    [...fields, 'served' as const].flatMap(counted => {
      const values = counts[counted];
      return values ? [[counted, Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))]] : [];
    }),
  );
}

function sketchOf(visitors: Registers): Buffer {
  const sketch = Buffer.alloc(sketchBytes);
  let size = 0;
  for (let register = 0; register < REGISTERS; register++) {
    const rank = visitors[register]!;
    if (rank === 0) continue;
    // As a list for as long as that is shorter; then it is what the registers say.
    if ((size + 1) * placeBytes >= sketchBytes) return halves(visitors);
    sketch.writeUIntLE(register * 16 + rank, size * placeBytes, placeBytes);
    size += 1;
  }
  return sketch.subarray(0, size * placeBytes);
}

function halves(visitors: Registers): Buffer {
  const sketch = Buffer.allocUnsafe(sketchBytes);
  for (let i = 0; i < sketchBytes; i++) sketch[i] = visitors[2 * i]! | (visitors[2 * i + 1]! << 4);
  return sketch;
}

/** Adds a stored sum, without making a `Sum` of it first: a year's answer is made of some hundred. */
export function addStored(sum: Sum, { scans, counts, quarters, visitors }: StoredSum, start: number): void {
  sum.scans += scans;
  for (const [counted, values] of Object.entries(counts)) {
    for (const [value, n] of Object.entries(values)) count(sum, counted as Counted, value, n);
  }
  addQuarters(sum.quarters, quarters, start);
  if (visitors.length === sketchBytes) {
    for (let i = 0; i < sketchBytes; i++) {
      const pair = visitors[i]!;
      if (pair === 0) continue;
      see(sum, 2 * i, pair & 15);
      see(sum, 2 * i + 1, pair >> 4);
    }
    return;
  }
  for (let at = 0; at < visitors.length; at += placeBytes) {
    const place = visitors[at]! | (visitors[at + 1]! << 8) | (visitors[at + 2]! << 16);
    see(sum, place >> 4, place & 15);
  }
}

function addQuarters(quarters: Quarters, bytes: Uint8Array, start: number): void {
  let quarter = start;
  let number = 0;
  let place = 1;
  let isGap = true;
  // By index: `for of` over a typed array takes many times as long on Bun.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    number += (byte & 127) * place;
    place *= 128;
    if (byte > 127) continue;
    if (isGap) quarter += number;
    else quarters.add(quarter, number);
    isGap = !isGap;
    number = 0;
    place = 1;
  }
}
