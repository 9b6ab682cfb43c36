/**
 * What exclusions leave of a question, against the same rule applied to scans one by one: every scan that is left is
 * asked for by exactly one of the pieces, and no other.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Hole, isOfCodes, leftOver } from '../../projections/scan-exclusions.ts';
import type { Combination } from '../../projections/scan-items.ts';
import { quarterMs, type Span } from '../../projections/scan-times.ts';

const quarter = fc.nat({ max: 20 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 2 });
const flag = maybe(fc.constantFrom('test', 'qa'));
const hole: fc.Arbitrary<Omit<Hole, 'id'>> = fc
  .record({
    codes: maybe(fc.subarray(['qr_1', 'qr_2'], { minLength: 1 })),
    key: maybe(fc.constantFrom('key_1', 'key_2')),
    a: maybe(quarter),
    b: maybe(quarter),
    utm_source: flag,
    utm_medium: flag,
  })
  .map(({ a, b, ...rest }) => {
    const [from, before] = a !== null && b !== null && a > b ? [b, a] : [a, b];
    return {
      ...rest,
      utm_campaign: null,
      from_ms: from && from * quarterMs,
      before_ms: before === null ? null : (before + 1) * quarterMs,
    };
  });
const names = ['qr_1', 'qr_2', 'qr_3'];
const makers = new Map([
  ['qr_1', 'key_1'],
  ['qr_3', 'key_2'],
]);
const flags = ['', 'test', 'qa', 'other'];

test('every scan that no exclusion names is asked for once, and no other', () => {
  const spans: Span[] = [
    { from: 2, to: 9 },
    { from: 11, to: 19 },
  ];
  fc.assert(
    fc.property(fc.array(hole, { maxLength: 4 }), fc.boolean(), (list, isFiltered) => {
      const holes = list.map((each, i) => ({ ...each, id: `exc_${i}` }));
      const matches = isFiltered ? (_: Combination, version: number) => version === 1 : undefined;
      const pieces = leftOver({ names, spans, matches }, holes, makers);
      for (const name of names) {
        for (let at = 0; at < 21; at++) {
          for (const utmSource of flags) {
            for (const version of [1, 2]) {
              const combination = { utmSource, utmMedium: 'qa', utmCampaign: '' } as Combination;
              const isExcluded = holes.some(
                ({ codes, key, from_ms, before_ms, utm_source, utm_medium }) =>
                  (codes === null || codes.includes(name)) &&
                  (key === null || makers.get(name) === key) &&
                  (from_ms === null || at * quarterMs >= from_ms) &&
                  (before_ms === null || at * quarterMs < before_ms) &&
                  (utm_source === null || utm_source === utmSource) &&
                  (utm_medium === null || utm_medium === 'qa'),
              );
              const isMeant =
                spans.some(({ from, to }) => at >= from && at < to) && (!isFiltered || version === 1) && !isExcluded;
              const asking = pieces.filter(
                piece =>
                  piece.names.includes(name) &&
                  piece.spans.some(({ from, to }) => at >= from && at < to) &&
                  (piece.matches?.(combination, version, name) ?? true),
              );
              expect(asking).toHaveLength(isMeant ? 1 : 0);
            }
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('where nothing is flagged no scan has to be looked at', () => {
  const hole: Hole = {
    ...{ id: 'exc_1', codes: null, key: null, utm_source: null, utm_medium: null, utm_campaign: null },
    from_ms: 4 * quarterMs,
    before_ms: 5 * quarterMs,
  };
  expect(leftOver({ names: ['qr_1'], spans: [{ from: 0, to: 9 }] }, [hole], new Map())).toEqual([
    {
      names: ['qr_1'],
      spans: [
        { from: 0, to: 4 },
        { from: 5, to: 9 },
      ],
      matches: undefined,
      inFull: undefined,
    },
  ]);
  expect([isOfCodes(hole), isOfCodes({ ...hole, key: 'key_1' })]).toEqual([false, true]);
});
