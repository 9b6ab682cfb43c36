/**
 * Time as sums know it: quarters of an hour since 1970. Every zone's clock differs from UTC by a whole number of them,
 * so that a day, week or month of any place is a run of quarters, also when clocks change; hours would be too coarse
 * for India and Nepal.
 */

export const quarterMs = 900_000;
const perHour = 4;
const perDay = 96;

/** The quarter that a moment lies in. */
export const quarterOf = (ms: number): number => Math.floor(ms / quarterMs);

/**
 * Spans that scans are summed over, each made of the next. A third of a month is ten days, or what is left of it: without
 * it a range that cuts two months would be put together from thirty days on average.
 */
export const grains = ['month', 'third', 'day', 'hour', 'quarter'] as const;
export type Grain = (typeof grains)[number];

/** From a quarter up to, but not including, another one. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const months = new Map<number, Span>();

/** The calendar month in UTC. */
function monthOf(quarter: number): Span {
  const day = Math.floor(quarter / perDay);
  const known = months.get(day);
  if (known) return known;
  const date = new Date(quarter * quarterMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const span = { from: quarterOf(Date.UTC(year, month)), to: quarterOf(Date.UTC(year, month + 1)) };
  // A day a row for some ten years; what is asked beyond that is worked out anew.
  if (months.size < 4_000) months.set(day, span);
  return span;
}

function thirdOf(quarter: number): Span {
  const month = monthOf(quarter);
  const third = Math.min(Math.floor((quarter - month.from) / (10 * perDay)), 2);
  const from = month.from + third * 10 * perDay;
  return { from, to: third === 2 ? month.to : from + 10 * perDay };
}

const sizes = { day: perDay, hour: perHour, quarter: 1 } as const;

/** The span of a grain that a quarter lies in. */
export function spanOf(grain: Grain, quarter: number): Span {
  if (grain === 'month') return monthOf(quarter);
  if (grain === 'third') return thirdOf(quarter);
  const size = sizes[grain];
  const from = Math.floor(quarter / size) * size;
  return { from, to: from + size };
}

/** The spans of a grain that these spans touch, each once, in order. */
export function spansWithin(grain: Grain, spans: readonly Span[]): Span[] {
  const found = new Map<number, Span>();
  for (const { from, to } of spans) {
    for (let quarter = from; quarter < to; ) {
      const span = spanOf(grain, quarter);
      found.set(span.from, span);
      quarter = span.to;
    }
  }
  return [...found.values()];
}

/** What of `spans` lies within `span`. */
export const clipped = (spans: readonly Span[], span: Span): Span[] =>
  spans
    .map(({ from, to }) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }))
    .filter(({ from, to }) => from < to);

/** Whether `spans`, which don't overlap, hold all of `span`. */
export const isCovered = (spans: readonly Span[], span: Span): boolean =>
  clipped(spans, span).reduce((sum, { from, to }) => sum + to - from, 0) === span.to - span.from;

/** What is left of `spans` without `holes`; in order, and no two overlap. */
export function without(spans: readonly Span[], holes: readonly Span[]): Span[] {
  return holes.reduce<Span[]>(
    (left, hole) =>
      left.flatMap(({ from, to }) =>
        [
          { from, to: Math.min(to, hole.from) },
          { from: Math.max(from, hole.to), to },
        ].filter(span => span.from < span.to),
      ),
    [...spans],
  );
}

/** The next grain; undefined below the finest. */
export const finer = (grain: Grain): Grain | undefined => grains[grains.indexOf(grain) + 1];
