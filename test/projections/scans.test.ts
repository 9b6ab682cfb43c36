/**
 * What analytics are answered from, against a plain count over the same events: totals, days, dimensions, and a union
 * of visitors that is never a sum of days.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import type { ScanFact } from '../../events/scan.ts';
import { dayOf } from '../../projections/projection.ts';
import { type Dimension, dimensions, scans, scanTotals, summarize } from '../../projections/scans.ts';
import { estimate, registersOf } from '../../projections/uniques.ts';
import type { Sql } from '../../src/store/connect.ts';
import { pieces, scanned } from '../support/history.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

type ScanEvent = Extract<AnyEvent, { type: 'scan.recorded' }>;
const codes = ['qr_0', 'qr_1', 'qr_2', 'qr_3'];
const days = ['2026-01-30', '2026-01-31', '2026-02-01', '2026-02-02'];
const range = fc.tuple(fc.constantFrom(...days), fc.constantFrom(...days)).map(pair => pair.sort());

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** The value a scan counts under. */
const countedUnder = (data: ScanFact['data'], dimension: Dimension): string => data[dimension] ?? '';

async function compare(tx: Sql, events: readonly ScanEvent[], [from, to]: readonly string[]): Promise<void> {
  const people = events.filter(({ data }) => data.kind === 'scan');
  const within = { from: from!, to: to! };
  const inside = ({ at }: ScanEvent) => dayOf(at) >= within.from && dayOf(at) <= within.to;
  expect(await scanTotals(tx, codes)).toEqual(count(people.map(({ data }) => data.qr)));
  for (const code of codes) {
    const mine = people.filter(event => event.data.qr === code && inside(event));
    const { byDay, by, visitors } = await summarize(tx, code, within);
    expect(byDay).toEqual(count(mine.map(({ at }) => dayOf(at))));
    for (const dimension of dimensions) {
      const counted = dimension === 'kind' ? events.filter(e => e.data.qr === code && inside(e)) : mine;
      const expected = [...count(counted.map(({ data }) => countedUnder(data, dimension)))].map(([value, scans]) => ({
        value,
        scans,
      }));
      expected.sort((a, b) => b.scans - a.scans || (a.value < b.value ? -1 : 1));
      expect(by[dimension]).toEqual(expected);
    }
    expect(visitors).toBe(estimate(registersOf(mine.map(({ data }) => data.visitor))));
  }
}

test('sums and unions are those of a plain count over the same scans', async () => {
  await fc.assert(
    fc.asyncProperty(scanned, fc.array(fc.nat(), { maxLength: 3 }), range, async (history, cuts, within) => {
      await trial(store.sql, scans, pieces(history, cuts), tx => compare(tx, history as ScanEvent[], within));
    }),
    { numRuns: 20 },
  );
});

test('a visitor who comes on every day of a month is one, and a code without scans has none', async () => {
  const visit = fc.sample(scanned, { numRuns: 50, seed: 1 }).flat()[0]!;
  const month = Array.from({ length: 28 }, (_, day) => ({
    ...visit,
    at: Date.UTC(2026, 1, day + 1),
    data: { ...visit.data, qr: 'qr_9', kind: 'scan' },
  })) as AnyEvent[];
  await trial(store.sql, scans, [month.slice(0, 9), month.slice(9)], async tx => {
    const february = { from: '2026-02-01', to: '2026-02-28' };
    const { visitors, byDay } = await summarize(tx, 'qr_9', february);
    expect(visitors).toBe(1);
    expect(byDay.size).toBe(28);
    expect((await summarize(tx, 'qr_8', february)).visitors).toBe(0);
    expect(await scanTotals(tx, ['qr_8'])).toEqual(new Map());
  });
});
