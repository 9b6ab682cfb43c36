/**
 * Spans that are due to be condensed: those that are over and have enough scans, until they are condensed with all of
 * them.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { keepCondensed } from '../../projections/scan-condensing.ts';
import { dueSpans } from '../../projections/scan-dues.ts';
import { storedGroups } from '../../projections/scan-groups.ts';
import { grains, quarterOf } from '../../projections/scan-times.ts';
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

const [over, later] = [quarterOf(Date.UTC(2026, 1, 1)), quarterOf(Date.UTC(2026, 2, 1))];

test('are due from their end until they are condensed, and again when more scans have come', async () => {
  const events = burst(43, 8_000);
  await trial(store.sql, scans, [events.slice(0, 7_000)], async tx => {
    const due = async (until: number, scansMin = 2_000) =>
      (await dueSpans(tx, until, scansMin, 100)).filter(({ isCode }) => isCode);
    expect(await due(over - 1)).toEqual([]);
    const spans = await due(over);
    // The finest first.
    expect(spans.map(({ grain }) => grain)).toEqual(['day', 'third', 'month']);
    expect(new Set(spans.map(({ span }) => span.to))).toEqual(new Set([over]));
    expect(await dueSpans(tx, over, 2_000, 2)).toHaveLength(2);
    expect(await due(over, 7_000)).toEqual([]);
    expect((await due(later, 100)).length).toBeGreaterThan(spans.length);

    const keep = ({ org, subject, grain, span, scans }: (typeof spans)[number]) =>
      keepCondensed(tx, {
        ...{ org, subject, grain: grains.indexOf(grain), start: span.from, scans },
        ...storedGroups([]),
      });
    const [day, ...others] = spans;
    await keep(day!);
    expect(await due(over)).toEqual(others);
    for (const span of others) await keep(span);
    expect(await due(over)).toEqual([]);
    await scans.apply(tx, events.slice(7_000));
    expect((await due(over)).map(({ grain }) => grain)).toEqual(['day', 'third', 'month']);
  });
});
