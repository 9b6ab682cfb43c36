/**
 * The control plane: route groups put together, and what is the same for every request around them. `app()` never
 * listens. Order of things: is there such a route, whose key is it, is it within its rate, then the framework parses,
 * checks and runs the handler.
 */
import { Elysia } from 'elysia';
import { newId } from '../ids.ts';
import { invalid, Problem } from '../problem.ts';
import { account } from './account.ts';
import { requireAddress } from './addresses.ts';
import { blocklists } from './blocklists.ts';
import { bodyOf } from './body.ts';
import { bulk } from './bulk.ts';
import { type Caller, setCaller } from './caller.ts';
import { creations } from './creations.ts';
import { deliveries } from './deliveries.ts';
import type { ApiDeps } from './deps.ts';
import { domains } from './domains.ts';
import { erasures } from './erasures.ts';
import { events } from './events.ts';
import { explanations } from './explanations.ts';
import { exports } from './exports.ts';
import { histories } from './histories.ts';
import { images } from './images.ts';
import { jobs } from './jobs.ts';
import { keys } from './keys.ts';
import { logos } from './logos.ts';
import { members } from './members.ts';
import { organizations } from './organizations.ts';
import { previews } from './previews.ts';
import { problemResponse, toProblem } from './problems.ts';
import { proofs } from './proofs.ts';
import { qrLists } from './qr-lists.ts';
import { qrs } from './qrs.ts';
import { limitsOn, rateLimitHeaders, refusedBy } from './rate-limit.ts';
import { replays } from './replays.ts';
import { restorations } from './restorations.ts';
import { actionOf, permit } from './rights.ts';
import { scanRoutes } from './scan-routes.ts';
import { sheets } from './sheets.ts';
import { simulations } from './simulations.ts';
import { styles } from './styles.ts';
import { tags } from './tags.ts';
import { teams } from './teams.ts';
import { trials } from './trials.ts';
import { webhookActions } from './webhook-actions.ts';
import { webhooks } from './webhooks.ts';

/** Query parameters that are whole numbers; everything in a query arrives as text. */
const wholeNumbers = ['page', 'limit', 'size', 'after'];

/** All route groups, as Elysia knows them: also what the OpenAPI document is made from. */
export function routes(deps: ApiDeps, onError: (error: unknown, request: Request) => Response) {
  // Host names may be shorter than the four characters the framework counts on.
  return new Elysia({ normalize: false, handler: { standardHostname: false } })
    .onError({ as: 'global' }, ({ error, request }) => onError(error, request))
    .onParse({ as: 'global' }, ({ request }) => bodyOf(request))
    .onTransform({ as: 'global' }, ({ query }: { query: Record<string, unknown> }) => {
      for (const name of wholeNumbers) if (/^-?\d{1,16}$/.test(String(query[name]))) query[name] = Number(query[name]);
    })
    .use(creations(deps))
    .use(bulk(deps))
    .use(simulations(deps))
    .use(jobs(deps))
    .use(exports(deps))
    .use(previews(deps))
    .use(sheets(deps))
    .use(qrLists(deps))
    .use(qrs(deps))
    .use(histories(deps))
    .use(restorations(deps))
    .use(erasures(deps))
    .use(explanations(deps))
    .use(trials(deps))
    .use(tags(deps))
    .use(scanRoutes(deps))
    .use(images(deps))
    .use(logos(deps))
    .use(styles(deps))
    .use(organizations(deps))
    .use(teams(deps))
    .use(members(deps))
    .use(keys(deps))
    .use(domains(deps))
    .use(blocklists(deps))
    .use(webhooks(deps))
    .use(webhookActions(deps))
    .use(deliveries(deps))
    .use(replays(deps))
    .use(account(deps))
    .use(events(deps))
    .use(proofs(deps));
}

/** A route that was found, for logs and metrics, and its answer. */
export interface Answered {
  readonly response: Response;
  readonly route: string;
  readonly requestId: string;
}

