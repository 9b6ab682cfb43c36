/**
 * What is wrong with the conditions of a rule, beyond their shapes: countries and time zones that there are none of,
 * spans of time that hold nothing. A rule that can never match is a mistake that would show only in the street.
 */
import type { When } from '../../events/routing.ts';
import type { Fault } from '../problem.ts';

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** Codes that ISO 3166-1 assigns to no country although they have a name: groups, reserved ones such as UK, former ones. */
const noCountries: ReadonlySet<string> = new Set(
  'AC AN BU CP CQ CS DD DG DY EA EU EZ FX HV IC NH QO RH SU TA TP UK UN VD XA XB YD YU ZR ZZ'.split(' '),
);

/** Whether ISO 3166-1 has such a code, or country tables do for what it leaves out (XK). */
const isCountry = (code: string): boolean =>
  /^[A-Z]{2}$/.test(code) && !noCountries.has(code) && regions.of(code) !== undefined;

/** To ask the runtime takes some 30 us, and ten thousand codes may have fifty rules each. Letter case makes many of one name. */
const knownZones = new Set<string>();
const zonesMax = 2_000;

function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets are taken by some runtimes only.
    if (!/^[A-Za-z]/.test(name)) return false;
    if (knownZones.size < zonesMax) knownZones.add(name);
    return true;
  } catch {
    return false;
  }
}

/** Everything that is wrong with the conditions at a place. */
export function whenFaults(when: When, at: string): Fault[] {
  const faults: Fault[] = [];
  const fault = (name: string, code: string, detail: string) => faults.push({ pointer: `${at}/${name}`, code, detail });
  for (const [i, code] of (when.countries ?? []).entries()) {
    if (!isCountry(code)) fault(`countries/${i}`, 'unknown', `"${code}" is no country of ISO 3166-1 alpha-2.`);
  }
  const { from, until, weekdays, hours, timeZone, query } = when;
  if (from !== undefined && until !== undefined && from >= until) {
    fault('until', 'too_small', 'The span ends before it begins.');
  }
  if (hours && hours.from === hours.until) {
    fault('hours', 'not_allowed', 'From and until are the same minute; leave hours out for the whole day.');
  }
  if (timeZone !== undefined) {
    if (!isTimeZone(timeZone)) {
      fault('timeZone', 'unknown', `"${timeZone}" is no time zone such as Europe/Berlin.`);
    } else if (!weekdays && !hours) {
      fault('timeZone', 'not_allowed', 'A time zone says how weekdays and hours are meant; there are neither.');
    }
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (/[\p{Cc}\p{Cs}]/u.test(name + (value ?? ''))) fault('query', 'format', 'Text without control characters.');
  }
  return faults;
}
