/**
 * Times and moments of the past as callers write them: RFC 3339, or a position in the ledger. A time that no calendar
 * has is refused instead of being taken for another one, and nothing can be asked as of the future.
 */
import type { Moment } from '../../projections/qr-rows.ts';
import { type Fault, invalid } from '../problem.ts';
import type { ApiDeps } from './deps.ts';

const dateTime =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds of an RFC 3339 time, rounded down; null when it is none. */
export function timeFrom(text: string): number | null {
  const [, year, month, day] = dateTime.exec(text) ?? [];
  if (year === undefined || !isDay(`${year}-${month}-${day}`)) return null;
  const at = Date.parse(text.toUpperCase().replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(at) ? null : at;
}

/** Milliseconds of a time, or of the beginning of a day in UTC. */
export const timeOrDayFrom = (text: string): number | null => (isDay(text) ? Date.parse(text) : timeFrom(text));

/** Whether it is a day of the calendar as YYYY-MM-DD; year 0 is none for Postgres. */
function isDay(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/**
 * The moment that `asOf` names. What is on record up to it is waited for in the read models that are named, so that the
 * answer is exact.
 *
 * @throws Problem `validation_failed` for what is no moment of the past
 */
export async function momentOf(
  deps: Pick<ApiDeps, 'head' | 'now' | 'reached'>,
  asOf: string | number,
  pointer: string,
  projections: readonly string[] = [],
): Promise<Moment> {
  const fault = (code: string, detail: string) => invalid([{ pointer, code, detail }]);
  const head = await deps.head();
  if (/^\d{1,15}$/.test(String(asOf))) {
    const position = Number(asOf);
    if (position > head) throw fault('too_large', `The ledger ends at position ${head}.`);
    await deps.reached(position, projections);
    return { position };
  }
  const at = timeFrom(String(asOf));
  if (at === null) throw fault('format', asOfFormat);
  if (at > deps.now()) throw fault('too_large', `"asOf" lies in the future.`);
  await deps.reached(head, projections);
  // Answers tell times in whole seconds: whoever asks as of `createdAt` means what was there when that second was over.
  return { at: String(asOf).includes('.') ? at : at + 999 };
}
const asOfFormat = '"asOf" is a time such as 2026-04-08T12:00:00Z (RFC 3339), or a position in the ledger.';

/** The milliseconds of these times, by their names; what is none is a fault. */
export function timesIn<N extends string>(
  query: { readonly [K in N]?: string | undefined },
  names: readonly N[],
): { times: { [K in N]?: number }; faults: Fault[] } {
  const times: { [K in N]?: number } = {};
  const faults: Fault[] = [];
  for (const name of names) {
    const text = query[name];
    if (text === undefined) continue;
    const at = timeOrDayFrom(text);
    if (at !== null) times[name] = at;
    else {
      const detail = `"${name}" is a time such as 2026-04-08T12:00:00Z (RFC 3339), or a day in UTC.`;
      faults.push({ pointer: `?${name}`, code: 'format', detail });
    }
  }
  return { times, faults };
}
