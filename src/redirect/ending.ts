/**
 * What a visitor is answered whose way is decided: the address that it leads to, what the code holds, or a page that says
 * why it leads nowhere. Scans end here, and so do visits that somebody made up to see where a code leads: what is told
 * of those is read off the answer itself.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import type { Routing } from '../../events/routing.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { withParameters } from '../routing/parameters.ts';
import type { Closure, Way } from '../routing/route.ts';
import { appPage, contentPage } from './content-page.ts';
import type { Site } from './directory.ts';
import { leadTo, locationOf } from './location.ts';
import { lockPage } from './lock-page.ts';
import type { PageName } from './pages.ts';
import { sitePage } from './site-pages.ts';

/** Why a destination that was let in once leads nowhere today; undefined for nearly all. */
export type Objecting = (org: string, destination: string) => 'blocked' | 'circle' | undefined;

/** The visitor and the code, as far as they change the answer. */
export interface Ended {
  readonly entry: Pick<Redirect, 'org' | 'slug' | 'destination' | 'held'>;
  readonly routing: Routing;
  /** The domain whose slug it is, if it has one. */
  readonly site: Site | undefined;
  readonly query: () => URLSearchParams;
  readonly os: string | null;
  /** Whether the password was sent with a form. */
  readonly isForm: boolean;
  /** Opens the files under the slug, where a password is asked for. */
  readonly pass?: () => string;
}

export interface Ending {
  readonly answer: Response;
  /** Why it leads nowhere, if it doesn't. */
  readonly closed?: Closure | 'blocked' | 'circle';
}

const closures: { readonly [C in Closure]: PageName } = {
  not_started: 'unknown',
  expired: 'expired',
  full: 'full',
  paused: 'unknown',
};

/** How a visit ends that is led this way. */
export function ending(objection: Objecting, way: Way, ended: Ended): Ending {
  const { entry, site } = ended;
  if (way.to === 'locked') return { answer: lockPage('asked') };
  if (way.to === 'closed') return { answer: sitePage(site, closures[way.why]), closed: way.why };
  const answer = answerTo(way, ended);
  const destination =
    way.to === 'destination' ? way.destination : (entry.destination ?? answer.headers.get('location'));
  const closed = destination === null ? undefined : objection(entry.org, destination);
  return closed ? { answer: objected(closed, site), closed } : { answer };
}

/** What is shown instead of a destination that is not led to any more. */
export const objected = (why: 'blocked' | 'circle', site: Site | undefined): Response =>
  sitePage(site, why === 'blocked' ? 'gone' : 'circle');

type Open = Extract<Way, { readonly to: 'own' | 'destination' | 'app' }>;

function answerTo(way: Open, { entry, routing, query, os, isForm, pass }: Ended): Response {
  const { parameters } = routing;
  const away = (destination: string): string =>
    locationOf(parameters ? withParameters(destination, parameters, query()) : destination);
  if (way.to === 'app') return appPage(way.link, away(entry.destination!));
  if (way.to === 'own' && entry.held) {
    const { type, content } = entry.held;
    return contentPage(type, content as ContentOf<ContentType>, { slug: entry.slug, os, pass: pass?.() });
  }
  const location = away(way.to === 'own' ? entry.destination! : way.destination);
  // After a form, so that the browser asks for it and does not send the form there.
  return leadTo(location, isForm ? 303 : 302);
}
