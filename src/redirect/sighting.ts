/**
 * What is kept of a scan: which code was served how, and what little is known of who asked. It is worked out while the
 * request is at hand, for nothing else of it stays: no address, no user agent, no query but the three names of a
 * campaign. What comes from headers and query is short and checked, since it stays for ever.
 */
import type { Utm } from '../../events/scan.ts';
import type { Redirect } from '../../projections/redirects.ts';
import type { ClientAddress } from './address.ts';
import type { Agent } from './agent.ts';
import type { Countries } from './country.ts';
import { firstLanguage, referrerHost } from './headers.ts';
import { judge } from './judgement.ts';
import type { Novelties } from './novelties.ts';
import type { Sighting } from './recorder.ts';
import { agentNumber, visitorCoordinate } from './visitor.ts';

export interface SightDeps {
  readonly countries: Countries;
  readonly clientAddress: ClientAddress;
  /** Secret of the visitor hash; the same on all nodes and for ever, or visitors are counted anew. */
  readonly visitorKey: Uint8Array;
  readonly now: () => number;
  /** Bounds what strangers invent. */
  readonly novelties?: Novelties;
  /** Where user agents are noted by the number that a scan names them by. */
  readonly agents?: { note(number: number, agent: string | null, visitor: number): void };
}

/** What the visitor was given. */
export interface Served {
  readonly entry: Pick<Redirect, 'qr' | 'org' | 'version' | 'test'>;
  /** The targeting rule that chose the destination; null for the code's own. */
  readonly rule: string | null;
}

/** The scan as it goes on record. `agent` is the description of the request's user agent. */
export function sight(
  deps: SightDeps,
  request: Request,
  peer: string | null,
  agent: Agent,
  { entry, rule }: Served,
): Sighting {
  const { headers, url } = request;
  const userAgent = headers.get('user-agent');
  const address = deps.clientAddress(peer, headers.get('x-forwarded-for'));
  const { country, region, city } = deps.countries.locate(address);
  const { kind, rules, earlier } = judge(request, userAgent);
  const at = deps.now();
  const admitted = (name: string, text: string) => deps.novelties?.admit(entry.org, entry.qr, name, text, at) ?? text;
  const utm = url.includes('utm_') ? campaignOf(url, admitted) : undefined;
  const referrer = referrerHost(headers.get('referer'));
  const data: Sighting['data'] = {
    qr: entry.qr,
    qrVersion: entry.version,
    rule,
    kind,
    country,
    device: agent.device,
    os: agent.os,
    browser: agent.browser,
    referrer: referrer && admitted('referrer', referrer),
    language: firstLanguage(headers.get('accept-language')),
    agent: agentNumber(deps.visitorKey, userAgent),
    visitor: visitorCoordinate(deps.visitorKey, address, userAgent),
  };
  deps.agents?.note(data.agent, userAgent, data.visitor);
  if (region !== undefined) data.region = region;
  if (city !== undefined) data.city = city;
  if (utm) data.utm = utm;
  if (entry.test) data.test = true;
  if (rules !== undefined) data.rules = rules;
  if (earlier) data.earlier = earlier;
  return { at, org: entry.org, data };
}

const NAME_LENGTH_MAX = 64;

/**
 * Where the short URL says that it was published: `utm_source`, `utm_medium` and `utm_campaign`, each the first of its
 * name. What holds an `@` is not kept: it is somebody's address more often than a campaign.
 */
export function campaignOf(
  url: string,
  admitted: (name: string, text: string) => string = (_, text) => text,
): Utm | undefined {
  // A request of HTTP/1.0 names no host, and its URL is a path.
  const start = url.indexOf('?');
  if (start < 0) return undefined;
  const query = new URLSearchParams(url.slice(start));
  const utm: { -readonly [N in keyof Utm]: Utm[N] } = {};
  for (const name of ['source', 'medium', 'campaign'] as const) {
    const value = nameFrom(query.get(`utm_${name}`));
    if (value !== undefined) utm[name] = admitted(name, value);
  }
  return Object.keys(utm).length > 0 ? utm : undefined;
}

function nameFrom(text: string | null): string | undefined {
  if (text === null || text.includes('@')) return undefined;
  // Of a longer one only the start is read, and no half of a character is kept.
  const start = text.slice(0, 4 * NAME_LENGTH_MAX).replace(/[\p{Cc}\s]+/gu, ' ');
  return (
    start
      .trim()
      .slice(0, NAME_LENGTH_MAX)
      .replace(/[\uD800-\uDBFF]$/, '')
      .trim() || undefined
  );
}
