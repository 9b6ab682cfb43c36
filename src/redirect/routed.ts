/**
 * A scan of a code that has more than a destination: rules, a plan, a window, a limit, a password, a pause. Where it is
 * led is decided by `route`, from what a scan keeps of a visitor anyway; here the answer is made of that. Who is led
 * nowhere, or asked for a password, has not scanned the code yet.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import type { Routing } from '../../events/routing.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { withParameters } from '../routing/parameters.ts';
import { type Closure, route, type Way } from '../routing/route.ts';
import type { Visit } from '../routing/visit.ts';
import { networkOf } from './address.ts';
import { type Agent, describeAgent } from './agent.ts';
import { appPage, contentPage } from './content-page.ts';
import type { Site } from './directory.ts';
import { leadTo, locationOf } from './location.ts';
import { lockPage, passwordFrom } from './lock-page.ts';
import { type PageName, page } from './pages.ts';
import { isPass, passFor } from './pass.ts';
import type { Passwords } from './passwords.ts';
import type { Sighting } from './recorder.ts';
import type { ScanLimits } from './scan-limits.ts';
import { type SightDeps, sight } from './sighting.ts';
import { sitePage } from './site-pages.ts';
import { visitorShare } from './visitor.ts';

export interface RoutedDeps extends SightDeps {
  readonly recorder: { record(sighting: Sighting): Promise<number | undefined> };
  readonly passwords: Passwords;
  readonly limits: Pick<ScanLimits, 'ready' | 'isFull' | 'take'>;
  /** Why a destination that was let in once leads nowhere today; undefined for nearly all. */
  readonly objection: (org: string, destination: string) => 'blocked' | 'circle' | undefined;
  readonly onError: (error: unknown, name: string) => void;
}

/** A request for a code, as it came. */
export interface Asked {
  readonly request: Request;
  readonly peer: string | null;
  readonly entry: Redirect;
  readonly routing: Routing;
  /** The domain whose slug it is, if it has one. */
  readonly site: Site | undefined;
}

const closures: { readonly [C in Closure]: PageName } = {
  not_started: 'unknown',
  expired: 'expired',
  full: 'full',
  paused: 'paused',
};

/** The answer to a scan; undefined when it could not be put on record. */
export async function routed(deps: RoutedDeps, asked: Asked): Promise<Response | undefined> {
  const { request, peer, entry, routing } = asked;
  if (routing.maxScans !== undefined) await deps.limits.ready(entry.qr);
  const agent = describeAgent(request.headers.get('user-agent'));
  const sighting = sight(deps, request, peer, agent, { entry, rule: null });
  const visit = visitOf(deps, asked, sighting);
  let way = route(routing, visit);
  if (request.method === 'POST') {
    if (way.to !== 'locked') return page('read_only', { allow: 'GET, HEAD' });
    const verdict = await tried(deps, asked);
    if (verdict !== 'right') return lockPage(verdict);
    way = route(routing, { ...visit, isUnlocked: true });
  }
  if (way.to === 'locked') return lockPage('asked');
  if (way.to === 'closed') return sitePage(asked.site, closures[way.why]);
  const destination = way.to === 'destination' ? way.destination : entry.destination;
  const objection = destination === null ? undefined : deps.objection(entry.org, destination);
  if (objection) return objected(objection, asked.site);
  const answer = answerTo(deps, asked, way, agent);
  sighting.data.rule = way.rule;
  return (await recorded(deps, asked, sighting)) ? answer : undefined;
}

/** What is shown instead of a destination that is not led to any more. */
export const objected = (why: 'blocked' | 'circle', site: Site | undefined): Response =>
  sitePage(site, why === 'blocked' ? 'gone' : 'circle');

/** Whether the files under the slug may be given: to whoever would be shown what they belong to. */
export async function showsFiles(deps: RoutedDeps, asked: Asked): Promise<boolean> {
  const { request, peer, entry, routing } = asked;
  const agent = describeAgent(request.headers.get('user-agent'));
  const visit = visitOf(deps, asked, sight(deps, request, peer, agent, { entry, rule: null }));
  const isUnlocked = isPass(deps.visitorKey, entry.qr, visit.query().get('pass'), deps.now());
  // Who was the last to be let in may take the file too.
  return route(routing, { ...visit, isUnlocked, isFull: () => false }).to === 'own';
}

/** What is known of a visitor, out of what is kept of it. */
function visitOf(deps: RoutedDeps, { request, peer, entry, routing }: Asked, { at, data }: Sighting): Visit {
  const { country, device, os, browser, language } = data;
  return {
    ...{ at, country, device, os, browser, language },
    query: () => queryOf(request.url),
    draw: word => {
      const { headers } = request;
      const address = deps.clientAddress(peer, headers.get('x-forwarded-for'));
      return visitorShare(deps.visitorKey, address, headers.get('user-agent'), `${entry.qr} ${word}`);
    },
    isFull: () => deps.limits.isFull(entry.qr, routing.maxScans!),
    isUnlocked: false,
  };
}

/** Without building a URL: there may be no host in it. */
function queryOf(url: string): URLSearchParams {
  const [address] = url.split('#', 1);
  const mark = address!.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : address!.slice(mark + 1));
}

async function tried(deps: RoutedDeps, { request, peer, entry, routing }: Asked) {
  const password = await passwordFrom(request);
  if (password === undefined) return 'wrong';
  const who = networkOf(deps.clientAddress(peer, request.headers.get('x-forwarded-for')));
  return deps.passwords.check(routing.lock!, password, entry.qr, who, deps.now());
}

type Open = Extract<Way, { readonly to: 'own' | 'destination' | 'app' }>;

function answerTo(deps: RoutedDeps, { request, entry, routing }: Asked, way: Open, { os }: Agent): Response {
  const { parameters } = routing;
  const away = (destination: string): string =>
    locationOf(parameters ? withParameters(destination, parameters, queryOf(request.url)) : destination);
  if (way.to === 'app') return appPage(way.link, away(entry.destination!));
  if (way.to === 'own' && entry.held) {
    const { type, content } = entry.held;
    const pass = routing.lock === undefined ? undefined : passFor(deps.visitorKey, entry.qr, deps.now());
    return contentPage(type, content as ContentOf<ContentType>, { slug: entry.slug, os, pass });
  }
  const location = away(way.to === 'own' ? entry.destination! : way.destination);
  // After a form, so that the browser asks for it and does not send the form there.
  return leadTo(location, request.method === 'POST' ? 303 : 302);
}

async function recorded(deps: RoutedDeps, { entry, routing }: Asked, sighting: Sighting): Promise<boolean> {
  const isLimited = routing.maxScans !== undefined && sighting.data.kind === 'scan';
  const taken = isLimited ? deps.limits.take(entry.qr) : undefined;
  try {
    const position = await deps.recorder.record(sighting);
    taken?.answered(position);
    return true;
  } catch (error) {
    taken?.failed();
    deps.onError(error, 'scan recorder');
    return false;
  }
}
