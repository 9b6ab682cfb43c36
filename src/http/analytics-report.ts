/**
 * Scan analytics as they are answered: first the fields of the reference, exactly as it shows them, then what it lacks.
 * All numbers of an answer are of the same range and the same scans; uniques are those of the whole range, never a sum
 * of days, and of each dimension the values beyond the first few are told as a rest.
 */
import { Type } from '@sinclair/typebox';
import type { ScanKind } from '../../events/scan.ts';
import { countingRules } from '../../projections/counting.ts';
import type { Found, Share } from '../../projections/scan-answers.ts';
import { fields, kindIn } from '../../projections/scan-items.ts';
import { addSum, emptySum, type Sum, type Sums } from '../../projections/scan-sums.ts';
import { estimate } from '../../projections/uniques.ts';
import { kindsMeant, type Question } from './analytics-queries.ts';
import { byWeekdayAndHour, intervals, perBucket } from './local-times.ts';
import { OneOf } from './shapes.ts';

/** How uniques are counted, in an answer too: a number that is an estimate has to say so. */
export const uniqueMethod = {
  method: 'HyperLogLog with 16,384 registers; one union over the whole range and all its codes',
  standardError: 0.0081,
} as const;

const Values = Type.Object(
  {
    values: Type.Array(Type.Object({ value: Type.String(), scans: Type.Integer() })),
    rest: Type.Object(
      { values: Type.Integer(), scans: Type.Integer() },
      { description: 'All values that are not named' },
    ),
    unknown: Type.Integer({ description: 'Scans of which it is not known, or that have none' }),
  },
  { title: 'DimensionValues' },
);

const dimensionNames = [...fields, 'destination'] as const;
type DimensionName = (typeof dimensionNames)[number];

/** Fields of every answer behind those of the reference. */
export const reportFields = {
  totalScans: Type.Integer(),
  uniqueScans: Type.Integer({ description: 'Estimated, see unique' }),
  timeSeries: Type.Array(
    Type.Object({
      date: Type.String({ description: 'First day of the step; for hours its beginning with the distance from UTC' }),
      scans: Type.Integer(),
    }),
  ),
  topCountries: Type.Array(Type.Object({ country: Type.String(), scans: Type.Integer() })),
  devices: Type.Object(
    { mobile: Type.Integer(), desktop: Type.Integer(), tablet: Type.Integer(), other: Type.Optional(Type.Integer()) },
    {
      title: 'DeviceShares',
      description: 'Whole percents that sum to 100, or all 0 without a scan; other only where there is any',
    },
  ),
  range: Type.Object(
    {
      from: Type.String({ format: 'date' }),
      to: Type.String({ format: 'date' }),
      tz: Type.String(),
      interval: OneOf(intervals),
    },
    { title: 'AnalyticsRange' },
  ),
  bots: OneOf(['exclude', 'include', 'only']),
  rules: Type.Object({ version: Type.Integer(), says: Type.String() }, { description: 'The counting rules' }),
  excluded: Type.Array(Type.String(), { description: 'Ids of the exclusions that were looked at' }),
  unique: Type.Object({ method: Type.String(), standardError: Type.Number() }),
  kinds: Type.Object(
    { scan: Type.Integer(), bot: Type.Integer(), head: Type.Integer(), prefetch: Type.Integer() },
    {
      title: 'ScanKinds',
      description: 'All fetches of the range by what the rules take them for, whichever are counted',
    },
  ),
  dimensions: Type.Object(
    Object.fromEntries(dimensionNames.map(name => [name, Values])) as Record<DimensionName, typeof Values>,
    { title: 'Dimensions' },
  ),
  weekdayHours: Type.Array(Type.Array(Type.Integer()), {
    description: 'Scans by weekday, Monday first, and hour of the day at the place',
  }),
};

/** What a version and rule of a code led to. */
export type DestinationOf = (name: string, served: string) => string;

