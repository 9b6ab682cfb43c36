/**
 * What a question with filters may cost. Scans are looked at one by one when their span is over, at the latest when
 * somebody first asks so about it, and from then on only what they were condensed to. So that no question takes much
 * longer than any other may, there is a limit to how many are condensed for one; who meets it is asked to come again, and
 * finds all that was done until then.
 */
import { type Asked, type Found, sumUp } from '../../projections/scan-answers.ts';
import { type Condensing, Unfinished } from '../../projections/scan-condensing.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { Outgrown } from '../../projections/scan-walk.ts';
import { Problem } from '../problem.ts';
import type { ApiDeps } from './deps.ts';

/** A million take 0.15 s where they are many, twice that where they are few. */
export const condensedMax = 10_000_000;
/** 110 MB in memory at once. A month takes at most 11 KB for each different thing that is said: six thousand fit. */
export const condensingSizes = { atOnce: 2_000_000, bytesMax: 64 * 1024 * 1024 };

/** How far a question at some time may go. */
export const condensingAt = (deps: Pick<ApiDeps, 'recent' | 'keepCondensed' | 'onError'>, at: number): Condensing => ({
  ...condensingSizes,
  // What is on its way is there within seconds; what comes later is condensed anew.
  until: quarterOf(at) - 1,
  left: condensedMax,
  recent: deps.recent,
  // What can't be kept is condensed again the next time, and is no reason not to answer.
  keep: row => deps.keepCondensed(row).catch(error => deps.onError(error, 'condensing')),
});

/** Sums up, or says that not all is condensed yet. */
export async function summedUp({ sql }: Pick<ApiDeps, 'sql'>, questions: readonly Asked[]): Promise<Found> {
  try {
    return await sumUp(sql, ...questions);
  } catch (error) {
    if (!(error instanceof Unfinished || error instanceof Outgrown)) throw error;
    const detail =
      error instanceof Unfinished
        ? 'The scans of this range are being made ready for filters, which takes more than one call. Ask again: each ' +
          'call goes on where the one before has ended.'
        : 'Very many scans of this range are coming in. Ask again.';
    throw new Problem('unavailable', detail, { headers: { 'retry-after': '1' } });
  }
}
