/**
 * Codes over HTTP: read, also as they were, changed and deleted; how they are made stands in `creations.ts`, how they
 * are listed in `qr-lists.ts`. Handlers take parsed input, execute or query, and shape the answer; every rule is the
 * decider's.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { DomainRef, QrFact } from '../../events/qr.ts';
import type { Access } from '../../projections/keys.ts';
import { isWithin } from '../../projections/qr-filters.ts';
import { rowAfter, rowAt } from '../../projections/qr-rows.ts';
import { scanTotals } from '../../projections/scans.ts';
import { slugClaim } from '../deciders/claims.ts';
import type { QrCommand, QrState } from '../deciders/qr.ts';
import { execute, type Order, type Outcome, replay } from '../execute.ts';
import { invalid, Problem } from '../problem.ts';
import { type Caller, callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { momentOf } from './moments.ts';
import { domainFrom } from './own-domains.ts';
import { alone, faultsInChange } from './qr-faults.ts';
import { current } from './qr-lists.ts';
import { reachedEvents, reachedQr, rulesFor } from './qr-reach.ts';
import { rowShown, shown } from './qr-view.ts';
import { asks, saving } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { routingChange } from './routing-view.ts';
import { judgedChange } from './scannable.ts';
import * as schemas from './schemas.ts';
import { withTemplates } from './templates.ts';
import { visibleTo } from './visible.ts';

type QrOrder = Order<QrState, QrCommand, QrFact>;

function change(
  deps: ApiDeps,
  request: Request,
  caller: Caller,
  id: string,
  body: unknown,
  command: QrCommand,
  claims: readonly string[] = [],
) {
  const order: QrOrder = {
    decider: rulesFor(caller.access),
    stream: id,
    command,
    expected: versionsOf(request),
    claims,
  };
  return execute(
    deps.execution,
    contextOf(request, caller, body),
    taken => {
      if (taken.length > 0) throw slugTaken(body);
      return [order];
    },
    ([outcome]) => answerOf(outcome!),
  );

  function answerOf({ state, version, changedAt }: Outcome<QrState>) {
    if (command.do === 'delete') return { status: 200, headers: {}, body: { deleted: true, id } };
    const changed = { ...shown(deps.baseUrl(), { ...state, id }), status: state.status, updatedAt: timeOf(changedAt) };
    return { status: 200, headers: { etag: etagOf(version) }, body: changed };
  }
}

/** The name that another address needs, unless the code has had it before: then it is the code's for ever. */
async function newClaims(
  deps: ApiDeps,
  id: string,
  slug: string | undefined,
  domain: DomainRef | null | undefined,
): Promise<string[]> {
  if (slug === undefined && domain === undefined) return [];
  const row = rowAfter(await deps.readStream(id));
  const next = slug ?? row?.slug;
  if (!row || next == null) return [];
  const claim = slugClaim(next, domain === undefined ? row.domain : domain);
  // A static code has none, and its decider says that it gets none.
  const had = [row, ...row.former].flatMap(({ slug, domain }) => (slug === null ? [] : slugClaim(slug, domain)));
  return had.includes(claim) ? [] : [claim];
}

function slugTaken(body: unknown): Problem {
  const { slug } = body as { slug?: string };
  const detail = slug === undefined ? 'The slug is taken under that domain.' : `The slug "${slug}" is taken.`;
  return new Problem('slug_taken', detail, {
    errors: [{ pointer: slug === undefined ? '/domain' : '/slug', code: 'taken', detail }],
  });
}

/** A code as it was, out of the ledger itself. */
async function past(deps: ApiDeps, request: Request, access: Access, id: string, asOf: string): Promise<Response> {
  const moment = await momentOf(deps, asOf, '?asOf');
  const row = rowAt(await reachedEvents(deps, access, id), moment);
  if (row?.status !== 'active' || !isWithin(visibleTo(access), row)) throw noSuchCodeThen();
  const etag = etagOf(row.version);
  if (isKnown(request, etag)) return notModified(etag);
  return json({ ...rowShown(deps.baseUrl(), row), version: row.version }, { headers: { etag } });
}
const noSuchCodeThen = () => new Problem('not_found', 'There was no such code at that moment.');

export function qrs(deps: ApiDeps) {
  return new Elysia({ name: 'qrs', prefix: '/v1/qr', tags: ['QR codes'] })
    .get(
      '/:id',
      async ({ params, query, request }) => {
        const { access } = callerOf(request, 'read');
        if (query.asOf !== undefined) return past(deps, request, access, params.id, query.asOf);
        await current(deps);
        const row = await reachedQr(deps, access, params.id);
        const etag = etagOf(row.version);
        if (isKnown(request, etag)) return notModified(etag);
        const scans = await scanTotals(deps.sql, [row.id]);
        return json({ ...rowShown(deps.baseUrl(), row), scans: scans.get(row.id) ?? 0 }, { headers: { etag } });
      },
      {
        ...asks(schemas.QrQuery),
        response: { 200: Type.Union([schemas.Qr, schemas.QrPast]) },
        detail: { operationId: 'getQr', summary: 'Get a code' },
      },
    )
    .patch(
      '/:id',
      async ({ params, body, query, request }) => {
        const caller = callerOf(request, 'write');
        const { force = query.force } = body;
        const earlier = await replay(deps.execution, contextOf(request, caller, { ...body, force }));
        if (earlier) return replyResponse(earlier);
        const { org } = caller.access;
        const [changes] = await withTemplates(deps, org, [body], alone);
        const forced = await judgedChange(deps, caller.access, params.id, changes!.style, force);
        const { routing, domain: host, ...rest } = changes!;
        const domain = domainFrom(deps, org, host, fault => {
          throw invalid([fault]);
        });
        const command: QrCommand = {
          ...{ do: 'change', hosts: deps.hosts(org), at: caller.at, ...rest, forced },
          ...(domain !== undefined && { domain }),
          ...(routing && { routing: (await routingChange(routing))! }),
        };
        const claims = await newClaims(deps, params.id, rest.slug, domain);
        return replyResponse(await change(deps, request, caller, params.id, { ...body, force }, command, claims));
      },
      {
        ...saving(accepts(schemas.QrPatch, body => faultsInChange(deps.hosts(), body))),
        response: { 200: schemas.QrChanged },
        detail: { operationId: 'changeQr', summary: 'Change where a code leads, how it looks or how it is filed' },
      },
    )
    .delete(
      '/:id',
      async ({ params, request }) => {
        const caller = callerOf(request, 'write');
        return replyResponse(await change(deps, request, caller, params.id, null, { do: 'delete' }));
      },
      {
        query: schemas.NoQuery,
        response: { 200: schemas.QrDeleted },
        detail: { operationId: 'deleteQr', summary: 'Delete a code' },
      },
    );
}
