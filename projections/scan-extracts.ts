/**
 * What a question means of a span, summed up. It follows from which of the span's groups are meant and from nothing
 * else, so it is found again by these: whoever asks by the same filter again, or by another one that means the same,
 * reads a sum, as a question without filters does, however much different things were said.
 */
import type { Dense } from './scan-group-rows.ts';
import type { Group } from './scan-groups.ts';
import { type StoredSum, type Sums, storedSum } from './scan-sums.ts';
import { type Combinations, GroupTallies } from './scan-tallies.ts';

/** Of one kind: a sum, or no more than its number. */
export interface Extract extends Pick<StoredSum, 'scans' | 'quarters' | 'visitors'> {
  readonly kinds: string;
  readonly counts: StoredSum['counts'] | null;
}

/** Sums up groups that are meant. */
export function extractOf({ span, isCode }: Dense, groups: readonly Group[], known: Combinations): Extract[] {
  const sums: Sums = new Map();
  const tallies = new GroupTallies(sums, known);
  tallies.add({ start: span.from, groups }, isCode);
  tallies.end();
  return [...sums].map(([kinds, sum]) => {
    const stored = storedSum(sum, span.from);
    // A copy, for what a sketch was written into has room for the longest, and this is kept.
    const visitors = Uint8Array.from(stored.visitors);
    // Of what is told, it is told when.
    return { ...stored, kinds, visitors, counts: stored.quarters.length > 0 ? stored.counts : null };
  });
}

/** A name, its number and its place among others take some hundred bytes. */
const valueBytes = 100;

/** About as much memory as an extract takes. */
export const sizeOf = (extracts: readonly Extract[]): number =>
  extracts.reduce(
    (bytes, { counts, quarters, visitors }) =>
      bytes +
      quarters.length +
      visitors.length +
      valueBytes * Object.values(counts ?? {}).reduce((n, values) => n + Object.keys(values).length, 0),
    valueBytes,
  );
