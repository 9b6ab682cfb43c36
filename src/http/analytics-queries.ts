/**
 * What analytics can be asked: a range of days at a place, the steps of the series, which fetches count by which
 * version of the rules, how many values are told of each dimension, and filters by every dimension. All of it is checked
 * together, so that an answer names each fault.
 */
import { type Static, type TProperties, Type } from '@sinclair/typebox';
import type { ScanKind } from '../../events/scan.ts';
import { currentRules } from '../../projections/counting.ts';
import type { Combination, Field } from '../../projections/scan-items.ts';
import { clipped, type Span } from '../../projections/scan-times.ts';
import { type Fault, invalid } from '../problem.ts';
import { type Bucket, bucketsOf, type Interval, intervals, isZone, localDay, spanOfDays } from './local-times.ts';
import { Closed, OneOf } from './shapes.ts';

const day = (description: string) =>
  Type.Optional(
    Type.String({
      // Year 0 is none for Postgres.
      pattern: '^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
      description,
      examples: ['2026-04-08'],
    }),
  );
const choice = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Optional(OneOf(values, description));
const value = (maxLength: number, description: string, pattern?: string) =>
  Type.Optional(Type.String({ maxLength, description, ...(pattern !== undefined && { pattern }) }));
/**
 * Items with commas between, each of which may be empty. Blanks stand in one place each, whether an item is there or not:
 * where they could be shared out between two, a text of some hundred commas was tried in as many ways as there are.
 */
export const itemsOf = (item: string): string => `^ *(?:(?:${item}) *)?(?:, *(?:(?:${item}) *)?)*$`;

/** Values that stand between commas; the others may hold one. */
export const severalFields = ['country', 'device', 'os', 'browser', 'language'] as const;
const single = ['region', 'city', 'referrer', 'rule', 'utmSource', 'utmMedium', 'utmCampaign'] as const;
const filtered = [...severalFields, ...single];

/** Filters by what a scan says; empty for "not known". */
export const scanFilterFields = {
  country: value(
    400,
    'ISO 3166-1 alpha-2, several with commas; empty for scans of which it is not known',
    itemsOf('[A-Za-z]{2}'),
  ),
  region: value(64, 'ISO 3166-2 code, or the name where the operator’s file has none'),
  city: value(64, 'Name of a city'),
  device: value(40, 'mobile, desktop, tablet or other, several with commas', itemsOf('mobile|desktop|tablet|other')),
  os: value(200, 'Operating systems with commas'),
  browser: value(400, 'Browsers with commas'),
  language: value(200, 'BCP 47 primary subtags with commas'),
  referrer: value(255, 'Host name of the referring page'),
  rule: value(64, 'The targeting rule that chose the destination; empty for the code’s own destination'),
  utmSource: value(64, 'utm_source of the short URL'),
  utmMedium: value(64, 'utm_medium of the short URL'),
  utmCampaign: value(64, 'utm_campaign of the short URL'),
} satisfies TProperties;

export const analyticsFields = {
  from: day('First day; by default the day the code was made'),
  to: day('Last day, which is included; by default today'),
  tz: value(64, 'IANA name of the zone whose days these are, such as Europe/Berlin; UTC when absent'),
  interval: choice(intervals, 'Steps of the series: day when absent; weeks begin on Monday'),
  bots: choice(
    ['exclude', 'include', 'only', 'false', 'true'],
    'exclude (or false): people only, which is the default; include (or true): bots too; only: nothing but bots',
  ),
  rules: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: currentRules,
      description: 'Version of the counting rules; the newest when absent',
    }),
  ),
  top: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000, default: 10, description: 'Values told of each dimension' }),
  ),
  exclusions: choice(['apply', 'ignore'], 'Whether excluded scans are left out, which is the default, or counted'),
  destination: value(2_048, 'Only scans that were sent to this address'),
  ...scanFilterFields,
  weekday: Type.Optional(Type.Integer({ minimum: 1, maximum: 7, description: '1 for Monday to 7, at the place' })),
  hour: Type.Optional(Type.Integer({ minimum: 0, maximum: 23, description: 'Hour of the day, at the place' })),
};

export const AnalyticsQuery = Closed(analyticsFields);
export type AnalyticsQuery = Static<typeof AnalyticsQuery>;

/** Days of a range: ten years. */
const daysMax = 3_660;
/** Hours are told for a quarter of a year at most. */
const hourlyDaysMax = 92;

/** A question about scans, as it can be answered. */
export interface Question {
  readonly from: string;
  readonly to: string;
  readonly tz: string;
  readonly interval: Interval;
  readonly bots: 'exclude' | 'include' | 'only';
  readonly rules: number;
  readonly top: number;
  readonly buckets: readonly Bucket[];
  readonly range: Span;
  /** What of the range is meant: all, or some hours of it. */
  readonly spans: readonly Span[];
  readonly destination: string | undefined;
  /** Whether a scan is meant by what it says; undefined when every one is. */
  readonly matches: ((combination: Combination) => boolean) | undefined;
}

