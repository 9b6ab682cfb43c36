/**
 * An entry for the calendar as iCalendar (RFC 5545). Times are written in UTC, which needs no table of time zones and
 * means the same moment everywhere; days are written as days, which begin at midnight wherever one is. It knows no
 * clock: the stamp that the standard asks for is the beginning of the event unless a caller knows better.
 */
import { createHash } from 'node:crypto';
import type { ContentOf } from '../../events/content.ts';
import { escaped, lines } from './lines.ts';

export interface CalendarOptions {
  /** What the entry is known by: with the same one, a second download replaces the first. Made from the content if absent. */
  readonly uid?: string;
  /** When it was last changed, in milliseconds since 1970. */
  readonly changedAt?: number;
}

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const timePattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** A day or a moment, or null if the text is neither (RFC 3339; iCalendar has years of four digits). */
export function momentOf(text: string): Temporal.PlainDate | Temporal.Instant | null {
  try {
    if (dayPattern.test(text)) return Temporal.PlainDate.from(text, { overflow: 'reject' });
    if (!timePattern.test(text)) return null;
    const moment = Temporal.Instant.from(text);
    return /^\d{4}-/.test(moment.toString()) ? moment : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function calendar(content: ContentOf<'event'>, { uid, changedAt }: CalendarOptions = {}): string {
  const { title, start, end, location, description } = content;
  const stamp = changedAt === undefined ? momentOf(start) : Temporal.Instant.fromEpochMilliseconds(changedAt);
  return lines([
    ['BEGIN', 'VCALENDAR'],
    ['VERSION', '2.0'],
    ['PRODID', '-//QR//Event//EN'],
    ['BEGIN', 'VEVENT'],
    ['UID', escaped(uid ?? digest(JSON.stringify([title, start, end, location, description])))],
    ['DTSTAMP', stamp instanceof Temporal.PlainDate ? `${basic(stamp)}T000000Z` : basic(stamp!)],
    ...edge('DTSTART', momentOf(start)!, 0),
    // The standard names the first day that is no longer part of it.
    ...edge('DTEND', momentOf(end)!, 1),
    ['SUMMARY', escaped(title)],
    ['LOCATION', location === undefined ? undefined : escaped(location)],
    ['DESCRIPTION', description === undefined ? undefined : escaped(description)],
    ['END', 'VEVENT'],
    ['END', 'VCALENDAR'],
  ]);
}

function edge(name: string, moment: Temporal.PlainDate | Temporal.Instant, days: number): [[string, string]] {
  if (moment instanceof Temporal.Instant) return [[name, basic(moment)]];
  return [[`${name};VALUE=DATE`, basic(moment.add({ days }))]];
}

/** `20270501` or `20270501T180000Z`; parts of a second are cut off. */
function basic(moment: Temporal.PlainDate | Temporal.Instant): string {
  if (moment instanceof Temporal.PlainDate) return moment.toString().replaceAll('-', '');
  return moment.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '');
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
