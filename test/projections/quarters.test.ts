import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Quarters } from '../../projections/quarters.ts';

test('counts are those of a map, in the order of time, wherever they begin and end', () => {
  const pair = fc.tuple(fc.integer({ min: -50_000, max: 2_000_000 }), fc.integer({ min: 1, max: 1_000_000 }));
  const near = fc.tuple(fc.integer({ min: 1_900_000, max: 1_900_400 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.oneof(fc.array(near, { maxLength: 200 }), fc.array(pair, { maxLength: 12 })), pairs => {
      const expected = new Map<number, number>();
      for (const [quarter, scans] of pairs) expected.set(quarter, (expected.get(quarter) ?? 0) + scans);
      const sorted = [...expected].sort(([a], [b]) => a - b);
      const quarters = Quarters.of(pairs);
      expect([...quarters]).toEqual(sorted);
      const called: [number, number][] = [];
      quarters.forEach((scans, quarter) => {
        called.push([quarter, scans]);
      });
      expect(called).toEqual(sorted);
    }),
  );
});
