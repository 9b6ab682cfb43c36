/**
 * The first of many codes: bounds are never below what was counted, and whoever stops counting early has the same first
 * ones as whoever counts all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import { quarterOf, type Span } from '../../projections/scan-times.ts';
import { boundsOf, topOf } from '../../projections/scan-tops.ts';
import { scans } from '../../projections/scans.ts';
import { burst } from '../support/bursts.ts';
import { pieces } from '../support/history.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

test('a code has no more scans than its bound, however long the time', async () => {
  const events = burst(13, 4_000);
  const names = ['qr_0', 'qr_1', 'qr_2', 'qr_3', 'qr_none'];
  const day = (month: number, date: number) => quarterOf(Date.UTC(2026, month, date));
  await trial(store.sql, scans, pieces(events, [700, 2_500]), async tx => {
    for (const span of [
      { from: day(0, 20), to: day(0, 31) },
      { from: day(0, 31), to: day(1, 2) },
      { from: day(-6, 1), to: day(6, 1) },
    ] satisfies Span[]) {
      const within = events.filter(({ at }) => quarterOf(at) >= span.from && quarterOf(at) < span.to);
      for (const isCounted of [true, false]) {
        const bounds = await boundsOf(tx, names, [span], isCounted);
        const most = bounds.map(({ most }) => most);
        expect(most).toEqual(most.toSorted((a, b) => b - a));
        for (const name of names) {
          const mine = within.filter(({ data }) => data.qr === name);
          const counted = isCounted ? mine.filter(({ data }) => kindUnder(currentRules, data) === 'scan') : mine;
          const bound = bounds.find(each => each.name === name)?.most ?? 0;
          expect(bound).toBeGreaterThanOrEqual(counted.length);
          if (name === 'qr_none') expect(bound).toBe(0);
        }
      }
    }
  });
}, 120_000);

describe('counting until the first are certain', () => {
  const codes = fc.array(fc.record({ scans: fc.nat({ max: 300 }), more: fc.nat({ max: 40 }) }), { maxLength: 2_400 });
  const ranked = (counts: Iterable<readonly [string, number]>) =>
    [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

  test('finds those that counting all finds', async () => {
    await fc.assert(
      fc.asyncProperty(codes, fc.integer({ min: 1, max: 20 }), async (list, top) => {
        const all = new Map(list.map(({ scans }, i) => [`qr_${i}`, scans]));
        const bounds = list
          .map(({ scans, more }, i) => ({ name: `qr_${i}`, most: scans + more }))
          .sort((a, b) => b.most - a.most);
        const asked: string[] = [];
        const tops = await topOf(bounds, top, 10_000, async names => {
          asked.push(...names);
          return new Map(names.map(name => [name, all.get(name)!]));
        });
        expect(ranked(tops!.counts).slice(0, top)).toEqual(ranked(all).slice(0, top));
        expect(tops!.isAll).toBe(asked.length === list.length);
        expect(new Set(asked).size).toBe(asked.length);
      }),
      { numRuns: 60 },
    );
  });

  test('stops early where a few are far ahead, and gives up where all are alike', async () => {
    const bounds = Array.from({ length: 5_000 }, (_, i) => ({ name: `qr_${i}`, most: i < 3 ? 1_000 - i : 50 }));
    const counts = async (names: readonly string[]) =>
      new Map(names.map(name => [name, bounds.findIndex(bound => bound.name === name) < 3 ? 900 : 40]));
    const tops = await topOf(bounds, 3, 2_000, counts);
    expect({ counted: tops?.counts.size, isAll: tops?.isAll }).toEqual({ counted: 500, isAll: false });
    expect(await topOf(bounds, 4, 2_000, counts)).toBeUndefined();
    expect((await topOf(bounds, 4, 5_000, counts))?.isAll).toBe(true);
  });
});