/**
 * The question that a query asks. Throws `validation_failed` with every fault that the schema can't see.
 * @param createdMs when what is asked about began
 */
export function questionOf(query: AnalyticsQuery, createdMs: number, now: number): Question {
  const { tz = 'UTC', interval = 'day', rules = currentRules, top = 10, destination } = query;
  const faults: Fault[] = [];
  const isPlace = isZone(tz);
  if (!isPlace) {
    faults.push({ pointer: '?tz', code: 'format', detail: `"${tz}" is no zone of the IANA database.` });
  }
  const place = isPlace ? tz : 'UTC';
  const to = query.to ?? localDay(now, place);
  const from = query.from ?? [localDay(createdMs, place), to].sort()[0]!;
  faults.push(...rangeFaults(query, from, to, interval));
  if (faults.length > 0) throw invalid(faults);
  const range = spanOfDays(from, to, tz);
  const bots = query.bots === 'true' ? 'include' : query.bots === 'false' ? 'exclude' : (query.bots ?? 'exclude');
  return {
    ...{ from, to, tz, interval, bots, rules, top, range, destination },
    buckets: bucketsOf(from, to, tz, interval),
    spans: hoursMeant(query, range, from, to, tz),
    matches: matchesOf(query),
  };
}

function rangeFaults(query: AnalyticsQuery, from: string, to: string, interval: Interval): Fault[] {
  const faults: Fault[] = [];
  for (const name of ['from', 'to'] as const) {
    const day = query[name];
    // A day such as 2026-02-30 would be taken for one in March.
    const at = day === undefined ? 0 : Date.parse(day);
    if (day === undefined || (!Number.isNaN(at) && localDay(at, 'UTC') === day)) continue;
    faults.push({ pointer: `?${name}`, code: 'format', detail: `"${day}" is not a day of the calendar.` });
  }
  if (faults.length > 0) return faults;
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const isByHour = interval === 'hour' || query.weekday !== undefined || query.hour !== undefined;
  if (days < 1) faults.push({ pointer: '?from', code: 'too_large', detail: '"from" must not be after "to".' });
  else if (days > daysMax) {
    faults.push({ pointer: '?from', code: 'too_small', detail: `A range has at most ${daysMax} days.` });
  } else if (interval === 'hour' && days > hourlyDaysMax) {
    faults.push({ pointer: '?from', code: 'too_small', detail: `Hours are told for at most ${hourlyDaysMax} days.` });
  } else if (isByHour && days > 366) {
    faults.push({ pointer: '?from', code: 'too_small', detail: 'Hours and weekdays are chosen in at most 366 days.' });
  }
  return faults;
}

/** The pieces of the range that have the weekday and hour that are asked for. */
function hoursMeant({ weekday, hour }: AnalyticsQuery, range: Span, from: string, to: string, tz: string): Span[] {
  if (weekday === undefined && hour === undefined) return [range];
  const days = bucketsOf(from, to, tz, 'day').filter(
    ({ date }) => weekday === undefined || Temporal.PlainDate.from(date).dayOfWeek === weekday,
  );
  if (hour === undefined) return days.map(({ from, to }) => ({ from, to }));
  const hours = bucketsOf(from, to, tz, 'hour').filter(({ date }) => Number(date.slice(11, 13)) === hour);
  return days.flatMap(day => clipped(hours, day));
}

/** Which letter case scans have these in; all others are told apart by it. */
const upper: ReadonlySet<string> = new Set(['country']);
const lower: ReadonlySet<string> = new Set(['language', 'device', 'kind', 'referrer']);

/** The values that a filter names, as scans have them. */
export function valuesIn(name: string, text: string): string[] {
  const isSeveral = name === 'kind' || (severalFields as readonly string[]).includes(name);
  const values = isSeveral ? text.split(',').map(part => part.trim()) : [text];
  if (upper.has(name)) return values.map(value => value.toUpperCase());
  return lower.has(name) ? values.map(value => value.toLowerCase()) : values;
}

function matchesOf(query: AnalyticsQuery): Question['matches'] {
  const wanted = filtered.flatMap(name => {
    const text = query[name];
    return text === undefined ? [] : [[name as Field, new Set(valuesIn(name, text))] as const];
  });
  if (wanted.length === 0) return undefined;
  return combination => wanted.every(([name, values]) => values.has(combination[name]));
}

/** Which kinds count. */
export const kindsMeant = (bots: Question['bots']): readonly ScanKind[] =>
  bots === 'include' ? ['scan', 'bot'] : [bots === 'only' ? 'bot' : 'scan'];

/** What of the answer is told in full; of what does not count only how much there is. */
export const toldInFull = ({ bots, rules }: Question) => ({ rules, kinds: kindsMeant(bots) });
