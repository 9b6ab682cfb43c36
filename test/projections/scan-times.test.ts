import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  clipped,
  finer,
  grains,
  isCovered,
  quarterMs,
  quarterOf,
  type Span,
  spanOf,
  spansWithin,
  without,
} from '../../projections/scan-times.ts';

const quarter = fc.integer({ min: quarterOf(Date.UTC(2019, 0, 1)), max: quarterOf(Date.UTC(2035, 0, 1)) });
const span = fc.tuple(quarter, fc.nat({ max: 9_000 })).map(([from, width]): Span => ({ from, to: from + width }));
const few = fc
  .tuple(fc.nat({ max: 30 }), fc.nat({ max: 9 }))
  .map(([from, width]): Span => ({ from, to: from + width }));
/** The quarters of spans, one by one. */
const listed = (spans: readonly Span[]) =>
  spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));

test('a span of each grain holds its quarter, and is made of whole spans of the next', () => {
  fc.assert(
    fc.property(quarter, fc.constantFrom(...grains), (at, grain) => {
      const { from, to } = spanOf(grain, at);
      expect(from <= at && at < to).toBe(true);
      expect([spanOf(grain, from).from, spanOf(grain, to).from]).toEqual([from, to]);
      const deeper = finer(grain);
      if (!deeper) return expect(to - from).toBe(1);
      expect([spanOf(deeper, from).from, spanOf(deeper, to).from]).toEqual([from, to]);
    }),
  );
});

test('months are those of the calendar, with leap days', () => {
  const days = (year: number, month: number) => {
    const { from, to } = spanOf('month', quarterOf(Date.UTC(year, month, 15)));
    expect(new Date(from * quarterMs).toISOString()).toEndWith('-01T00:00:00.000Z');
    return (to - from) / 96;
  };
  expect([days(2024, 1), days(2026, 1), days(2026, 11), days(2100, 1)]).toEqual([29, 28, 31, 28]);
});

test('the spans within some others are all that they touch, each once', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 3 }), fc.constantFrom('month' as const, 'day' as const), (spans, grain) => {
      const found = spansWithin(grain, spans);
      const expected = new Set(listed(spans).map(at => spanOf(grain, at).from));
      expect(new Set(found.map(({ from }) => from))).toEqual(expected);
      expect(found).toHaveLength(expected.size);
    }),
    { numRuns: 30 },
  );
});

describe('spans', () => {
  test('clipped are what lies within another one', () => {
    fc.assert(
      fc.property(fc.array(few), few, (spans, within) => {
        expect(listed(clipped(spans, within))).toEqual(listed(spans).filter(at => at >= within.from && at < within.to));
      }),
    );
  });

  test('without holes are what is left, and cover no hole', () => {
    fc.assert(
      fc.property(few, fc.array(few), (whole, holes) => {
        const inHole = new Set(listed(holes));
        const left = without([whole], holes);
        expect(listed(left)).toEqual(listed([whole]).filter(at => !inHole.has(at)));
        expect(isCovered(left, whole)).toBe(!listed([whole]).some(at => inHole.has(at)));
      }),
    );
  });
});