/** Answers a request to `/v1/…`. */
export function app(deps: ApiDeps): (request: Request, peer: string | null) => Promise<Answered> {
  const requestIds = new WeakMap<Request, string>();
  const failed = (error: unknown, request: Request) =>
    problemResponse(
      toProblem(error, unknown => deps.onError(unknown, 'request')),
      requestIds.get(request) ?? '',
      deps.baseUrl(),
    );
  const api = routes(deps, failed);
  const table = tableOf(api.routes);

  return async (request, peer) => {
    const requestId = newId('req');
    requestIds.set(request, requestId);
    const headers: Record<string, string> = { 'x-request-id': requestId };
    let found: Route | undefined;
    let response: Response;
    try {
      const { pathname, searchParams } = addressOf(request);
      found = table.find(({ pattern }) => pattern.test(pathname));
      const answered = found && notRouted(request, found);
      if (!found) throw new Problem('not_found', `There is nothing at ${pathname.slice(0, 200)}.`);
      if (answered) response = answered;
      else {
        const access = await deps.auth.authenticate(request);
        requireAddress(access.addresses, () => deps.addressOf(peer, request.headers.get('x-forwarded-for')));
        const at = deps.now();
        const caller: Caller = { access, requestId, at };
        const verdict = await deps.limiter.take(limitsOn(access, deps.limitsOf(caller)));
        Object.assign(headers, rateLimitHeaders(verdict, at));
        if (!verdict.allowed) throw new Problem('rate_limited', refusedBy(verdict));
        deps.meter({ org: access.org, key: access.key, team: access.team, test: access.mode === 'test' });
        // Before a body is read: whoever may not write is not told what is wrong with it.
        permit(access, actionOf(request.method, found.path));
        refuseRepeated(searchParams);
        setCaller(request, caller);
        response = await deps.within(access.org, () => api.handle(asGet(request, caller, requestIds, requestId)));
        // The server leaves out what is there as a whole, and tells its length; what is streamed may have no end.
        if (request.method === 'HEAD' && !isWhole(response)) {
          await response.body?.cancel();
          response = new Response(anyStream(), response);
        }
      }
    } catch (error) {
      response = failed(error, request);
    }
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return { response, route: found?.path ?? 'none', requestId };
  };
}

interface Route {
  readonly path: string;
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Paths with their methods, literal ones first, so that `/v1/qr/create` is not taken for an id. */
function tableOf(routes: readonly { path: string; method: string }[]): Route[] {
  const byPath = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
    byPath.set(clean, [...(byPath.get(clean) ?? []), method]);
  }
  return [...byPath]
    .map(([path, methods]) => ({
      path,
      pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:[a-z]+/gi, '[^/]+')}/?$`),
      methods: methods.includes('GET') ? [...methods, 'HEAD'] : methods,
    }))
    .sort((a, b) => Number(a.path.includes(':')) - Number(b.path.includes(':')));
}

/** The parsed address of a request, if it is one that can mean something. */
function addressOf({ url }: Request): URL {
  // No text that is looked for here holds a NUL, and Postgres takes none.
  if (url.includes('%00')) throw new Problem('bad_request', 'An address can not hold the character NUL (%00).');
  const parsed = URL.parse(url);
  if (!parsed) throw new Problem('bad_request', 'The Host header names no host.');
  return parsed;
}

/** A parameter that is given twice would be understood differently by different parsers. */
function refuseRepeated(query: URLSearchParams): void {
  const repeated = [...new Set(query.keys())].filter(name => query.getAll(name).length > 1);
  if (repeated.length === 0) return;
  throw invalid(
    repeated.map(name => ({ pointer: `?${name}`, code: 'duplicate', detail: `"${name}" is given more than once.` })),
  );
}

/** The answer to a method the route does not have, or to OPTIONS. */
function notRouted(request: Request, { methods, path }: Route): Response | undefined {
  if (methods.includes(request.method)) return undefined;
  const allow = [...methods, 'OPTIONS'].sort().join(', ');
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  throw new Problem('method_not_allowed', `${path} takes ${allow}.`, { headers: { allow } });
}

/** JSON and pictures; what else there is comes as a stream. */
const isWhole = ({ headers }: Response): boolean =>
  /^(image\/|application\/(pdf|(problem\+)?json)$)/.test(headers.get('content-type') ?? '');

/** A body that is left out. One that is empty would be told as a length of 0, which GET has not (RFC 9110 §8.6). */
const anyStream = () =>
  new ReadableStream({
    start: controller => {
      controller.enqueue(new Uint8Array(1));
      controller.close();
    },
  });

/** HEAD is GET without the body (RFC 9110 §9.3.2). */
function asGet(request: Request, caller: Caller, requestIds: WeakMap<Request, string>, requestId: string): Request {
  if (request.method !== 'HEAD') return request;
  const get = new Request(request.url, { method: 'GET', headers: request.headers });
  setCaller(get, caller);
  requestIds.set(get, requestId);
  return get;
}
