/**
 * A scan of a code that has more than a destination: rules, a plan, a window, a limit, a password, a pause. Where it is
 * led is decided by `route`, from what a scan keeps of a visitor anyway; here the answer is made of that. Who is led
 * nowhere, or asked for a password, has not scanned the code yet.
 */
import type { Routing } from '../../events/routing.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { route } from '../routing/route.ts';
import type { Visit } from '../routing/visit.ts';
import { networkOf } from './address.ts';
import { describeAgent } from './agent.ts';
import type { Site } from './directory.ts';
import { ending, type Objecting } from './ending.ts';
import { lockPage, passwordFrom } from './lock-page.ts';
import { isPass, passFor } from './pass.ts';
import type { Passwords } from './passwords.ts';
import type { Sighting } from './recorder.ts';
import type { ScanLimits } from './scan-limits.ts';
import { type SightDeps, sight } from './sighting.ts';
import { visitorShare } from './visitor.ts';

export interface RoutedDeps extends SightDeps {
  readonly recorder: { record(sighting: Sighting): Promise<number | undefined> };
  readonly passwords: Passwords;
  readonly limits: Pick<ScanLimits, 'ready' | 'isFull' | 'take'>;
  readonly objection: Objecting;
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

/** The answer to a scan; undefined when it could not be put on record. */
export async function routed(deps: RoutedDeps, asked: Asked): Promise<Response | undefined> {
  const { request, peer, entry, routing } = asked;
  if (routing.maxScans !== undefined) await deps.limits.ready(entry.qr);
  const agent = describeAgent(request.headers.get('user-agent'));
  const sighting = sight(deps, request, peer, agent, { entry, rule: null });
  const visit = visitOf(deps, asked, sighting);
  let way = route(routing, visit);
  // Who was still typing when the code closed, or was paused, is answered like whoever comes now.
  if (request.method === 'POST' && way.to === 'locked') {
    const verdict = await tried(deps, asked);
    if (verdict !== 'right') return lockPage(verdict);
    way = route(routing, { ...visit, isUnlocked: true });
  }
  const { answer, closed } = ending(deps.objection, way, {
    ...asked,
    query: visit.query,
    os: agent.os,
    isForm: request.method === 'POST',
    ...(routing.lock !== undefined && { pass: () => passFor(deps.visitorKey, entry.qr, deps.now()) }),
  });
  if (closed !== undefined || !('rule' in way)) return answer;
  sighting.data.rule = way.rule;
  return (await recorded(deps, asked, sighting)) ? answer : undefined;
}

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
