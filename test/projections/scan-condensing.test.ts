/**
 * Condensed scans against a plain count of the same scans, for any filter and any spans: made at once and put together,
 * read again, after scans that came late, and where only some may be condensed for one question.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Sql } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { type Asked, sumUp } from '../../projections/scan-answers.ts';
import { type Condensing, keepCondensed, lookedAtMax, Unfinished } from '../../projections/scan-condensing.ts';
import { organizationSubject } from '../../projections/scan-intake.ts';
import { type Combination, fields } from '../../projections/scan-items.ts';
import { quarterOf, type Span } from '../../projections/scan-times.ts';
import { scansMax } from '../../projections/scan-tree.ts';
import { scans } from '../../projections/scans.ts';
import { burst, comparable, counted, type ScanEvent, said } from '../support/bursts.ts';
import { pieces } from '../support/history.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

const january = quarterOf(Date.UTC(2026, 0, 1));
const spring = january + 90 * 96;
const plenty = 1_000_000_000;
const condensing = (tx: Sql, more: Partial<Condensing> = {}): Condensing => ({
  ...{
    until: spring,
    left: plenty,
    atOnce: plenty,
    bytesMax: plenty,
    recent: new Recent(plenty),
    keep: row => keepCondensed(tx, row),
  },
  ...more,
});
const winter: Span[] = [{ from: january - 90 * 96, to: spring }];

/** Half of all scans, whatever they say. */
const isMobile = ({ device }: Combination) => device === 'mobile';
const mobile = (events: readonly ScanEvent[], names: readonly string[], within: readonly Span[]) =>
  counted(
    events.filter(
      ({ at, data }) =>
        names.includes(data.qr) &&
        data.device === 'mobile' &&
        within.some(({ from, to }) => quarterOf(at) >= from && quarterOf(at) < to),
    ),
    new Map(),
    true,
  );
const rowsOf = (tx: Sql) => tx`select subject, grain, start, scans, length(heads) as heads from scan_condensed`;

