/**
 * How well the sketch counts, from nobody to a million, and that sets unite. The visitors are real coordinates of a fixed
 * key, so the errors are the same at every run: the promise is 0.8 % of standard error, the tests allow 2 %.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { estimate, RANK_MAX, REGISTERS, registersOf } from '../../projections/uniques.ts';
import { visitorCoordinate } from '../../src/redirect/visitor.ts';

const key = new TextEncoder().encode('sixteen bytes or more');
const visitors = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => visitorCoordinate(key, `visitor ${from + i}`, 'Firefox'));

const unique = (coordinates: Iterable<number>) => estimate(registersOf(coordinates));

const million = visitors(0, 1_000_000);

const coordinates = fc.array(
  fc.tuple(fc.nat({ max: REGISTERS - 1 }), fc.integer({ min: 1, max: RANK_MAX })).map(([i, rank]) => i * 16 + rank),
);

describe('different visitors are counted', () => {
  test.each([10, 1_000, 20_000, 50_000, 100_000, 1_000_000])('within 2 % when they are %d', count => {
    expect(Math.abs(unique(million.slice(0, count)) / count - 1)).toBeLessThan(0.02);
  });

  test('as whole numbers, from none on', () => {
    expect([0, 1, 2, 3].map(count => unique(million.slice(0, count)))).toEqual([0, 1, 2, 3]);
  });

  test('once, however often and in whichever order they come', () => {
    fc.assert(
      fc.property(coordinates, some => {
        expect(unique([...some, ...some.toReversed()])).toBe(unique(some));
      }),
    );
  });

  test('over the union of sets, where those who are in both count once', () => {
    const monday = million.slice(0, 60_000);
    const tuesday = million.slice(40_000, 100_000);
    expect(unique([...monday, ...tuesday])).toBe(unique(million.slice(0, 100_000)));
  });

  test('from the highest coordinate of each register as from all of them', () => {
    const highest = new Map<number, number>();
    for (const visitor of million.slice(0, 100_000)) {
      highest.set(visitor >> 4, Math.max(visitor, highest.get(visitor >> 4) ?? 0));
    }
    expect(unique(highest.values())).toBe(unique(million.slice(0, 100_000)));
  });

  test('never fewer for one more', () => {
    fc.assert(
      fc.property(coordinates, coordinates, (some, more) => {
        expect(unique([...some, ...more])).toBeGreaterThanOrEqual(unique(some));
      }),
    );
  });
});

test('a rank of 0 is nobody, and one above the cap is the cap', () => {
  expect(unique([0, 16, 5 * 16])).toBe(0);
  expect(unique([5 * 16 + 15])).toBe(unique([5 * 16 + RANK_MAX]));
});

test('full registers give a large number and not infinity', () => {
  const full = Array.from({ length: REGISTERS }, (_, i) => i * 16 + RANK_MAX);
  expect(unique(full)).toBeGreaterThan(300_000_000);
  expect(unique(full)).toBeLessThan(400_000_000);
});
