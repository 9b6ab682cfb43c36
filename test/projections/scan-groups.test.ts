/**
 * Groups of scans by themselves: they are those of a plain count, what is written is read, in whatever pieces, and groups
 * of shorter spans make those of the longer one.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addQuarters, Quarters } from '../../projections/quarters.ts';
import {
  endOf,
  type Group,
  Grouping,
  groupFrom,
  headsIn,
  merged,
  onlyNumber,
  storedGroups,
} from '../../projections/scan-groups.ts';
import { type Item, packed } from '../../projections/scan-items.ts';
import type { Span } from '../../projections/scan-times.ts';
import { addSketch } from '../../projections/sketches.ts';
import { REGISTERS, registersOf } from '../../projections/uniques.ts';

const start = 1_960_000;
const item: fc.Arbitrary<Item> = fc.record({
  quarter: fc.integer({ min: start - 3, max: start + 3_000 }),
  visitor: fc
    .tuple(fc.nat({ max: REGISTERS - 1 }), fc.nat({ max: 12 }))
    .map(([register, rank]) => register * 16 + rank),
  combination: fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(70_000, 2 ** 31 + 5)),
  version: fc.constantFrom(0, 1, 2, 65_535),
  part: fc.constant(0),
});
const items = fc.array(item, { maxLength: 400, size: 'max' });
/** More visitors than a sketch names one by one. */
const crowd: Item[] = Array.from({ length: 9_000 }, (_, i) => ({
  ...{ quarter: start + (i % 40), visitor: (i % REGISTERS) * 16 + 1 + (i % 9), combination: 3, version: 1, part: 0 },
}));

/** Groups as plain numbers, in one order. */
const plain = (groups: readonly Group[], from: number) =>
  groups
    .map(({ combination, version, scans, quarters, visitors }) => {
      const times = new Quarters();
      addQuarters(times, quarters, from);
      const registers = new Uint8Array(REGISTERS);
      addSketch(registers, visitors);
      return {
        key: `${combination} ${version}`,
        scans,
        times: [...times],
        visitors: Buffer.from(registers).toString('hex'),
      };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));

const counted = (all: readonly Item[], { from, to }: Span) =>
  [
    ...Map.groupBy(
      all.filter(({ quarter }) => quarter >= from && quarter < to),
      ({ combination, version }) => `${combination} ${version}`,
    ),
  ]
    .map(([key, some]) => ({
      ...{ key, scans: some.length },
      times: [...Quarters.of(some.map(({ quarter }) => [quarter, 1] as const))],
      visitors: Buffer.from(registersOf(some.map(({ visitor }) => visitor))).toString('hex'),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

function grouped(span: Span, ...pieces: (readonly Item[])[]): Group[] {
  const grouping = new Grouping(span);
  for (const piece of pieces) grouping.add(packed(piece));
  return grouping.groups();
}

const span = { from: start, to: start + 2_976 };

test('groups are those of a plain count of the scans in a span, in whatever pieces these come', () => {
  fc.assert(
    fc.property(items, items, (some, others) => {
      expect(plain(grouped(span, some, others), start)).toEqual(counted([...some, ...others], span));
    }),
    {
      examples: [
        [[], []],
        [crowd, crowd.slice(0, 100)],
      ],
    },
  );
});

test('what is written is read, all of it, a piece, or no more than how many', () => {
  fc.assert(
    fc.property(items, fc.nat(), (some, n) => {
      const groups = grouped(span, some);
      const { heads, bodies } = storedGroups(groups);
      const read = headsIn(heads);
      expect(
        plain(
          read.map(head => groupFrom(head, bodies)),
          start,
        ),
      ).toEqual(plain(groups, start));
      expect(read.map(head => onlyNumber(head).scans)).toEqual(groups.map(({ scans }) => scans));
      const head = read[n % read.length];
      if (!head) return;
      const piece = groupFrom(head, bodies.subarray(head.at, endOf(head)), head.at);
      expect(plain([piece], start)).toEqual(plain([groups[n % groups.length]!], start));
    }),
    { examples: [[crowd, 0]] },
  );
});

test('groups of shorter spans make those of the longer one', () => {
  fc.assert(
    fc.property(items, fc.uniqueArray(fc.integer({ min: 1, max: 2_975 }), { maxLength: 4 }), (some, cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), 2_976];
      const parts = ends.slice(1).map((end, i) => {
        const piece = { from: start + ends[i]!, to: start + end };
        return { start: piece.from, groups: grouped(piece, some) };
      });
      expect(plain(merged(parts, start), start)).toEqual(counted(some, span));
    }),
    { examples: [[crowd, [10, 20]]] },
  );
});
