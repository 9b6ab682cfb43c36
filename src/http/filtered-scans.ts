/**
 * How far a filter may reach. Sums know nothing of filters, so what is asked of some scans only is answered from the
 * scans themselves: exactly and in flat memory, but in a time that grows with the scans of the months it touches. So
 * that no question takes longer than any other may, there is a limit to them, and who meets it is told by how much.
 */
import type { Sql } from '../../projections/projection.ts';
import type { Span } from '../../projections/scan-times.ts';
import { boundsOf } from '../../projections/scan-tops.ts';
import { invalid } from '../problem.ts';

/** A million take 0.1 s of one core, Postgres' part included. */
export const filteredMax = 10_000_000;

/** Refuses a question with a filter about more scans than are looked at one by one. */
export async function assertFew(
  sql: Sql,
  names: readonly string[],
  spans: readonly Span[],
  max = filteredMax,
): Promise<void> {
  const scans = (await boundsOf(sql, names, spans, false)).reduce((sum, { most }) => sum + most, 0);
  if (scans <= max) return;
  const [found, limit] = [scans, max].map(number => number.toLocaleString('en'));
  const detail = `The months of this range have ${found} scans; filters and destinations are looked for in at most ${limit}. Ask for fewer months, or without a filter.`;
  throw invalid([{ pointer: '?from', code: 'too_many', detail }]);
}