/** What the scans that were found say, as the answer tells it. */
export function report(
  question: Question,
  { sums, shares }: Found,
  excluded: readonly string[],
  destinationOf: DestinationOf,
) {
  const { from, to, tz, interval, bots, rules, top, buckets, range } = question;
  const { sum, kinds } = meant(question, sums);
  const counts = perBucket(sum.quarters, buckets);
  const { mobile = 0, desktop = 0, tablet = 0, other = 0 } = sum.counts.device ?? {};
  const served = new Map<string, number>();
  for (const [name, { served: of }] of sharesMeant(question, shares)) {
    for (const [version, scans] of of) {
      const destination = destinationOf(name, version);
      served.set(destination, (served.get(destination) ?? 0) + scans);
    }
  }
  const dimensions = Object.fromEntries([
    ...fields.map(field => [field, toldOf(Object.entries(sum.counts[field] ?? {}), sum.scans, top)]),
    ['destination', toldOf([...served], sum.scans, top)],
  ]);
  return {
    totalScans: sum.scans,
    uniqueScans: Math.min(estimate(sum.visitors), sum.scans),
    timeSeries: buckets.map(({ date }, i) => ({ date, scans: counts[i]! })),
    topCountries: ranked(Object.entries(sum.counts.country ?? {})).map(([country, scans]) => ({ country, scans })),
    devices: percents({ mobile, desktop, tablet, ...(other > 0 && { other }) }),
    range: { from, to, tz, interval },
    bots,
    rules: countingRules[rules - 1]!,
    excluded: [...excluded],
    unique: uniqueMethod,
    kinds,
    dimensions,
    weekdayHours: byWeekdayAndHour(sum.quarters, range, tz),
  };
}

/** The scans that count, and how many there were of each kind. */
function meant({ bots, rules }: Question, sums: Sums): { sum: Sum; kinds: Record<ScanKind, number> } {
  const parts: Sum[] = [];
  const kinds = { scan: 0, bot: 0, head: 0, prefetch: 0 };
  for (const [versions, part] of sums) {
    const kind = kindIn(versions, rules);
    kinds[kind] += part.scans;
    if (kindsMeant(bots).includes(kind)) parts.push(part);
  }
  // Mostly there is one, and it is not to be copied.
  if (parts.length === 1) return { sum: parts[0]!, kinds };
  const sum = emptySum();
  for (const part of parts) addSum(sum, part);
  return { sum, kinds };
}

/** Each code's counted scans and what was served for them. */
export function sharesMeant({ bots, rules }: Question, shares: ReadonlyMap<string, Share>) {
  const found = new Map<string, { scans: number; served: Map<string, number> }>();
  for (const [name, share] of shares) {
    const mine = { scans: 0, served: new Map<string, number>() };
    for (const [versions, { scans, served }] of share) {
      if (!kindsMeant(bots).includes(kindIn(versions, rules))) continue;
      mine.scans += scans;
      for (const [what, n] of served) mine.served.set(what, (mine.served.get(what) ?? 0) + n);
    }
    if (mine.scans > 0) found.set(name, mine);
  }
  return found;
}

/** Most scans first, then by name, by code units wherever it runs. */
export const ranked = (counts: readonly (readonly [string, number])[]): (readonly [string, number])[] =>
  [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

function toldOf(counts: readonly (readonly [string, number])[], total: number, top: number) {
  const all = ranked(counts);
  const known = all.reduce((sum, [, scans]) => sum + scans, 0);
  const rest = all.slice(top);
  return {
    values: all.slice(0, top).map(([value, scans]) => ({ value, scans })),
    rest: { values: rest.length, scans: rest.reduce((sum, [, scans]) => sum + scans, 0) },
    unknown: total - known,
  };
}

/** Counts as whole percents that sum to 100 (largest remainder; ties go to the first), or all 0 without any count. */
export function percents(counts: Readonly<Record<string, number>>): Record<string, number> {
  const names = Object.keys(counts);
  const total = names.reduce((sum, name) => sum + counts[name]!, 0);
  if (total === 0) return Object.fromEntries(names.map(name => [name, 0]));
  // Whole numbers throughout, so that no rounding of floats decides who gets a point.
  const shares = names.map(name => ({
    name,
    whole: Math.floor((counts[name]! * 100) / total),
    rest: (counts[name]! * 100) % total,
  }));
  let missing = 100 - shares.reduce((sum, share) => sum + share.whole, 0);
  for (const share of [...shares].sort((a, b) => b.rest - a.rest)) {
    if (missing === 0) break;
    share.whole += 1;
    missing -= 1;
  }
  return Object.fromEntries(shares.map(share => [share.name, share.whole]));
}
