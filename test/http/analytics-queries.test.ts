/**
 * What a query about scans means, without a server: its range at a place, the hours that are meant, and its filters.
 */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Combination } from '../../projections/scan-items.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { AnalyticsQuery, kindsMeant, questionOf } from '../../src/http/analytics-queries.ts';
import type { Problem } from '../../src/problem.ts';

const made = Date.UTC(2026, 2, 1, 23, 30);
const now = Date.UTC(2026, 3, 8, 22, 30);
const asked = (query: AnalyticsQuery) => questionOf(query, made, now);

describe('the range', () => {
  test('is from the day the code was made to today, of the calendar at the place', () => {
    expect(asked({})).toMatchObject({ from: '2026-03-01', to: '2026-04-08', tz: 'UTC', interval: 'day', top: 10 });
    expect(asked({ tz: 'Europe/Berlin' })).toMatchObject({ from: '2026-03-02', to: '2026-04-09' });
    expect(asked({ tz: 'America/New_York' })).toMatchObject({ from: '2026-03-01', to: '2026-04-08' });
    expect(asked({ to: '2025-01-01' })).toMatchObject({ from: '2025-01-01', to: '2025-01-01' });
  });

  test('is cut at the midnights of the place', () => {
    const { range, spans } = asked({ from: '2026-03-29', to: '2026-03-29', tz: 'Europe/Berlin' });
    expect(range).toEqual({ from: quarterOf(Date.UTC(2026, 2, 28, 23)), to: quarterOf(Date.UTC(2026, 2, 29, 22)) });
    expect(spans).toEqual([range]);
  });

  test('is narrowed to weekdays and hours of the place', () => {
    const at = (day: number, hour: number) => quarterOf(Date.UTC(2026, 3, day, hour));
    const week = { from: '2026-04-06', to: '2026-04-12', tz: 'Asia/Tokyo' };
    expect(asked({ ...week, weekday: 3 }).spans).toEqual([{ from: at(7, 15), to: at(8, 15) }]);
    expect(asked({ ...week, weekday: 3, hour: 9 }).spans).toEqual([{ from: at(8, 0), to: at(8, 1) }]);
    expect(asked({ ...week, hour: 9 }).spans).toHaveLength(7);
  });

  test('of half a year has no hours, of eleven years no days', () => {
    const codes = (query: AnalyticsQuery) => {
      try {
        asked(query);
        return [];
      } catch (error) {
        return (error as Problem).errors!.map(({ pointer, code }) => `${pointer} ${code}`);
      }
    };
    expect(codes({ from: '2026-01-01', interval: 'hour' })).toEqual(['?from too_small']);
    expect(codes({ from: '2025-01-01', hour: 3 })).toEqual(['?from too_small']);
    expect(codes({ from: '2015-01-01' })).toEqual(['?from too_small']);
    expect(codes({ from: '2026-01-09', interval: 'hour' })).toEqual([]);
  });
});

describe('a filter', () => {
  const combination = {
    ...{ kinds: 'scan scan', country: 'DE', region: '', city: 'Washington, D.C.', device: 'mobile', os: 'iOS' },
    ...{
      browser: '',
      language: 'de',
      referrer: 'www.example.com',
      rule: '',
      utmSource: 'Poster',
      utmMedium: '',
      utmCampaign: '',
    },
  } as Combination;
  const matches = (query: AnalyticsQuery) => asked(query).matches?.(combination);

  test('lets through what has one of its values, in whichever case codes are written', () => {
    expect(matches({ country: 'fr, de' })).toBe(true);
    expect(matches({ country: 'FR' })).toBe(false);
    expect(matches({ language: 'DE', device: 'MOBILE', referrer: 'WWW.Example.com' })).toBe(true);
    expect(matches({ country: 'DE', device: 'tablet' })).toBe(false);
  });

  test('takes a name with a comma for one name, and an empty one for what is not known', () => {
    expect(matches({ city: 'Washington, D.C.' })).toBe(true);
    expect(matches({ city: 'Washington' })).toBe(false);
    expect([matches({ browser: '' }), matches({ os: '' }), matches({ utmSource: 'Poster' })]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('of many items is looked at in one go, right or wrong', async () => {
    for (const item of ['', ' ', 'de', ' de ']) {
      const country = Array.from({ length: 80 }, () => item)
        .join(', ')
        .slice(0, 399);
      expect(Value.Check(AnalyticsQuery, { country })).toBe(true);
      expect(Value.Check(AnalyticsQuery, { country: `${country}!` })).toBe(false);
    }
    expect(Value.Check(AnalyticsQuery, { country: 'de fr' })).toBe(false);
  });

  test('is none where nothing is asked for, so that sums can answer', () => {
    expect(asked({}).matches).toBeUndefined();
  });
});

test('people count, bots or both', () => {
  expect([kindsMeant('exclude'), kindsMeant('include'), kindsMeant('only')]).toEqual([
    ['scan'],
    ['scan', 'bot'],
    ['bot'],
  ]);
});
