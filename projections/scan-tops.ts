/**
 * Which of very many codes were scanned most. How many scans a code can have at most is known from its last parts, so
 * codes are counted exactly in that order, and only until none that is left can be among the first.
 */
import type { Sql } from './projection.ts';
import { partMax } from './scan-parts.ts';
import { type Span, spansWithin } from './scan-times.ts';

export interface Bound {
  readonly name: string;
  /** It has no more scans than these. */
  readonly most: number;
}

/** Months up to which parts are looked at; of a longer time all that a code ever had says nearly as much. */
const monthsMax = 3;

/**
 * Codes that may have scans in these spans, those that may have most first.
 * @param isCounted whether only scans are meant that count by the newest rules, of which totals are kept
 */
export async function boundsOf(
  sql: Sql,
  names: readonly string[],
  spans: readonly Span[],
  isCounted: boolean,
): Promise<Bound[]> {
  const months = spansWithin('month', spans).map(({ from }) => from);
  const rows =
    isCounted && months.length > monthsMax
      ? await sql`select qr, scans as most from scan_totals where qr = any(${names as string[]})`
      : await sql`
          select t.qr, sum(p.part * ${partMax}::int + p.scans)::bigint as most
          from scan_totals t cross join unnest(${months}::int[]) m (month)
          cross join lateral (
            select part, scans from scan_parts s where s.subject = t.subject and s.month = m.month
            order by part desc limit 1
          ) p
          where t.qr = any(${names as string[]}) group by t.qr`;
  return rows.map(row => ({ name: row['qr'], most: row['most'] })).sort((a, b) => b.most - a.most);
}

/** Codes that are counted at once. */
const chunk = 500;

/** Scans of the codes that were counted, and whether those are all that have any. */
export interface Tops {
  readonly counts: ReadonlyMap<string, number>;
  readonly isAll: boolean;
}

/**
 * Counts codes until the first `top` are certain; undefined when they are not after `countedMax`.
 * @param count scans of some codes; those without any may be absent
 */
export async function topOf(
  bounds: readonly Bound[],
  top: number,
  countedMax: number,
  count: (names: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<Tops | undefined> {
  const counts = new Map<string, number>();
  for (let done = 0; done < bounds.length; done += chunk) {
    if (done >= countedMax) return undefined;
    const some = bounds.slice(done, done + chunk).map(({ name }) => name);
    for (const [name, scans] of await count(some)) counts.set(name, scans);
    const next = bounds[done + chunk];
    if (!next) break;
    const least = [...counts.values()].sort((a, b) => b - a)[top - 1];
    // One that may have as many could come before by its name.
    if (least !== undefined && least > next.most) return { counts, isAll: false };
  }
  return { counts, isAll: true };
}
