/**
 * Making codes over HTTP, one or up to ten thousand at once. A call makes all of its codes or none; a slug that nobody
 * chose is drawn anew when it turns out to be taken.
 */
import { randomBytes } from 'node:crypto';
import { Elysia } from 'elysia';
import type { QrFact } from '../../events/qr.ts';
import { shortUrlOf } from '../content/encoded.ts';
import { slugClaim } from '../deciders/claims.ts';
import type { QrCommand, QrState } from '../deciders/qr.ts';
import { slugFrom } from '../deciders/slug.ts';
import { type Context, execute, type Order, type Reply, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { lockOf } from '../lock.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { inSlices } from '../slices.ts';
import { type Caller, callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { Job } from './job-schemas.ts';
import { requestJob, wantsJob } from './jobs.ts';
import { noting } from './many-changes.ts';
import { domainFrom } from './own-domains.ts';
import { alone, aloneFaults, faultsIn, inCodes, rowsOf } from './qr-faults.ts';
import { rulesFor } from './qr-reach.ts';
import { shown } from './qr-view.ts';
import { saving } from './query.ts';
import type { Spends } from './quota.ts';
import { etagOf, replyResponse, timeOf } from './replies.ts';
import { routingFrom } from './routing-view.ts';
import { judged } from './scannable.ts';
import * as schemas from './schemas.ts';
import { withTemplates } from './templates.ts';

/** Orders that create codes, with a new slug where none was chosen. `chosen` slugs that are taken are a 409. */
export function creationOrders(
  deps: ApiDeps,
  { access, at }: Pick<Caller, 'access' | 'at'>,
  inputs: readonly schemas.QrCreate[],
  forced: readonly boolean[],
  ids: readonly string[],
  prefix: (i: number) => string,
  locks: readonly (string | undefined)[] = [],
) {
  const rules = rulesFor(access);
  /** The rules, with refusals told where the code stands. */
  const placed = (i: number) =>
    noting(rules, faults => {
      throw invalid(faults.map(fault => ({ ...fault, pointer: prefix(i) + fault.pointer })));
    });
  const unknown: Fault[] = [];
  const domains = inputs.map(({ domain }, i) =>
    domainFrom(deps, access.org, domain, fault => unknown.push({ ...fault, pointer: prefix(i) + fault.pointer })),
  );
  if (unknown.length > 0) throw invalid(unknown);
  return (taken: readonly string[]): Order<QrState, QrCommand, QrFact>[] => {
    const lost = new Set(taken);
    const faults: Fault[] = [];
    for (const [i, { slug }] of inputs.entries()) {
      if (slug === undefined || !lost.has(slugClaim(slug, domains[i]))) continue;
      faults.push({ pointer: `${prefix(i)}/slug`, code: 'taken', detail: `The slug "${slug}" is taken.` });
    }
    if (faults.length > 0) {
      throw new Problem('slug_taken', faults.length === 1 ? faults[0]!.detail : `${faults.length} slugs are taken.`, {
        errors: faults,
      });
    }
    return inputs.map(({ routing, domain: _, ...input }, i) => {
      const slug = input.slug ?? (input.static ? null : slugFrom(randomBytes(32)));
      const command: QrCommand = {
        do: 'create',
        type: 'url',
        hosts: deps.hosts(access.org),
        ...input,
        slug,
        domain: domains[i] ?? null,
        at,
        ...(routing && {
          routing: { ...routingFrom(routing).change, ...(locks[i] !== undefined && { lock: locks[i] }) },
        }),
        forced: forced[i]!,
      };
      const claims = slug === null ? [] : [slugClaim(slug, domains[i])];
      return { decider: placed(i), stream: ids[i]!, command, fresh: true, claims };
    });
  };
}

async function create(deps: ApiDeps, request: Request, input: schemas.QrCreate, force?: boolean): Promise<Response> {
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, force ? { ...input, force } : input);
  const id = newId('qr', caller.at);
  const password = input.routing?.password;
  const make: Make = async (inputs, forced, spends) => {
    const locks = [password == null ? undefined : await lockOf(password)];
    return execute(
      deps.execution,
      { ...context, spends },
      creationOrders(deps, caller, inputs, forced, [id], alone, locks),
      ([outcome]) => {
        const { state, version } = outcome!;
        const time = timeOf(caller.at);
        return {
          status: 201,
          headers: { location: `${deps.baseUrl()}/v1/qr/${id}`, etag: etagOf(version) },
          body: { ...shown(deps.baseUrl(), { ...state, id }), status: 'active', createdAt: time, updatedAt: time },
        };
      },
    );
  };
  return making(deps, caller, context, { inputs: [input], prefix: alone, force }, make);
}

async function createMany(deps: ApiDeps, request: Request, inputs: readonly schemas.QrCreate[], force?: boolean) {
  if (wantsJob(request)) {
    return requestJob(deps, request, { inputs, force }, { kind: 'create', rows: inputs, force: force ?? false });
  }
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, force ? { inputs, force } : inputs);
  const ids = inputs.map(() => newId('qr', caller.at));
  const make: Make = (inputs, forced, spends) =>
    execute(
      deps.execution,
      { ...context, spends },
      creationOrders(deps, caller, inputs, forced, ids, inCodes),
      outcomes => ({
        status: 201,
        headers: {},
        body: {
          created: outcomes.length,
          codes: outcomes.map(({ state }, i) => ({ id: ids[i]!, shortUrl: shortUrlOf(deps.baseUrl(), state) })),
        },
      }),
    );
  return making(deps, caller, context, { inputs, prefix: inCodes, force }, make);
}

