/**
 * What happens when a code is scanned: look the slug up in memory, work out what little is kept of who asks, put the
 * scan on record, and only then send the phone on its way or show what the code holds. Parameters change the target
 * only where the code's owner has said so, and never its host. A file under the slug belongs to a page that was counted
 * when it was shown, so it is no scan.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { isHidden } from '../routing/route.ts';
import { NO_ADDRESS, networkOf } from './address.ts';
import { type Agent, describeAgent } from './agent.ts';
import type { Budget } from './budget.ts';
import { contentFile, contentPage } from './content-page.ts';
import type { Site } from './directory.ts';
import { objected } from './ending.ts';
import { leadTo, locationOf } from './location.ts';
import { page } from './pages.ts';
import { type RoutedDeps, routed, showsFiles } from './routed.ts';
import { sight } from './sighting.ts';
import { sitePage } from './site-pages.ts';

export interface RedirectDeps extends RoutedDeps {
  readonly entries: { get(key: string): Redirect | undefined };
  /** Whether what has no entry is nowhere; else nobody can say at the moment. */
  readonly isComplete: () => boolean;
  /** How often codes may be asked for that there are none of, by network. */
  readonly misses: Budget;
  /** Whether an address is one of our proxies' own: whom it stands for is not known then. */
  readonly isProxy: (address: string) => boolean;
}

/** `file` is the name behind the slug, as in `/<slug>/contact.vcf`; `site` the domain whose slug it is, if it has one. */
export type RedirectHandler = (
  request: Request,
  slug: string,
  peer: string | null,
  file?: string,
  site?: Site,
) => Promise<Response>;

/** Slugs have 64 characters, and what is handed on from a query 1,024. */
const urlLengthMax = 4_096;

/**
 * Answers `GET /:slug`: 302 with `Location`, or 200 with a page for what is no web address; 404 unknown, 410 deleted or
 * expired, 429 for who tries too many that are unknown, 503 when the scan can't be kept, or when it is not sure that
 * there is no such code. HEAD answers the same without a body; POST is for passwords.
 */
export function redirectHandler(deps: RedirectDeps): RedirectHandler {
  return async (request, slug, peer, file, site) => {
    const { method } = request;
    if (request.url.length > urlLengthMax) return page('too_long');
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return page('read_only', { allow: 'GET, HEAD' });
    if (!deps.misses.isUntouched && !mayMiss(deps, request, peer)) return tooMany();
    const name = slug.toLowerCase();
    const entry = deps.entries.get(site ? `${site.id}/${name}` : name);
    if (entry?.deleted) return sitePage(site, 'gone');
    if (!entry) return missed(deps, request, peer, site);
    // What it leads to was lost, which an auditor is told of: nobody is led to an address that is none.
    if (!entry.destination && !entry.held) return nowhere(deps, site);
    const { routing } = entry;
    // Before anything that only codes have, so that neither a method nor a wait tells it from none. It is no guess: it may
    // be printed, and a crowd behind one address must not be shut out of other codes by scanning it.
    if (routing && isHidden(routing, deps.now())) return nowhere(deps, site);
    if (method === 'POST' && (file !== undefined || routing?.lock === undefined)) {
      return page('read_only', { allow: 'GET, HEAD' });
    }
    if (file !== undefined) {
      const isShown = routing === undefined || (await showsFiles(deps, { request, peer, entry, routing, site }));
      return (isShown && fileOf(entry, file)) || sitePage(site, 'unknown');
    }
    if (routing) return (await routed(deps, { request, peer, entry, routing, site })) ?? unsure();
    const agent = describeAgent(request.headers.get('user-agent'));
    const answer = answerOf(entry, agent);
    const destination = entry.destination ?? answer.headers.get('location');
    const objection = destination === null ? undefined : deps.objection(entry.org, destination);
    if (objection) return objected(objection, site);
    try {
      await deps.recorder.record(sight(deps, request, peer, agent, { entry, rule: null }));
    } catch (error) {
      deps.onError(error, 'scan recorder');
      return unsure();
    }
    return answer;
  };
}

/** Nobody can say at the moment; the database restarts within seconds, as a rule. */
const unsure = (): Response => page('unsure', { 'retry-after': '2' });

/** The same for codes that there are and that there are none of: the answer is not to tell one from the other. */
const tooMany = (): Response => page('too_many', { 'retry-after': '60' });

/** There is none, if that is sure at the moment. */
const nowhere = ({ isComplete }: RedirectDeps, site: Site | undefined): Response =>
  isComplete() ? sitePage(site, 'unknown') : unsure();

function missed(deps: RedirectDeps, request: Request, peer: string | null, site: Site | undefined): Response {
  const who = deps.isComplete() ? whoIs(deps, request, peer) : undefined;
  return who === undefined || deps.misses.take(who, deps.now()) ? nowhere(deps, site) : tooMany();
}

function mayMiss(deps: RedirectDeps, request: Request, peer: string | null): boolean {
  const who = whoIs(deps, request, peer);
  return who === undefined || deps.misses.has(who, deps.now());
}

/** Where a request comes from; undefined where that is not known, and many may be behind it. */
function whoIs(
  { clientAddress, isProxy }: RedirectDeps,
  { headers }: Request,
  peer: string | null,
): string | undefined {
  const address = clientAddress(peer, headers.get('x-forwarded-for'));
  return address === NO_ADDRESS || isProxy(address) ? undefined : networkOf(address);
}

function answerOf({ slug, destination, held }: Redirect, { os }: Agent): Response {
  if (held) return contentPage(held.type, held.content as ContentOf<ContentType>, { slug, os });
  return leadTo(locationOf(destination!));
}

/** A second download is known as the same thing by the code's id, also after it was rewritten. */
const fileOf = ({ qr, held }: Redirect, name: string): Response | null =>
  held ? contentFile(held.type, held.content as ContentOf<ContentType>, name, { uid: qr }) : null;
