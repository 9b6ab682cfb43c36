/**
 * Traffic with a known truth: people who come once and again, several behind one address, bots, previews of messengers
 * and HEAD requests, on the days when calendars are hardest: where clocks change, a leap day, the end of a year. Each
 * visit goes through the same capture as a request does; what must come out is written down beside it, by other means.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ScanKind } from '../../events/scan.ts';
import { describeAgent } from '../../src/redirect/agent.ts';
import { sight } from '../../src/redirect/sighting.ts';
import { eventOf } from './read-models.ts';

/** A visit as it was meant. */
export interface Visit {
  readonly at: number;
  readonly kind: ScanKind;
  readonly address: string;
  readonly agent: string;
  readonly device: 'mobile' | 'desktop' | 'tablet';
  readonly country: string;
  readonly language: string;
  readonly source: string | null;
}

const browsers = [
  [
    'mobile',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  ],
  [
    'mobile',
    'Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  ],
  [
    'desktop',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  [
    'tablet',
    'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1',
  ],
] as const;
const bots = [
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
  'WhatsApp/2.23.20.0 A',
  'curl/8.5.0',
  'QRReader/3.1 CFNetwork/1410.0.3 Darwin/22.6.0',
];

/** Days on which something about the calendar is out of the ordinary, in UTC. */
const days = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-10-25',
  '2026-11-01',
  '2026-12-31',
  '2027-01-01',
  '2028-02-28',
  '2028-02-29',
  '2028-03-01',
];
const dayMs = 86_400_000;
const countries = ['DE', 'FR', 'US', 'IN'];
const languages = ['de', 'fr', 'en', 'hi'];
const sources = [null, 'poster', 'mail'];
const visitorKey = new Uint8Array(32).fill(11);

/** Numbers below a limit, the same for a seed. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Visits by so many people, of whom a third come again, and what else asks for a code. */
export function visitsOf(people: number, seed: number): Visit[] {
  const roll = dice(seed);
  const visits: Visit[] = [];
  const when = (): number => Date.parse(days[roll(days.length)]!) + roll(dayMs);
  for (let person = 0; person < people; person++) {
    // Every fourth shares an address with the one before: an office, or a provider that saves on them.
    const number = person % 4 === 3 ? person - 1 : person;
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const [device, agent] = browsers[(person + (person % 4 === 3 ? 1 : 0)) % browsers.length]!;
    const place = person % countries.length;
    const one = { address, agent, device, country: countries[place]!, language: languages[place]! };
    for (let visit = person % 3 === 0 ? 1 + roll(3) : 1; visit > 0; visit--) {
      visits.push({ ...one, at: when(), kind: 'scan', source: sources[roll(sources.length)]! });
    }
    const rest = { ...one, at: when(), source: null };
    if (person % 9 === 0) visits.push({ ...rest, kind: 'bot', agent: bots[roll(bots.length)]! });
    if (person % 13 === 0) visits.push({ ...rest, kind: 'head' });
    if (person % 17 === 0) visits.push({ ...rest, kind: 'prefetch' });
  }
  return visits.sort((a, b) => a.at - b.at);
}

/** The visits as the redirect captures them. */
export function recorded(visits: readonly Visit[], qr: string): AnyEvent[] {
  return visits.map(({ at, kind, address, agent, country, language, source }, i) => {
    const query = source === null ? '' : `?utm_source=${source}`;
    const request = new Request(`http://localhost/menu${query}`, {
      method: kind === 'head' ? 'HEAD' : 'GET',
      headers: {
        ...{ 'user-agent': agent, 'accept-language': `${language}-XX,${language};q=0.9` },
        ...(kind === 'prefetch' && { 'sec-purpose': 'prefetch' }),
      },
    });
    const deps = {
      countries: { locate: () => ({ country }), source: '' },
      clientAddress: () => address,
      visitorKey,
      now: () => at,
    };
    const served = { entry: { qr, org: 'org_1', version: 1 }, rule: null };
    const { data } = sight(deps, request, null, describeAgent(agent), served);
    return eventOf('scan.recorded', 'scans', data, { at, position: i + 1 });
  });
}

/** How many of each value, most first, then by name. */
export function tally(values: readonly string[]): { value: string; scans: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, scans]) => ({ value, scans }))
    .sort((a, b) => b.scans - a.scans || (a.value < b.value ? -1 : 1));
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Day, hour and weekday that a clock and a calendar at a place show. */
export function shownAt(ms: number, tz: string): { day: string; hour: number; weekday: number } {
  let format = formats.get(tz);
  if (!format) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', weekday: 'short' } as const;
    format = new Intl.DateTimeFormat('en-GB', { timeZone: tz, hourCycle: 'h23', ...parts });
    formats.set(tz, format);
  }
  const shown = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    day: `${shown['year']}-${shown['month']}-${shown['day']}`,
    hour: Number(shown['hour']),
    weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(shown['weekday']!),
  };
}