describe('condensed scans', () => {
  test('are those of a plain count, of any spans and any filters, however they were made', async () => {
    const quarter = fc.oneof(
      fc.integer({ min: january - 3_000, max: january + 9_000 }),
      fc.constantFrom(0, 1, 31, 59).map(day => january + day * 96),
      fc.integer({ min: -8, max: 8 }).map(n => quarterOf(Date.UTC(2026, 0, 31, 22)) + n),
    );
    const spans = fc
      .uniqueArray(quarter, { minLength: 2, maxLength: 6 })
      .map(list => list.sort((a, b) => a - b))
      .map(list => list.flatMap((from, i) => (i % 2 === 0 && i + 1 < list.length ? [{ from, to: list[i + 1]! }] : [])));
    const question = fc.record({
      filters: fc.array(fc.tuple(fc.constantFrom(...fields), fc.nat()), { maxLength: 2 }),
      version: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 2 }),
      within: spans,
      until: fc.oneof(quarter, fc.constant(spring)),
      isOfAll: fc.boolean(),
    });
    const sizes = fc.constantFrom({}, { atOnce: 2_500 }, { atOnce: scansMax, bytesMax: 3_000 }, { bytesMax: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        sizes,
        fc.array(question, { minLength: 12, maxLength: 12 }),
        async (seed, size, questions) => {
          const events = burst(seed, 6_000);
          // Of what was found before: nothing is kept, some or all of it.
          const recent = new Recent([0, 100_000, plenty][Math.abs(seed) % 3]!);
          await trial(store.sql, scans, pieces(events, [2_000]), async tx => {
            for (const { filters, version, within, until, isOfAll } of [...questions, ...questions.slice(0, 4)]) {
              const wanted = filters.map(
                ([field, n]) => [field, said(events[n % events.length]!.data, field) ?? ''] as const,
              );
              const names = isOfAll ? [organizationSubject('org_1', false)] : ['qr_0', 'qr_3'];
              const { sums } = await sumUp(tx, {
                ...{ names, spans: within, condensing: condensing(tx, { ...size, until, recent }) },
                matches: (combination, served) =>
                  wanted.every(([field, value]) => combination[field] === value) &&
                  (version === null || served === version),
              });
              const mine = events.filter(
                ({ at, data }) =>
                  (isOfAll ? !data.test : names.includes(data.qr)) &&
                  within.some(({ from, to }) => quarterOf(at) >= from && quarterOf(at) < to) &&
                  wanted.every(([field, value]) => (said(data, field) ?? '') === value) &&
                  (version === null || data.qrVersion === version),
              );
              expect(comparable(sums)).toEqual(comparable(counted(mine, new Map(), !isOfAll)));
            }
            const [row] = await tx`select count(*)::int as n from scan_condensed`;
            expect(row!['n']).toBeGreaterThan(0);
          });
        },
      ),
      { numRuns: 5 },
    );
  }, 180_000);

  test('are looked at one by one once, unless more come, late ones too', async () => {
    const events = burst(17, 6_000);
    const [first, late] = [events.slice(0, 5_000), events.slice(5_000)];
    await trial(store.sql, scans, [first], async tx => {
      const recent = new Recent(plenty);
      const ask = async () => {
        const mine = condensing(tx, { recent });
        const { sums } = await sumUp(tx, { names: ['qr_0'], spans: winter, matches: isMobile, condensing: mine });
        return { sums: comparable(sums), looked: plenty - mine.left };
      };
      const dense = await ask();
      expect(dense.looked).toBeGreaterThan(3_000);
      expect(await ask()).toEqual({ ...dense, looked: 0 });
      const rows = await rowsOf(tx);
      await scans.apply(tx, late);
      const more = await ask();
      expect(more.sums).toEqual(comparable(mobile(events, ['qr_0'], winter)));
      expect(more.looked).toBeGreaterThan(dense.looked);
      expect(await ask()).toEqual({ ...more, looked: 0 });
      expect((await rowsOf(tx)).length).toBe(rows.length);
    });
  });

  test.each([
    [15, [4]],
    [60, [3]],
  ])('stand for spans that are over only: %d minutes later of the busy ones these', async (minutes, grains) => {
    const events = burst(19, 6_000);
    const until = quarterOf(Date.UTC(2026, 0, 31, 22, minutes));
    await trial(store.sql, scans, [events], async tx => {
      const { sums } = await sumUp(tx, {
        ...{ names: ['qr_0'], spans: winter, matches: isMobile, condensing: condensing(tx, { until }) },
      });
      expect(comparable(sums)).toEqual(comparable(mobile(events, ['qr_0'], winter)));
      const rows = await tx`select distinct grain from scan_condensed`;
      expect(rows.map(({ grain }) => grain)).toEqual(grains);
    });
  });

  test('of very many scans are put together from shorter spans, or stay in them where that is too much', async () => {
    const events = burst(23, 9_000);
    await trial(store.sql, scans, [events], async tx => {
      const names = ['qr_0'];
      const ask = (more: Partial<Condensing>) =>
        sumUp(tx, {
          names,
          spans: winter,
          matches: isMobile,
          condensing: condensing(tx, { atOnce: scansMax, ...more }),
        });
      const expected = comparable(mobile(events, names, winter));
      expect(comparable((await ask({ bytesMax: 1 })).sums)).toEqual(expected);
      const divided = await rowsOf(tx);
      expect(divided.filter(({ heads }) => heads === 0).length).toBeGreaterThan(2);
      // What is divided is found again without another look at scans.
      const again = condensing(tx, { atOnce: scansMax, bytesMax: 1, left: 0 });
      expect(
        comparable((await sumUp(tx, { names, spans: winter, matches: isMobile, condensing: again })).sums),
      ).toEqual(expected);
      await tx`delete from scan_condensed`;
      expect(comparable((await ask({})).sums)).toEqual(expected);
      const whole = await rowsOf(tx);
      expect(whole.length).toBe(divided.length);
      expect(whole.filter(({ heads }) => heads === 0)).toEqual([]);
    });
  });

  test('are as many as one question may make: the next one goes on from there', async () => {
    const names = ['qr_0', 'qr_1', 'qr_2'];
    const events = burst(29, 9_000);
    for (const [i, { data }] of events.entries()) data.qr = names[i % names.length]!;
    await trial(store.sql, scans, [events], async tx => {
      const asked = (left: number): Asked => ({
        ...{ names, spans: winter, matches: isMobile, condensing: condensing(tx, { left }) },
      });
      for (const made of [1, 2]) {
        await expect(sumUp(tx, asked(1))).rejects.toBeInstanceOf(Unfinished);
        expect(await rowsOf(tx)).toHaveLength(made);
      }
      const { sums } = await sumUp(tx, asked(1));
      expect(comparable(sums)).toEqual(comparable(mobile(events, names, winter)));
      expect(comparable((await sumUp(tx, asked(0))).sums)).toEqual(comparable(sums));
    });
  });

  test('that nobody could keep are answered all the same', async () => {
    const events = burst(31, 4_000);
    await trial(store.sql, scans, [events], async tx => {
      const { sums } = await sumUp(tx, {
        ...{ names: ['qr_0'], spans: winter, matches: isMobile, condensing: condensing(tx, { keep: async () => {} }) },
      });
      expect(comparable(sums)).toEqual(comparable(mobile(events, ['qr_0'], winter)));
      expect(await rowsOf(tx)).toEqual([] as never);
    });
  });

  test('of an hour are not kept, but what a filter means of it is found in memory', async () => {
    const events = burst(37, 1_600);
    const hour = Math.floor(quarterOf(Date.UTC(2026, 0, 31, 22)) / 4) * 4;
    const within = [{ from: hour, to: hour + 4 }];
    const size = events.filter(
      ({ at, data }) => data.qr === 'qr_0' && Math.floor(quarterOf(at) / 4) * 4 === hour,
    ).length;
    expect(size).toBeGreaterThan(lookedAtMax);
    expect(size).toBeLessThanOrEqual(scansMax);
    await trial(store.sql, scans, [events], async tx => {
      const asked: Asked = { names: ['qr_0'], spans: within, matches: isMobile, condensing: condensing(tx) };
      const expected = comparable(mobile(events, ['qr_0'], within));
      expect(comparable((await sumUp(tx, asked)).sums)).toEqual(expected);
      expect(await rowsOf(tx)).toEqual([] as never);
      await tx`delete from scan_parts`;
      expect(comparable((await sumUp(tx, asked)).sums)).toEqual(expected);
    });
  });
});
