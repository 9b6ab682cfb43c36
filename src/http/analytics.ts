/**
 * Scan analytics of a code as the reference shows them: totals, every day of the range, countries and devices. All
 * numbers of an answer are of the same range, and uniques are those of the whole range, never a sum of days.
 */
import { Elysia } from 'elysia';
import { dayOf } from '../../projections/projection.ts';
import { summarize } from '../../projections/scans.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { reachedQr } from './qr-reach.ts';
import { json } from './replies.ts';
import * as schemas from './schemas.ts';

const dayMs = 86_400_000;
const daysMax = 3_660;

/**
 * Counts as whole percents that sum to 100 (largest remainder; ties go to the first), or all 0 without any count.
 */
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

/** The days from `from` to `to`, both included. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += dayMs) days.push(dayOf(at));
  return days;
}

/** The range asked for; by default from the day the code was made to today. */
function rangeOf(query: { from?: string; to?: string }, createdMs: number, now: number) {
  const to = query.to ?? dayOf(now);
  const from = query.from ?? dayOf(Math.min(createdMs, Date.parse(to) || now));
  const faults = [];
  for (const [name, day] of [
    ['from', query.from],
    ['to', query.to],
  ] as const) {
    // A day such as 2026-02-30 would be taken for one in March.
    const at = day === undefined ? 0 : Date.parse(day);
    if (day !== undefined && (Number.isNaN(at) || dayOf(at) !== day)) {
      faults.push({ pointer: `?${name}`, code: 'format', detail: `"${day}" is not a day of the calendar.` });
    }
  }
  if (faults.length === 0 && from > to) {
    faults.push({ pointer: '?from', code: 'too_large', detail: '"from" must not be after "to".' });
  } else if (faults.length === 0 && (Date.parse(to) - Date.parse(from)) / dayMs >= daysMax) {
    faults.push({ pointer: '?from', code: 'too_small', detail: `A range has at most ${daysMax} days.` });
  }
  if (faults.length > 0) throw invalid(faults);
  return { from, to };
}

export function analytics(deps: ApiDeps) {
  return new Elysia({ name: 'analytics', prefix: '/v1/qr', tags: ['Analytics'] }).get(
    '/:id/analytics',
    async ({ params: { id }, query, request }) => {
      const { access, at } = callerOf(request, 'read');
      await deps.fresh(['qrs', 'scans']);
      const row = await reachedQr(deps, access, id);
      const range = rangeOf(query, row.created_ms, at);
      const { byDay, by, visitors } = await summarize(deps.sql, id, range);
      const timeSeries = daysBetween(range.from, range.to).map(date => ({ date, scans: byDay.get(date) ?? 0 }));
      const totalScans = timeSeries.reduce((sum, day) => sum + day.scans, 0);
      const counts = Object.fromEntries(by.device.map(({ value, scans }) => [value, scans]));
      const { mobile = 0, desktop = 0, tablet = 0, other = 0 } = counts;
      return json({
        id,
        totalScans,
        uniqueScans: Math.min(visitors, totalScans),
        timeSeries,
        topCountries: by.country
          .filter(({ value }) => value !== '')
          .map(({ value, scans }) => ({ country: value, scans })),
        devices: percents({ mobile, desktop, tablet, ...(other > 0 && { other }) }),
      });
    },
    {
      query: schemas.AnalyticsQuery,
      response: { 200: schemas.Analytics },
      detail: { operationId: 'getAnalytics', summary: 'Scan analytics of a code' },
    },
  );
}
