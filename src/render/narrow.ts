/**
 * The penalty of a symbol whose lines fit an integer, which is that of versions 1 to 3 and so of nearly every short URL.
 * A line is one number, bit `n` its module `n`, and whole lines are compared at once: a tenth of the time that walking
 * over the modules takes. It counts exactly what `penalty` in `mask.ts` counts, and a test holds the two together.
 */

/** Widest symbol this is for: shifts of up to 14 bits must not lose a module. */
export const narrowMax = 29;

function ones(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Where five in a row begin: a run of n has n - 4 of them, and costs 2 more than that. */
function long(line: number): number {
  const five = line & (line >>> 1) & (line >>> 2) & (line >>> 3) & (line >>> 4);
  return five === 0 ? 0 : ones(five) + 2 * ones(five & ~(five << 1));
}

/**
 * Where 1:1:3:1:1 stands, each part `n` modules wide, with `4n` light modules on one side and `n` on the other; light is
 * also what lies outside. Counted twice where both sides are wide.
 */
function finders(line: number, n: number): number {
  // Bit p of `dark(k)` tells whether the n modules from p + k·n on are all dark; likewise for light ones.
  const light = ~line;
  let darkRun = line;
  let lightRun = light;
  for (let i = 1; i < n; i++) {
    darkRun &= line >>> i;
    lightRun &= light >> i;
  }
  const dark = (k: number) => darkRun >>> (k * n);
  const clear = (k: number) => (k < 0 ? ~(~lightRun << (-k * n)) : lightRun >> (k * n));
  const core = dark(0) & clear(1) & dark(2) & dark(3) & dark(4) & clear(5) & dark(6) & clear(-1) & clear(7);
  if (core === 0) return 0;
  return ones(core & clear(-2) & clear(-3) & clear(-4)) + ones(core & clear(8) & clear(9) & clear(10));
}

/** Long runs and finder look-alikes of one line. */
function lineCost(line: number, all: number): number {
  let cost = long(line) + long(~line & all) + 40 * finders(line, 1);
  // Wider look-alikes need six dark modules in a row.
  const six = line & (line >>> 1) & (line >>> 2) & (line >>> 3) & (line >>> 4) & (line >>> 5);
  if (six !== 0) cost += 40 * (finders(line, 2) + finders(line, 3) + finders(line, 4));
  return cost;
}

/** §7.8.3 of ISO/IEC 18004 for rows and columns of a symbol; no longer counted once it has reached `limit`. */
export function narrowPenalty(rows: Int32Array, columns: Int32Array, size: number, limit: number): number {
  const all = 2 ** size - 1;
  let cost = 0;
  let dark = 0;
  for (let i = 0; i < size; i++) {
    const row = rows[i]!;
    dark += ones(row);
    cost += lineCost(row, all) + lineCost(columns[i]!, all);
    if (i + 1 < size) {
      const below = rows[i + 1]!;
      const same = ~(row ^ below);
      cost += 3 * ones(same & (same >>> 1) & ~(row ^ (row >>> 1)) & (all >>> 1));
    }
    if (cost >= limit) return cost;
  }
  const total = size * size;
  return cost + 10 * (Math.ceil(Math.abs(dark * 20 - total * 10) / total) - 1);
}
