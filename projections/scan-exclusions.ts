/**
 * A question about scans, cut up by what is excluded: which codes in which spans with which flags are left to be asked
 * for. Pure, and exact for visitors too, because what is left is united and nothing is subtracted.
 */
import type { ExclusionRow } from './exclusions.ts';
import type { Asked, Matches } from './scan-answers.ts';
import type { Combination } from './scan-items.ts';
import { clipped, quarterOf, type Span, without } from './scan-times.ts';

/** What matters of an exclusion. */
export type Hole = Pick<
  ExclusionRow,
  'id' | 'codes' | 'key' | 'from_ms' | 'before_ms' | 'utm_source' | 'utm_medium' | 'utm_campaign'
>;

const hasFlag = ({ utm_source, utm_medium, utm_campaign }: Hole): boolean =>
  utm_source !== null || utm_medium !== null || utm_campaign !== null;

const isFlagged = (hole: Hole, { utmSource, utmMedium, utmCampaign }: Combination): boolean =>
  (hole.utm_source === null || hole.utm_source === utmSource) &&
  (hole.utm_medium === null || hole.utm_medium === utmMedium) &&
  (hole.utm_campaign === null || hole.utm_campaign === utmCampaign);

const spanOf = ({ from_ms, before_ms }: Hole): Span => ({
  from: from_ms === null ? Number.MIN_SAFE_INTEGER : quarterOf(from_ms),
  to: before_ms === null ? Number.MAX_SAFE_INTEGER : quarterOf(before_ms),
});

/** Whether an exclusion is about certain codes only, so that sums of an organisation can't be asked. */
export const isOfCodes = ({ codes, key }: Hole): boolean => codes !== null || key !== null;

/**
 * What is left to be asked for.
 * @param makers which key made a code, for exclusions by key
 */
export function leftOver(asked: Asked, holes: readonly Hole[], makers: ReadonlyMap<string, string>): Asked[] {
  const { names, spans, matches } = asked;
  const concerning = (name: string): Hole[] =>
    holes.filter(
      ({ codes, key }) => (codes === null || codes.includes(name)) && (key === null || makers.get(name) === key),
    );
  const groups = Map.groupBy(names, name =>
    concerning(name)
      .map(({ id }) => id)
      .join(),
  );
  return [...groups.values()].flatMap(group => {
    const mine = concerning(group[0]!);
    const left = without(spans, mine.filter(hole => !hasFlag(hole)).map(spanOf));
    return cut(left, mine.filter(hasFlag)).map(({ spans, flags }) => ({
      ...asked,
      names: group,
      spans,
      matches: flags.length === 0 ? matches : unflagged(matches, flags),
    }));
  });
}

/** Spans by the flags that are excluded in them. */
function cut(spans: readonly Span[], flagged: readonly Hole[]): { spans: Span[]; flags: Hole[] }[] {
  let pieces: { spans: Span[]; flags: Hole[] }[] = [{ spans: [...spans], flags: [] }];
  for (const hole of flagged) {
    const range = spanOf(hole);
    pieces = pieces.flatMap(({ spans, flags }) => [
      { spans: without(spans, [range]), flags },
      { spans: clipped(spans, range), flags: [...flags, hole] },
    ]);
    pieces = pieces.filter(({ spans }) => spans.length > 0);
  }
  return pieces.filter(({ spans }) => spans.length > 0);
}

const unflagged =
  (matches: Matches | undefined, flags: readonly Hole[]): Matches =>
  (combination, version, name) =>
    !flags.some(flag => isFlagged(flag, combination)) && (matches?.(combination, version, name) ?? true);
