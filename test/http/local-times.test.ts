/**
 * Days and hours of any place against another implementation of calendars: what `Intl` shows at a moment is the bucket
 * that the moment is in, for every zone there is.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { quarterMs, quarterOf } from '../../projections/scan-times.ts';
import {
  bucketsOf,
  byWeekdayAndHour,
  intervals,
  isZone,
  localDay,
  perBucket,
  spanOfDays,
} from '../../src/http/local-times.ts';

const zones = Intl.supportedValuesOf('timeZone');
const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock and a calendar on the wall of a place show. */
function shown(ms: number, tz: string) {
  let format = formats.get(tz);
  if (!format) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('en-GB', {
      ...{
        timeZone: tz,
        year: 'numeric',
        month: two,
        day: two,
        hour: two,
        minute: two,
        weekday: 'short',
        hourCycle: 'h23',
      },
    });
    formats.set(tz, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    day: `${parts['year']}-${parts['month']}-${parts['day']}`,
    hour: Number(parts['hour']),
    minute: Number(parts['minute']),
    weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts['weekday']!),
  };
}

const range = fc
  .tuple(fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2034, 0, 1) }), fc.nat({ max: 70 }))
  .map(([ms, days]) => [localDay(ms, 'UTC'), localDay(ms + days * 86_400_000, 'UTC')] as const);

test('every zone is a whole number of quarters from UTC, at any time there can be scans of', () => {
  for (const tz of zones) {
    for (let year = 2019; year <= 2040; year++) {
      for (const month of [0, 6]) {
        const at = Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, month, 1)).toZonedDateTimeISO(tz);
        expect([tz, Math.abs(at.offsetNanoseconds / 1e6) % quarterMs]).toEqual([tz, 0]);
      }
    }
  }
});

describe('a series', () => {
  test('has each moment of the range in exactly one place, which is called as the wall there shows', () => {
    fc.assert(
      fc.property(range, fc.constantFrom(...zones), fc.constantFrom(...intervals), ([from, to], tz, interval) => {
        const buckets = bucketsOf(from, to, tz, interval);
        const { from: begin, to: end } = spanOfDays(from, to, tz);
        expect([buckets[0]!.from, buckets.at(-1)!.to]).toEqual([begin, end]);
        for (const [i, bucket] of buckets.entries()) {
          if (i > 0) expect(bucket.from).toBe(buckets[i - 1]!.to);
          const { day, hour, minute, weekday } = shown(bucket.from * quarterMs, tz);
          if (interval === 'day') expect(bucket.date).toBe(day);
          if (interval === 'hour') {
            const two = (n: number) => String(n).padStart(2, '0');
            expect(bucket.date).toStartWith(`${day}T${two(hour)}:${two(minute)}:00`);
            expect(Date.parse(bucket.date)).toBe(bucket.from * quarterMs);
            expect(shown(bucket.to * quarterMs - 1, tz).hour).toBe(hour);
          }
          if (interval === 'month') expect(bucket.date).toBe(`${day.slice(0, 7)}-01`);
          if (interval === 'week' && i > 0) expect([bucket.date, weekday]).toEqual([day, 0]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['America/New_York', '2026-03-08', 23],
    ['Asia/Kolkata', '2026-03-29', 24],
    ['Australia/Lord_Howe', '2026-04-05', 25],
    ['UTC', '2024-02-29', 24],
  ])('has for %s on %s as many hours as that day had', (tz, day, hours) => {
    const buckets = bucketsOf(day, day, tz, 'hour');
    expect(buckets).toHaveLength(hours);
    expect(new Set(buckets.map(({ date }) => date)).size).toBe(hours);
  });

  test('has leap days, year ends and days that begin at one o’clock', () => {
    const days = (from: string, to: string, tz = 'UTC') => bucketsOf(from, to, tz, 'day').map(({ date }) => date);
    expect(days('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
    expect(days('2026-12-31', '2027-01-01', 'Pacific/Auckland')).toEqual(['2026-12-31', '2027-01-01']);
    expect(days('2020-01-01', '2029-12-31')).toHaveLength(3_653);
    expect(
      shown(spanOfDays('2018-11-04', '2018-11-04', 'America/Sao_Paulo').from * quarterMs, 'America/Sao_Paulo'),
    ).toMatchObject({
      ...{ day: '2018-11-04', hour: 1 },
    });
  });

  test('of weeks and months begins and ends where the range does', () => {
    expect(bucketsOf('2026-04-08', '2026-04-13', 'UTC', 'week')).toEqual([
      { date: '2026-04-06', from: quarterOf(Date.UTC(2026, 3, 8)), to: quarterOf(Date.UTC(2026, 3, 13)) },
      { date: '2026-04-13', from: quarterOf(Date.UTC(2026, 3, 13)), to: quarterOf(Date.UTC(2026, 3, 14)) },
    ]);
    expect(bucketsOf('2026-04-08', '2026-05-02', 'UTC', 'month').map(({ date }) => date)).toEqual([
      '2026-04-01',
      '2026-05-01',
    ]);
  });
});

test('scans are counted under the weekday and hour that the wall shows, and in the span they lie in', () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 * 96 }), { maxLength: 60 });
  fc.assert(
    fc.property(range, fc.constantFrom(...zones), times, ([from], tz, list) => {
      const span = spanOfDays(from, from, tz);
      const quarters = new Map<number, number>();
      const expected = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
      for (const n of list) {
        const quarter = span.from + n;
        quarters.set(quarter, (quarters.get(quarter) ?? 0) + 1);
        const { weekday, hour } = shown(quarter * quarterMs, tz);
        expected[weekday]![hour]! += 1;
      }
      expect(byWeekdayAndHour(quarters, { from: span.from, to: span.from + 41 * 96 }, tz)).toEqual(expected);
      const halves = [span, { from: span.to, to: span.to + 96 }];
      const within = ({ from, to }: { from: number; to: number }) =>
        list.filter(n => span.from + n >= from && span.from + n < to).length;
      expect(perBucket(quarters, halves)).toEqual(halves.map(within));
    }),
  );
});

test('zones are those of the IANA database', () => {
  for (const name of ['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
    expect(isZone(name)).toBe(true);
  for (const name of ['Mars/Olympus', '+02:00', '', 'Europe/Berlin ', 'a'.repeat(99)]) expect(isZone(name)).toBe(false);
});
