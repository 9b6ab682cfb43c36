/**
 * Codes over HTTP: read, listed, changed and deleted; how they are made stands in `creations.ts`. Handlers take parsed
 * input, execute or query, and shape the answer; every rule is the decider's.
 */
import { Elysia } from 'elysia';
import type { QrFact } from '../../events/qr.ts';
import { findQr, listQrs, type QrRow } from '../../projections/qrs.ts';
import { scanTotals } from '../../projections/scans.ts';
import { payloadOf } from '../content/encoded.ts';
import { type QrCommand, type QrState, qr } from '../deciders/qr.ts';
import { execute, type Order, type Outcome, replay } from '../execute.ts';
import { invalid } from '../problem.ts';
import { type Caller, callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { alone, faultsInChange } from './qr-faults.ts';
import { saving } from './query.ts';
import { etagOf, isKnown, json, noSuchCode, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { judgedChange } from './scannable.ts';
import * as schemas from './schemas.ts';
import { withTemplates } from './templates.ts';

type QrOrder = Order<QrState, QrCommand, QrFact>;

/** Null for a static code: no address of ours stands behind it. */
export const shortUrlOf = (baseUrl: string, { slug }: Pick<QrRow, 'slug'>): string | null =>
  slug === null ? null : `${baseUrl}/${slug}`;

/** What is common to a code in every answer, whether it comes from the decider or from the read model. */
export function shown(baseUrl: string, code: Omit<QrState, 'status'> & Pick<QrRow, 'id'>) {
  const { id, slug, type, destination, content, label, style, logo, forced } = code;
  return {
    id,
    shortUrl: shortUrlOf(baseUrl, code),
    slug,
    type,
    destination,
    content,
    static: code.static,
    encodes: payloadOf(code, baseUrl),
    label,
    style,
    logoUrl: logo && `${baseUrl}/logos/${logo.sha256}.png`,
    forced,
  };
}

const withScans = (deps: ApiDeps, row: QrRow, scans: number) => ({
  ...shown(deps.baseUrl(), row),
  scans,
  status: row.status,
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

function change(deps: ApiDeps, request: Request, caller: Caller, id: string, body: unknown, command: QrCommand) {
  const order: QrOrder = { decider: qr, stream: id, command, expected: versionsOf(request) };
  return execute(
    deps.execution,
    contextOf(request, caller, body),
    () => [order],
    ([outcome]) => answerOf(outcome!),
  );

  function answerOf({ state, version, changedAt }: Outcome<QrState>) {
    if (command.do === 'delete') return { status: 200, headers: {}, body: { deleted: true, id } };
    const changed = { ...shown(deps.baseUrl(), { ...state, id }), status: state.status, updatedAt: timeOf(changedAt) };
    return { status: 200, headers: { etag: etagOf(version) }, body: changed };
  }
}

/** Codes as they are now; their counts too, but those a list does not fail for: they only grow. */
async function current({ fresh }: ApiDeps): Promise<void> {
  await Promise.all([fresh(['qrs']), fresh(['scans']).catch(() => {})]);
}

export function qrs(deps: ApiDeps) {
  return new Elysia({ name: 'qrs', prefix: '/v1/qr', tags: ['QR codes'] })
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        const limit = query.limit ?? 20;
        const page = query.page ?? 1;
        const before = query.cursor === undefined ? undefined : idFrom(query.cursor);
        if (before !== undefined && query.page !== undefined) {
          throw invalid([{ pointer: '?page', code: 'not_allowed', detail: 'Give a page or a cursor, not both.' }]);
        }
        await current(deps);
        const { rows, total } = await listQrs(deps.sql, access.org, query, {
          limit: limit + 1,
          offset: before === undefined ? (page - 1) * limit : 0,
          before,
        });
        const has_more = rows.length > limit;
        const data = rows.slice(0, limit);
        const scans = await scanTotals(
          deps.sql,
          data.map(row => row.id),
        );
        return json({
          data: data.map(row => withScans(deps, row, scans.get(row.id) ?? 0)),
          total,
          page,
          limit,
          has_more,
          next_cursor: has_more ? cursorOf(data.at(-1)!.id) : null,
        });
      },
      {
        query: schemas.QrListQuery,
        response: { 200: schemas.QrList },
        detail: { operationId: 'listQrs', summary: 'List codes, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'read');
        await current(deps);
        const row = await findQr(deps.sql, access.org, params.id);
        if (!row) throw noSuchCode();
        const etag = etagOf(row.version);
        if (isKnown(request, etag)) return notModified(etag);
        const scans = await scanTotals(deps.sql, [row.id]);
        return json(withScans(deps, row, scans.get(row.id) ?? 0), { headers: { etag } });
      },
      {
        query: schemas.NoQuery,
        response: { 200: schemas.Qr },
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
        const forced = await judgedChange(deps, org, params.id, changes!.style, force);
        const command: QrCommand = { do: 'change', ownHosts: deps.ownHosts(), ...changes, forced };
        return replyResponse(await change(deps, request, caller, params.id, { ...body, force }, command));
      },
      {
        ...saving(accepts(schemas.QrPatch, body => faultsInChange(deps.ownHosts(), body))),
        response: { 200: schemas.QrChanged },
        detail: { operationId: 'changeQr', summary: 'Change destination, content, label or style' },
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

const cursorOf = (id: string): string => Buffer.from(id).toString('base64url');

function idFrom(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (/^qr_[0-9A-HJKMNP-TV-Z]{26}$/.test(id)) return id;
  throw invalid([{ pointer: '?cursor', code: 'format', detail: 'The cursor is not one that a list has given.' }]);
}
