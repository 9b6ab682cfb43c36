/**
 * Which part of the program answers which address. The redirect comes first and costs least: everything one level
 * deep that is no reserved word is a slug, and under it are the files that a code can give.
 */
import { reservedSlugs } from '../deciders/slug.ts';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { Problem } from '../problem.ts';
import { fileNames } from '../redirect/content-page.ts';
import type { Directory, Site } from '../redirect/directory.ts';
import { page } from '../redirect/pages.ts';
import type { RedirectHandler } from '../redirect/redirect.ts';
import { rootPage, sitePage } from '../redirect/site-pages.ts';
import type { Handler } from '../runtime.ts';
import { type Answered, routes } from './app.ts';
import type { ApiDeps } from './deps.ts';
import { docs } from './docs.ts';
import { type Health, livez, type metricsOf, readyz } from './health.ts';
import { servedLogo } from './logos.ts';
import { type DescribedRoute, openApi } from './openapi.ts';
import { problemResponse, toProblem } from './problems.ts';

export interface RouterDeps {
  readonly api:
    | { readonly answer: (request: Request, peer: string | null) => Promise<Answered>; readonly deps: ApiDeps }
    | undefined;
  readonly redirect: RedirectHandler | undefined;
  /** Domains of organisations: nothing is served under them but codes and the pages around them. */
  readonly sites: Pick<Directory, 'site' | 'answersTo'>;
  readonly health: Health;
  readonly metrics: ReturnType<typeof metricsOf>;
  readonly log: Log;
}

/** The program's one request handler. It always answers: what goes wrong in it is logged and becomes a 500. */
export function router({ api, redirect, sites, health, metrics, log }: RouterDeps): Handler {
  const baseUrl = (): string => api?.deps.baseUrl() ?? '';
  let document: string | undefined;

  /** What is there besides codes and the API. */
  async function service(path: string, query: string, request: Request): Promise<Response | undefined> {
    if (path === '/livez') return livez();
    if (path === '/readyz') return readyz(health, new URLSearchParams(query).has('verbose'));
    if (path === '/metrics') return metrics.response();
    if (path === '/internal/tls-ask') return tlsAsk(sites, query);
    if (!api) return undefined;
    if (path === '/openapi.json') {
      document ??= JSON.stringify(openApi(routes(api.deps, undescribed).routes as readonly DescribedRoute[]));
      return new Response(document, { headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' } });
    }
    if (path.startsWith('/logos/')) return servedLogo(api.deps, request, path);
    return path.startsWith('/docs') ? docs(path) : undefined;
  }

  async function other(request: Request, path: string, requestId: string): Promise<Response> {
    const query = request.url.slice(request.url.indexOf('?') + 1);
    let response = (await service(path, query, request)) ?? page('unknown');
    if (response.ok && request.method !== 'GET' && request.method !== 'HEAD') {
      const allow = 'GET, HEAD';
      const problem = new Problem('method_not_allowed', `${path} takes ${allow}.`, { headers: { allow } });
      response = problemResponse(problem, requestId, baseUrl());
    }
    response.headers.set('x-request-id', requestId);
    return response;
  }

  /** Under a domain of an organisation's own. */
  async function onSite(request: Request, site: Site, path: string, peer: string | null): Promise<Response> {
    const started = performance.now();
    const [slug, file] = slugAndFile(path);
    const isCode = redirect && slug !== '' && !slug.includes('.');
    const response = isCode
      ? await redirect(request, decoded(slug), peer, file, site)
      : path === '/'
        ? rootPage(site)
        : sitePage(site, 'unknown');
    return observed(request, response, started);
  }

  /** Those that lead on have their id already; see `leadTo`. */
  function observed({ method }: Request, response: Response, started: number): Response {
    const { status } = response;
    if (status !== 302 && status !== 303) response.headers.set('x-request-id', newId('req'));
    metrics.observe('redirect', method, status, performance.now() - started);
    return response;
  }

  return async (request, peer) => {
    const started = performance.now();
    try {
      const path = pathOf(request.url);
      const [slug, file] = slugAndFile(path);
      const site = sites.site(hostnameOf(request.url));
      if (site) return await onSite(request, site, path, peer);
      if (redirect && slug !== '' && !reservedSlugs.has(slug) && !slug.includes('.')) {
        return observed(request, await redirect(request, decoded(slug), peer, file), started);
      }
      if (api && (path === '/v1' || path.startsWith('/v1/'))) {
        const { response, route, requestId } = await api.answer(withHost(request), peer);
        const elapsedMs = performance.now() - started;
        metrics.observe(route, request.method, response.status, elapsedMs);
        log.debug(
          { request: requestId, method: request.method, route, status: response.status, ms: elapsedMs },
          'request',
        );
        return response;
      }
      return await other(request, path, newId('req'));
    } catch (error) {
      const requestId = newId('req');
      const onUnknown = (err: unknown) => log.error({ err, request: requestId }, 'request');
      const response = problemResponse(toProblem(error, onUnknown), requestId, baseUrl());
      response.headers.set('x-request-id', requestId);
      return response;
    }
  };
}

/** What stands one level deep, and the name of a file under it; an empty slug if the path is neither. */
function slugAndFile(path: string): [slug: string, file?: string] {
  const end = path.indexOf('/', 1);
  if (end === -1) return [path.slice(1)];
  const file = path.slice(end + 1);
  return fileNames.has(file) ? [path.slice(1, end), file] : [''];
}

const undescribed = (): Response => new Response(null, { status: 500 });

/** Bun gives a path instead of a URL when the Host header is missing (HTTP/1.0) or makes no sense. */
const withHost = (request: Request): Request =>
  request.url.startsWith('/') ? new Request(`http://localhost${request.url}`, request) : request;

/** The path of a URL, without building a URL object: this runs for every scan. */
function pathOf(url: string): string {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3);
  if (start === -1) return '/';
  let end = url.length;
  for (const mark of ['?', '#']) {
    const at = url.indexOf(mark, start);
    if (at !== -1 && at < end) end = at;
  }
  return url.slice(start, end);
}

/** The host name of a URL without its port, in lower case as Bun and Deno give it; '' where there is none. */
function hostnameOf(url: string): string {
  const start = url.indexOf('://') + 3;
  if (start === 2 || url.startsWith('/')) return '';
  const end = url.indexOf('/', start);
  const host = url.slice(start, end === -1 ? url.length : end);
  const port = host.lastIndexOf(':');
  return port > host.lastIndexOf(']') ? host.slice(0, port) : host;
}

/** Whether a certificate may be asked for, as a proxy that gets them on demand wants to know. */
function tlsAsk(sites: RouterDeps['sites'], query: string): Response {
  const domain = new URLSearchParams(query).get('domain');
  const isOurs = domain !== null && sites.answersTo(domain);
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' };
  return new Response(isOurs ? 'ok\n' : 'not ours\n', { status: isOurs ? 200 : 404, headers });
}

function decoded(slug: string): string {
  if (!slug.includes('%')) return slug;
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}
