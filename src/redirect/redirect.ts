/**
 * What happens when a code is scanned: look the slug up in memory, work out what little is kept of who asks, put the
 * scan on record, and only then send the phone on its way or show what the code holds. No query parameter can change
 * the target. A file under the slug belongs to a page that was counted when it was shown, so it is no scan.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { describeAgent } from './agent.ts';
import { contentFile, contentPage } from './content-page.ts';
import { locationOf } from './location.ts';
import { page } from './pages.ts';
import type { Sighting } from './recorder.ts';
import { type SightDeps, sight } from './sighting.ts';

export interface RedirectDeps extends SightDeps {
  readonly entries: { get(key: string): Redirect | undefined };
  /** Whether what has no entry is nowhere; else nobody can say at the moment. */
  readonly isComplete: () => boolean;
  readonly recorder: { record(sighting: Sighting): Promise<void> };
  readonly onError: (error: unknown, name: string) => void;
}

/** `file` is the name behind the slug, as in `/<slug>/contact.vcf`. */
export type RedirectHandler = (request: Request, slug: string, peer: string | null, file?: string) => Promise<Response>;

/**
 * Answers `GET /:slug`: 302 with `Location`, or 200 with a page for what is no web address; 404 unknown, 410 deleted,
 * 503 when the scan can't be kept, or when it is not sure that there is no such code. HEAD answers the same without a body.
 */
export function redirectHandler(deps: RedirectDeps): RedirectHandler {
  return async (request, slug, peer, file) => {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return page(405, { allow: 'GET, HEAD' });
    const entry = deps.entries.get(slug.toLowerCase());
    if (!entry) return deps.isComplete() ? page(404) : unsure();
    if (entry.deleted) return page(410);
    if (file !== undefined) return fileOf(entry, file) ?? page(404);
    const agent = describeAgent(request.headers.get('user-agent'));
    const answer = answerOf(entry, agent.os);
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
const unsure = (): Response => page(503, { 'retry-after': '2' });

function answerOf({ slug, destination, held }: Redirect, os: string | null): Response {
  if (held) return contentPage(held.type, held.content as ContentOf<ContentType>, { slug, os });
  return new Response(null, {
    status: 302,
    headers: { location: locationOf(destination!), 'cache-control': 'private, no-store' },
  });
}

/** A second download is known as the same thing by the code's id, also after it was rewritten. */
const fileOf = ({ qr, held }: Redirect, name: string): Response | null =>
  held ? contentFile(held.type, held.content as ContentOf<ContentType>, name, { uid: qr }) : null;
