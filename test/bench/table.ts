/**
 * What a benchmark says: one row a measurement, each beside what it is compared with in the same run, and the number
 * that DESIGN.md asks for. Rounds of both sides alternate and the median counts, so that a noisy neighbour hits both.
 */

export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, and that one's value in the same run. */
  readonly beside?: string;
  readonly besideValue?: number;
  readonly ratio?: number;
  /** What is to be reached, in words. */
  readonly target?: string;
  readonly reached?: boolean;
}

/** A row that is measured against another value: `ratio` must reach `atLeast`. */
export function compared(
  bench: string,
  what: string,
  value: number,
  unit: string,
  beside: string,
  besideValue: number,
  atLeast: number,
): Row {
  const ratio = value / besideValue;
  return { bench, what, value, unit, beside, besideValue, ratio, target: `≥ ${atLeast} ×`, reached: ratio >= atLeast };
}

/** A row with a limit of its own. */
export const limited = (bench: string, what: string, value: number, unit: string, atMost: number): Row => ({
  bench,
  what,
  value,
  unit,
  target: `≤ ${atMost} ${unit}`,
  reached: value <= atMost,
});

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The value below which `share` of the values lie. */
export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** Events a second. */
export async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (count / (performance.now() - started)) * 1000;
}

const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Rows as text in columns. */
export function format(rows: readonly Row[]): string {
  const cells = rows.map(row => [
    row.bench,
    row.what,
    `${number(row.value)} ${row.unit}`,
    row.beside === undefined ? '' : `${row.beside}: ${number(row.besideValue!)} ${row.unit}`,
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} ×`,
    row.target ?? '',
    row.reached === undefined ? '' : row.reached ? 'reached' : 'NOT reached',
  ]);
  const head = ['bench', 'what', 'measured', 'beside', 'ratio', 'target', ''];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map(line => line[i]!.length)));
  return [head, ...cells]
    .map(line =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
