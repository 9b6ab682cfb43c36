/**
 * Analytics of traffic whose truth is known, from the request to the answer: every number exact at any place, on days
 * when clocks change, on a leap day and over a year's end; and visitors within 2 %, from ten to a million of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import type { Sql } from '../../projections/projection.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { scans } from '../../projections/scans.ts';
import { type AnalyticsQuery, questionOf, toldInFull } from '../../src/http/analytics-queries.ts';
import { report } from '../../src/http/analytics-report.ts';
import { visitorCoordinate } from '../../src/redirect/visitor.ts';
import { iPhone } from '../support/client.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { recorded, shownAt, tally, type Visit, visitsOf } from '../support/traffic.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

const now = Date.UTC(2028, 3, 1);
async function answered(tx: Sql, query: AnalyticsQuery) {
  const question = questionOf(query, now, now);
  const found = await sumUp(tx, {
    names: ['qr_1'],
    spans: question.spans,
    matches: question.matches,
    inFull: toldInFull(question),
  });
  return report(question, found, [], () => 'https://example.com/');
}

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Auckland'];
const ranges = [
  ['2026-03-08', '2026-04-06'],
  ['2026-03-29', '2026-03-29'],
  ['2026-10-24', '2026-11-02'],
  ['2026-12-31', '2027-01-01'],
  ['2028-02-28', '2028-03-01'],
  ['2026-01-01', '2028-03-31'],
] as const;

async function compare(tx: Sql, visits: readonly Visit[], tz: string, from: string, to: string): Promise<void> {
  const inside = visits.filter(({ at }) => shownAt(at, tz).day >= from && shownAt(at, tz).day <= to);
  const people = inside.filter(({ kind }) => kind === 'scan');
  const body = await answered(tx, { from, to, tz, top: 1_000 });
  expect(body.totalScans).toBe(people.length);
  const kinds = Object.fromEntries(tally(inside.map(({ kind }) => kind)).map(({ value, scans }) => [value, scans]));
  expect(body.kinds).toEqual({ scan: 0, bot: 0, head: 0, prefetch: 0, ...kinds });
  const perDay = new Map(tally(people.map(({ at }) => shownAt(at, tz).day)).map(({ value, scans }) => [value, scans]));
  expect(body.timeSeries.filter(({ scans }) => scans > 0)).toEqual(
    [...perDay].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, scans]) => ({ date, scans })),
  );
  expect(body.dimensions['country']!.values).toEqual(tally(people.map(({ country }) => country)));
  expect(body.dimensions['device']!.values).toEqual(tally(people.map(({ device }) => device)));
  expect(body.dimensions['language']!.values).toEqual(tally(people.map(({ language }) => language)));
  expect(body.dimensions['utmSource']!.values).toEqual(tally(people.flatMap(({ source }) => source ?? [])));
  expect(body.dimensions['utmSource']!.unknown).toBe(people.filter(({ source }) => source === null).length);
  const table = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const { at } of people) {
    const { weekday, hour } = shownAt(at, tz);
    table[weekday]![hour]! += 1;
  }
  expect(body.weekdayHours).toEqual(table);
  const visitors = new Set(people.map(({ address, agent }) => `${address} ${agent}`)).size;
  expect(Math.abs(body.uniqueScans - visitors)).toBeLessThanOrEqual(Math.max(1, 0.02 * visitors));
}

describe('traffic whose truth is known', () => {
  test.each([40, 3_000])(
    'by %d people is told exactly, at any place and over any days',
    async people => {
      const visits = visitsOf(people, people);
      const events = recorded(visits, 'qr_1');
      await trial(store.sql, scans, [events.slice(0, events.length / 2), events.slice(events.length / 2)], async tx => {
        for (const tz of zones) for (const [from, to] of ranges) await compare(tx, visits, tz, from, to);
      });
    },
    120_000,
  );

  test('is told by the hour, also in the hour that comes twice', async () => {
    const visits = visitsOf(3_000, 5).filter(({ kind }) => kind === 'scan');
    await trial(store.sql, scans, [recorded(visits, 'qr_1')], async tx => {
      for (const tz of ['Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
        const { timeSeries } = await answered(tx, { from: '2026-10-24', to: '2026-10-26', tz, interval: 'hour' });
        for (const [i, { date, scans }] of timeSeries.entries()) {
          const begin = Date.parse(date);
          const end = i + 1 < timeSeries.length ? Date.parse(timeSeries[i + 1]!.date) : begin + 3_600_000;
          expect([date, scans]).toEqual([date, visits.filter(({ at }) => at >= begin && at < end).length]);
        }
      }
    });
  }, 120_000);

  test('is counted otherwise by older rules where they know less, and both can be read', async () => {
    const visits = visitsOf(900, 3);
    const people = visits.filter(({ kind }) => kind === 'scan').length;
    const readers = visits.filter(({ agent }) => agent.startsWith('QRReader')).length;
    expect(readers).toBeGreaterThan(5);
    await trial(store.sql, scans, [recorded(visits, 'qr_1')], async tx => {
      const total = async (rules: number) =>
        (await answered(tx, { from: '2026-01-01', to: '2028-03-31', rules })).totalScans;
      expect([await total(1), await total(2)]).toEqual([people + readers, people]);
    });
  });
});

describe('different visitors', () => {
  const key = new Uint8Array(32).fill(11);
  const template = recorded(
    visitsOf(9, 1).filter(({ kind }) => kind === 'scan'),
    'qr_1',
  )[0] as Extract<AnyEvent, { type: 'scan.recorded' }>;

  /** Scans by so many visitors, twice each, over two months. */
  function* crowd(visitors: number): Generator<AnyEvent[]> {
    const size = 100_000;
    for (let done = 0; done < 2 * visitors; done += size) {
      yield Array.from({ length: Math.min(size, 2 * visitors - done) }, (_, i) => {
        const number = (done + i) % visitors;
        const address = `${number >> 24}.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
        const data: Scan = { ...template.data, visitor: visitorCoordinate(key, address, iPhone) };
        const at = Date.UTC(2026, 0, 1) + Math.floor(((done + i) / (2 * visitors)) * 58) * 86_400_000;
        return eventOf('scan.recorded', 'scans', data, { at, position: done + i + 1 });
      });
    }
  }

  test.each([10, 1_000, 1_000_000])(
    'are told within 2 %% when they are %d, over any months',
    async visitors => {
      // Batch by batch: a million visitors are two million scans.
      await trial(store.sql, scans, [], async tx => {
        for (const batch of crowd(visitors)) await scans.apply(tx, batch);
        for (const [from, to, expected] of [
          ['2026-01-01', '2026-02-28', visitors],
          ['2026-01-01', '2026-01-29', visitors],
          ['2026-01-30', '2026-02-28', visitors],
        ] as const) {
          const { totalScans, uniqueScans } = await answered(tx, { from, to });
          expect(totalScans).toBe(from === '2026-01-01' && to === '2026-02-28' ? 2 * visitors : visitors);
          expect(Math.abs(uniqueScans - expected)).toBeLessThanOrEqual(Math.max(0, 0.02 * expected));
        }
      });
    },
    300_000,
  );
});
