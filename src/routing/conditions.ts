/**
 * What a rule can ask of a visit. Each condition tells whether it holds and, for whoever wants to know why a visitor was
 * led somewhere, what it saw. Times of the week are read by the clock of the rule's time zone; a span over midnight
 * belongs to the day on which it begins.
 */
import type { Weekday, When } from '../../events/routing.ts';
import type { Visit } from './visit.ts';

interface Condition {
  /** Whether a rule asks for it at all. */
  readonly asked: (when: When) => boolean;
  readonly holds: (when: When, visit: Visit) => boolean;
  /** What the visit has, in words. */
  readonly saw: (visit: Visit, when: When) => string;
}

/** One of a list, if there is one. */
const listed = <T extends string>(
  name: 'countries' | 'devices' | 'systems' | 'browsers' | 'languages',
  word: string,
  of: (visit: Visit) => T | null,
): Condition => ({
  asked: when => when[name] !== undefined,
  holds: (when, visit) => {
    const value = of(visit);
    return value !== null && (when[name] as readonly string[]).includes(value);
  },
  saw: visit => `the ${word} is ${of(visit) ?? 'not known'}`,
});

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

interface Clock {
  /** Minutes since midnight. */
  readonly minute: number;
  readonly day: Weekday;
}

function clockOf({ at }: Visit, timeZone: string | undefined): Clock {
  const { hour, minute, dayOfWeek } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone ?? 'UTC');
  return { minute: hour * 60 + minute, day: weekdays[dayOfWeek - 1]! };
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function isWithinHours({ minute }: Clock, { from, until }: NonNullable<When['hours']>): boolean {
  const [start, end] = [minuteOf(from), minuteOf(until)];
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** The day that counts: after midnight, in a span that began before it, the day before. */
function dayOf(clock: Clock, hours: When['hours']): Weekday {
  const isTail = hours && minuteOf(hours.from) >= minuteOf(hours.until) && clock.minute < minuteOf(hours.until);
  return isTail ? weekdays[(weekdays.indexOf(clock.day) + 6) % 7]! : clock.day;
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');

function clockWords(visit: Visit, { timeZone }: When): string {
  const { minute, day } = clockOf(visit, timeZone);
  return `it is ${day} ${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)} in ${timeZone ?? 'UTC'}`;
}

/** In the order in which they are told. */
export const conditions = {
  countries: listed('countries', 'country', visit => visit.country),
  devices: listed('devices', 'device', visit => visit.device),
  systems: listed('systems', 'system', visit => visit.os),
  browsers: listed('browsers', 'browser', visit => visit.browser),
  languages: listed('languages', 'language', visit => visit.language),
  from: {
    asked: ({ from }) => from !== undefined,
    holds: ({ from }, { at }) => at >= from!,
    saw: ({ at }) => `it is ${Temporal.Instant.fromEpochMilliseconds(at)}`,
  },
  until: {
    asked: ({ until }) => until !== undefined,
    holds: ({ until }, { at }) => at < until!,
    saw: ({ at }) => `it is ${Temporal.Instant.fromEpochMilliseconds(at)}`,
  },
  weekdays: {
    asked: when => when.weekdays !== undefined,
    holds: ({ weekdays, hours, timeZone }, visit) => weekdays!.includes(dayOf(clockOf(visit, timeZone), hours)),
    saw: clockWords,
  },
  hours: {
    asked: ({ hours }) => hours !== undefined,
    holds: ({ hours, timeZone }, visit) => isWithinHours(clockOf(visit, timeZone), hours!),
    saw: clockWords,
  },
  query: {
    asked: ({ query }) => query !== undefined,
    holds: ({ query }, visit) =>
      Object.entries(query!).every(([name, wanted]) => {
        const given = visit.query().get(name);
        return given !== null && (wanted === null || given === wanted);
      }),
    saw: (visit, { query }) =>
      Object.keys(query!)
        .map(name => {
          const given = visit.query().get(name);
          return given === null ? `there is no ${name}` : `${name} is ${JSON.stringify(given.slice(0, 64))}`;
        })
        .join(', '),
  },
} as const satisfies Record<string, Condition>;

const all: readonly Condition[] = Object.values(conditions);

/** Whether everything that is asked for holds; nothing asked for holds always. */
export const holds = (when: When, visit: Visit): boolean =>
  all.every(condition => !condition.asked(when) || condition.holds(when, visit));

/** The first condition that does not hold, and what it saw; undefined when all hold. */
export function obstacle(when: When, visit: Visit): string | undefined {
  for (const [name, condition] of Object.entries(conditions) as [string, Condition][]) {
    if (condition.asked(when) && !condition.holds(when, visit)) return `${name}: ${condition.saw(visit, when)}`;
  }
  return undefined;
}
