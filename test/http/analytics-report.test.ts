/**
 * The answer made of sums, without a server: whole percents, ranks and rests, and which kinds count by which rules.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { emptySum, type Sum } from '../../projections/scan-sums.ts';
import { questionOf } from '../../src/http/analytics-queries.ts';
import { percents, ranked, report } from '../../src/http/analytics-report.ts';

describe('percents', () => {
  const counts = fc.dictionary(
    fc.constantFrom('mobile', 'desktop', 'tablet', 'other', 'a', 'b'),
    fc.nat(1_000_000_000),
  );

  test('are whole, sum to 100 and are each within one of the exact share', () => {
    fc.assert(
      fc.property(counts, given => {
        const total = Object.values(given).reduce((sum, count) => sum + count, 0);
        const shares = percents(given);
        expect(Object.keys(shares)).toEqual(Object.keys(given));
        expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBe(total === 0 ? 0 : 100);
        for (const [name, share] of Object.entries(shares)) {
          const exact = total === 0 ? 0 : (given[name]! * 100) / total;
          expect(share).toBeInteger();
          expect(share >= Math.floor(exact) && share <= Math.ceil(exact)).toBeTrue();
        }
      }),
    );
  });

  test('never give a larger count the smaller share', () => {
    fc.assert(
      fc.property(counts, given => {
        const shares = percents(given);
        for (const a of Object.keys(given)) {
          for (const b of Object.keys(given))
            if (given[a]! > given[b]!) expect(shares[a]).toBeGreaterThanOrEqual(shares[b]!);
        }
      }),
    );
  });

  test('give what is left to the largest remainders, on a tie to the first', () => {
    expect(percents({ mobile: 1, desktop: 1, tablet: 1 })).toEqual({ mobile: 34, desktop: 33, tablet: 33 });
    expect(percents({ mobile: 2, desktop: 3, tablet: 1 })).toEqual({ mobile: 33, desktop: 50, tablet: 17 });
    expect(percents({ mobile: 999, desktop: 1, tablet: 0 })).toEqual({ mobile: 100, desktop: 0, tablet: 0 });
    expect(percents({ mobile: 0, desktop: 0 })).toEqual({ mobile: 0, desktop: 0 });
  });
});

describe('an answer', () => {
  const noon = Date.UTC(2026, 3, 8, 12);
  const sum = (more: Partial<Sum>): Sum => ({ ...emptySum(), ...more });
  const told = (query: object, sums: Record<string, Sum>, served: Record<string, number> = {}) =>
    report(
      questionOf({ from: '2026-04-08', to: '2026-04-09', ...query }, noon, noon),
      {
        sums: new Map(Object.entries(sums)),
        shares: new Map([['qr_1', new Map([['scan scan', { scans: 5, served: new Map(Object.entries(served)) }]])]]),
      },
      [],
      (_, version) => `https://example.com/${version}`,
    );

  test('tells the first values of a dimension, the rest, and those of which nothing is known', () => {
    const counts = { country: { DE: 5, FR: 3, AT: 3, US: 1 }, device: { mobile: 14 } };
    const { dimensions, topCountries } = told({ top: 2 }, { 'scan scan': sum({ scans: 14, counts }) });
    expect(dimensions['country']).toEqual({
      values: [
        { value: 'DE', scans: 5 },
        { value: 'AT', scans: 3 },
      ],
      rest: { values: 2, scans: 4 },
      unknown: 2,
    });
    expect(topCountries.map(({ country }) => country)).toEqual(['DE', 'AT', 'FR', 'US']);
    expect(dimensions['city']).toEqual({ values: [], rest: { values: 0, scans: 0 }, unknown: 14 });
  });

  test('counts what the rules that are asked for take for people, and tells all kinds', () => {
    const sums = {
      'scan scan': sum({ scans: 4 }),
      'scan bot': sum({ scans: 3 }),
      'bot bot': sum({ scans: 2 }),
      'head head': sum({ scans: 1 }),
    };
    const total = (query: object) => told(query, sums).totalScans;
    expect([total({}), total({ rules: 2 }), total({ rules: 1 })]).toEqual([4, 4, 7]);
    expect([total({ bots: 'include' }), total({ bots: 'true' }), total({ bots: 'false' })]).toEqual([9, 9, 4]);
    expect([total({ bots: 'only' }), total({ bots: 'only', rules: 1 })]).toEqual([5, 2]);
    expect(told({}, sums).kinds).toEqual({ scan: 4, bot: 5, head: 1, prefetch: 0 });
    expect(told({ rules: 1 }, sums).kinds).toEqual({ scan: 7, bot: 2, head: 1, prefetch: 0 });
    expect(told({ rules: 1 }, sums).rules.version).toBe(1);
  });

  test('puts together what several versions led to', () => {
    const { dimensions } = told({}, { 'scan scan': sum({ scans: 5 }) }, { 1: 2, 2: 3 });
    expect(dimensions['destination']!.values).toEqual([
      { value: 'https://example.com/2', scans: 3 },
      { value: 'https://example.com/1', scans: 2 },
    ]);
  });

  test('never has more visitors than scans', () => {
    const visitors = emptySum().visitors.fill(1, 0, 100);
    expect(told({}, { 'scan scan': sum({ scans: 3, visitors }) }).uniqueScans).toBe(3);
  });

  test('ranks by number, then by code units', () => {
    expect(ranked(Object.entries({ b: 1, a: 1, B: 1, c: 2 })).map(([name]) => name)).toEqual(['c', 'B', 'a', 'b']);
  });
});
