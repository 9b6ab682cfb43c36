/**
 * Where the alignment patterns are: squares of five modules that a reader straightens its picture by. ISO/IEC 18004
 * places them on a grid that depends on the version alone; version 1 has none.
 */
import type { Matrix } from './matrix.ts';

/** Columns and rows of the patterns' middles (ISO/IEC 18004, annex E). */
export function alignmentCentres(version: number): readonly number[] {
  if (version === 1) return [];
  const size = 4 * version + 17;
  const count = Math.floor(version / 7) + 2;
  // Even steps, counted from the far end; version 32 alone is an exception to the rule.
  const step = version === 32 ? 26 : 2 * Math.ceil((size - 13) / (2 * count - 2));
  return [6, ...Array.from({ length: count - 1 }, (_, index) => size - 7 - (count - 2 - index) * step)];
}

const byVersion = new Map<number, Uint8Array>();

/** 1 for every module, dark or light, that belongs to an alignment pattern. The same array for each version. */
export function alignmentModules({ size, version }: Matrix): Uint8Array {
  const known = byVersion.get(version);
  if (known) return known;
  const belongs = new Uint8Array(size * size);
  const centres = alignmentCentres(version);
  const last = size - 7;
  for (const y of centres) {
    for (const x of centres) {
      // Three places are taken by finder patterns.
      if ((x === 6 && (y === 6 || y === last)) || (x === last && y === 6)) continue;
      for (let row = y - 2; row <= y + 2; row++) belongs.fill(1, row * size + x - 2, row * size + x + 3);
    }
  }
  byVersion.set(version, belongs);
  return belongs;
}
