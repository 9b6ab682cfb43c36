/**
 * The way through the tree of sums: whatever is meant is found once, as a whole or scan by scan, and nothing is taken as
 * a whole that is not meant as a whole, or ends too late.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { chosen } from '../../projections/scan-items.ts';
import { readBytes } from '../../projections/scan-parts.ts';
import { isCovered, quarterOf, spanOf } from '../../projections/scan-times.ts';
import { type Node, scansIn, walk } from '../../projections/scan-walk.ts';
import { scans } from '../../projections/scans.ts';
import { burst } from '../support/bursts.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

test('every scan that is meant is found once, wherever spans begin and end', async () => {
  const events = burst(37, 5_000);
  const busy = quarterOf(Date.UTC(2026, 0, 31, 22));
  const quarter = fc.oneof(
    fc.integer({ min: busy - 3_000, max: busy + 3_000 }),
    fc.integer({ min: -8, max: 8 }).map(n => busy + n),
    fc.constantFrom(...(['month', 'third', 'day', 'hour'] as const)).map(grain => spanOf(grain, busy).from),
  );
  const spans = fc
    .uniqueArray(quarter, { minLength: 2, maxLength: 6 })
    .map(list => list.sort((a, b) => a - b))
    .map(list => list.flatMap((from, i) => (i % 2 === 0 && i + 1 < list.length ? [{ from, to: list[i + 1]! }] : [])));
  await trial(store.sql, scans, [events], async tx => {
    const [row] = await tx`select subject, last_month from scan_totals where qr = 'qr_0'`;
    const subject = row!['subject'] as number;
    const isOpen = ({ month }: Node) => month >= row!['last_month'];
    await fc.assert(
      fc.asyncProperty(spans, fc.option(quarter, { nil: Infinity }), async (within, until) => {
        let found = 0;
        const places = await walk(tx, {
          ...{ subjects: [subject], spans: within, inFull: undefined, until, isOpen },
          take: ({ span }, sums) => {
            expect([span, isCovered(within, span), span.to <= until]).toEqual([span, true, true]);
            found += scansIn(sums);
            return true;
          },
        });
        for await (const some of readBytes(tx, places)) {
          for (const [{ span }, bytes] of some) found += chosen(bytes, span, () => true).length;
        }
        const expected = events.filter(
          ({ at, data }) =>
            data.qr === 'qr_0' && within.some(({ from, to }) => quarterOf(at) >= from && quarterOf(at) < to),
        );
        expect(found).toBe(expected.length);
      }),
      { numRuns: 60 },
    );
  });
}, 60_000);
