/**
 * A sum of scans: how many, by which country, device and so on, in which quarter of an hour, and a sketch of the
 * visitors. Sums of any scans can be added up, and the visitors of a sum of sums are a union. Scans that some version
 * of the counting rules tells apart are summed apart, so that any version can be asked.
 */
import { addQuarters, Quarters, QuarterWriter } from './quarters.ts';
import { type Field, fields } from './scan-items.ts';
import { addSketch, sketchOf, unite } from './sketches.ts';
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

/** Raises the count of a value; '' is for what is not known. */
export function count(sum: Sum, counted: Counted, value: string, scans: number): void {
  if (value === '') return;
  // Values come from headers; one may be called like something every object has.
  sum.counts[counted] ??= Object.create(null) as Record<string, number>;
  const values = sum.counts[counted];
  values[value] = (values[value] ?? 0) + scans;
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
  unite(sum.visitors, other.visitors);
}

/** A sum as a row holds it; its quarters as a `QuarterWriter` writes them. */
export interface StoredSum {
  readonly scans: number;
  readonly counts: Sum['counts'];
  readonly quarters: Uint8Array;
  readonly visitors: Uint8Array;
}

export function storedSum({ scans, counts, quarters, visitors }: Sum, start: number): StoredSum {
  // In the order of time, so that rows don't tell in which order scans have come.
  const times = new QuarterWriter(start);
  quarters.forEach((n, quarter) => {
    times.add(quarter, n);
  });
  return { scans, counts: sorted(counts), quarters: Buffer.from(times.bytes), visitors: sketchOf(visitors) };
}

function sorted(counts: Sum['counts']): Sum['counts'] {
  return Object.fromEntries(
    [...fields, 'served' as const].flatMap(counted => {
      const values = counts[counted];
      return values ? [[counted, Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))]] : [];
    }),
  );
}

/** Adds a stored sum, without making a `Sum` of it first: a year's answer is made of some dozens. */
export function addStored(sum: Sum, { scans, counts, quarters, visitors }: StoredSum, start: number): void {
  sum.scans += scans;
  for (const [counted, values] of Object.entries(counts)) {
    for (const [value, n] of Object.entries(values)) count(sum, counted as Counted, value, n);
  }
  addQuarters(sum.quarters, quarters, start);
  addSketch(sum.visitors, visitors);
}
