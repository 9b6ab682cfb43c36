/**
 * What is shown where no code is, on a domain of an organisation's own: a page of theirs elsewhere, words of theirs, or
 * ours, which name nobody. Whatever it is, the answer says to machines what happened, unless they asked to be led away.
 */
import type { Place } from '../../events/domain.ts';
import type { Site } from './directory.ts';
import { leadTo, locationOf } from './location.ts';
import { html, pageOf } from './markup.ts';
import { type PageName, page } from './pages.ts';

/** Which of the domain's own pages stands in for which of ours. */
const places: { readonly [N in PageName]?: 'unknown' | 'gone' } = {
  unknown: 'unknown',
  gone: 'gone',
  expired: 'gone',
  full: 'gone',
};

/** The page that says so, under a domain or, without one, under the instance's own address. */
export function sitePage(
  site: Site | undefined,
  name: PageName,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const ours = page(name, headers);
  const place = places[name];
  return (site && place && shown(site.pages[place], ours.status)) ?? ours;
}

/** What stands at the domain itself. */
export const rootPage = (site: Site): Response => shown(site.pages.root, 200) ?? sitePage(site, 'unknown');

function shown(place: Place, status: number): Response | undefined {
  if (place === null) return undefined;
  const { url, title, text = '' } = place;
  if (url !== undefined) return leadTo(locationOf(url));
  if (title === undefined) return undefined;
  return pageOf(title, html`<h1 dir="auto">${title}</h1><p class="lines" dir="auto">${text}</p>`, status);
}
