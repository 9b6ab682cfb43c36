/**
 * Days, weeks, months and hours as people at a place live them, as spans of quarters of an hour. A day is from midnight
 * to midnight of that place, so it has 23 or 25 hours where clocks change, and nothing is counted twice or lost there.
 */
import { quarterMs, quarterOf, type Span } from '../../projections/scan-times.ts';

export const intervals = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof intervals)[number];

/** A point of a time series. */
export interface Bucket extends Span {
  /** Its first day, or for hours its beginning with the distance from UTC. */
  readonly date: string;
}

/** Whether it is the name of a zone in the IANA database; names are taken in any case, distances from UTC are none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    return Temporal.PlainDate.from('2026-01-01').toZonedDateTime(name) !== undefined;
  } catch {
    return false;
  }
}

/** The day at a place, `YYYY-MM-DD`. */
export const localDay = (ms: number, tz: string): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz).toPlainDate().toString();

const startOf = (day: Temporal.PlainDate, tz: string): number => quarterOf(day.toZonedDateTime(tz).epochMilliseconds);

/** From the first moment of one day to the last one of another. */
export function spanOfDays(from: string, to: string, tz: string): Span {
  return {
    from: startOf(Temporal.PlainDate.from(from), tz),
    to: startOf(Temporal.PlainDate.from(to).add({ days: 1 }), tz),
  };
}

/** All points of a series from one day to another, both included; the first and last may be parts of a week or month. */
export function bucketsOf(from: string, to: string, tz: string, interval: Interval): Bucket[] {
  const range = spanOfDays(from, to, tz);
  if (interval === 'hour') return hoursOf(range, tz);
  const buckets: Bucket[] = [];
  let day = Temporal.PlainDate.from(from);
  if (interval === 'week') day = day.subtract({ days: day.dayOfWeek - 1 });
  if (interval === 'month') day = day.with({ day: 1 });
  for (let begin = startOf(day, tz); begin < range.to; ) {
    const next = day.add({ [`${interval}s`]: 1 });
    const end = startOf(next, tz);
    // A place that crosses the date line has a day without a moment in it.
    buckets.push({ date: day.toString(), from: Math.max(begin, range.from), to: Math.min(end, range.to) });
    day = next;
    begin = end;
  }
  return buckets;
}

/** Hours begin when the clock of the place shows a full one; where it is set by half an hour, one of them is shorter. */
function hoursOf(range: Span, tz: string): Bucket[] {
  const offsets = offsetsOf(range, tz);
  const buckets: Bucket[] = [];
  for (let from = range.from; from < range.to; ) {
    const { offset, until } = offsets.find(piece => from < piece.until)!;
    const full = from + 4 - ((((from + offset) % 4) + 4) % 4);
    const to = Math.min(full, until, range.to);
    buckets.push({ date: hourName(from, offset), from, to });
    from = to;
  }
  return buckets;
}

function hourName(quarter: number, offset: number): string {
  const local = new Date((quarter + offset) * quarterMs).toISOString().slice(0, 19);
  const minutes = Math.abs(offset) * 15;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Distance from UTC in quarters, up to a moment. */
interface Offset {
  readonly offset: number;
  readonly until: number;
}

/** The distances from UTC within a span, in order. */
function offsetsOf({ from, to }: Span, tz: string): Offset[] {
  const offsets: Offset[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(from * quarterMs).toZonedDateTimeISO(tz);
  for (;;) {
    const offset = Math.round(at.offsetNanoseconds / 1e6 / quarterMs);
    const change = at.getTimeZoneTransition('next');
    const until = change ? quarterOf(change.epochMilliseconds) : Number.POSITIVE_INFINITY;
    offsets.push({ offset, until });
    if (!change || until >= to) return offsets;
    at = change;
  }
}

/** Scans by quarter: the count first, as a map has it. */
export interface Counts {
  forEach(call: (scans: number, quarter: number) => void): void;
}

/** Scans by weekday, Monday first, and hour of the day at a place: seven lists of 24. */
export function byWeekdayAndHour(quarters: Counts, range: Span, tz: string): number[][] {
  const offsets = offsetsOf(range, tz);
  const table = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  let piece = offsets[0]!;
  let since = range.from;
  quarters.forEach((scans, quarter) => {
    if (quarter >= piece.until || quarter < since) {
      const place = offsets.findIndex(({ until }) => quarter < until);
      piece = offsets[place]!;
      since = offsets[place - 1]?.until ?? range.from;
    }
    const hours = Math.floor((quarter + piece.offset) / 4);
    // The first day of 1970 was a Thursday.
    const weekday = (((Math.floor(hours / 24) + 3) % 7) + 7) % 7;
    table[weekday]![((hours % 24) + 24) % 24]! += scans;
  });
  return table;
}

/** Scans in each of these spans, which are in order and don't overlap. */
export function perBucket(quarters: Counts, buckets: readonly Span[]): number[] {
  const counts = new Array<number>(buckets.length).fill(0);
  let place = 0;
  quarters.forEach((scans, quarter) => {
    if (quarter < buckets[place]!.from || quarter >= buckets[place]!.to) place = placeOf(buckets, quarter);
    if (quarter >= buckets[place]!.from && quarter < buckets[place]!.to) counts[place]! += scans;
  });
  return counts;
}

/** The last span that begins at or before a quarter, or the first one. */
function placeOf(buckets: readonly Span[], quarter: number): number {
  let low = 0;
  let high = buckets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (buckets[middle]!.from <= quarter) low = middle;
    else high = middle - 1;
  }
  return low;
}