/** Makes the codes, and has them counted. */
type Make = (inputs: readonly schemas.QrCreate[], forced: readonly boolean[], spends: Spends) => Promise<Reply>;

interface Asked {
  readonly inputs: readonly schemas.QrCreate[];
  readonly prefix: (i: number) => string;
  readonly force: boolean | undefined;
}

/** Gives the codes their looks, tries those, and makes the codes within the quota; or answers as it did before. */
async function making(
  deps: ApiDeps,
  caller: Caller,
  context: Context,
  { inputs: asked, prefix, force }: Asked,
  make: Make,
): Promise<Response> {
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const { org } = caller.access;
  const inputs = await withTemplates(deps, org, asked, prefix);
  const forced = await judged(deps, inputs, prefix, force);
  const { access, at } = caller;
  return replyResponse(
    await deps.quota.within(access, deps.limitsOf(caller), inputs.length, at, spends => make(inputs, forced, spends)),
  );
}

async function faultsInBulk(deps: ApiDeps, rows: readonly unknown[]): Promise<Fault[]> {
  const at = deps.now();
  const seen = new Map<string, string>();
  const found = await inSlices(rows, (row, i) => faultsIn(deps.hosts(), [row], () => inCodes(i), at, seen));
  return [...found.flat(), ...rows.flatMap((row, i) => aloneFaults(row, inCodes(i)))];
}

export function creations(deps: ApiDeps) {
  return new Elysia({ name: 'creations', prefix: '/v1/qr', tags: ['QR codes'] })
    .post('/create', ({ body, query, request }) => create(deps, request, body, query.force), {
      ...saving(accepts(schemas.QrCreate, body => faultsIn(deps.hosts(), [body], alone, deps.now()))),
      response: { 201: schemas.QrCreated },
      detail: { operationId: 'createQr', summary: 'Create a code' },
    })
    .post('/bulk', ({ body, query, request }) => createMany(deps, request, body.codes, query.force), {
      ...saving(accepts(schemas.QrBulk, body => faultsInBulk(deps, rowsOf(body)))),
      response: { 201: schemas.QrBulkCreated, 202: Job },
      detail: { operationId: 'createQrs', summary: 'Create up to 10,000 codes, all or none' },
    });
}
