/**
 * Style templates over HTTP: looks that an organisation keeps under a name. What is saved here scans, or was forced
 * and says so.
 */
import { Elysia } from 'elysia';
import type { StyleFact } from '../../events/style.ts';
import { findStyle, listStyles, type StyleRow } from '../../projections/styles.ts';
import { type StyleCommand, type StyleState, style } from '../deciders/style.ts';
import { execute, type Order, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { assertScannable } from '../pictures/check.ts';
import { Problem } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { listed, listOf, PageQuery, sought } from './pages.ts';
import * as schemas from './picture-schemas.ts';
import { asks, saving } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';

const noSuchStyle = (): Problem => new Problem('not_found', 'There is no such style.');

const shown = (id: string, { name, style, forced }: Pick<StyleRow, 'name' | 'style' | 'forced'>) => ({
  id,
  name,
  style,
  ...(forced && { forced: true }),
});
const withTimes = (row: StyleRow) => ({
  ...shown(row.id, row),
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

/** Runs a command and shapes its answer; `make` is asked only when the command was not answered before. */
async function run(
  deps: ApiDeps,
  request: Request,
  id: string,
  body: unknown,
  make: () => Promise<StyleCommand>,
  isFresh = false,
): Promise<Response> {
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const command = await make();
  const order: Order<StyleState, StyleCommand, StyleFact> = {
    decider: style,
    stream: id,
    command,
    ...(isFresh ? { fresh: true } : { expected: versionsOf(request) }),
  };
  const time = timeOf(caller.at);
  // Only the read model knows when it was made, and it never changes.
  const createdAt = isFresh ? time : await madeAt(deps, caller.access.org, id);
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => {
      const { state, version } = outcome!;
      if (command.do === 'delete') return { status: 200, headers: {}, body: { deleted: true, id } };
      const headers = {
        etag: etagOf(version),
        ...(isFresh && { location: `${deps.baseUrl()}/v1/styles/${id}` }),
      };
      const changed = { ...shown(id, state), createdAt, updatedAt: time };
      return { status: isFresh ? 201 : 200, headers, body: changed };
    },
  );
  return replyResponse(reply);
}

async function madeAt(deps: ApiDeps, org: string, id: string): Promise<string> {
  await deps.fresh(['styles']);
  const row = await findStyle(deps.sql, org, id);
  if (!row) throw noSuchStyle();
  return timeOf(row.created_ms);
}

export function styles(deps: ApiDeps) {
  return new Elysia({ name: 'styles', prefix: '/v1/styles', tags: ['Pictures'] })
    .post(
      '/',
      ({ body, query, request }) => {
        const { name, style, force = query.force } = body;
        const make = async (): Promise<StyleCommand> => {
          const forced = await assertScannable(style, { force });
          return { do: 'create', name, style, forced };
        };
        return run(deps, request, newId('sty', callerOf(request, 'write').at), { ...body, force }, make, true);
      },
      {
        ...saving(accepts(schemas.StyleCreate)),
        response: { 201: schemas.StyleTemplate },
        detail: { operationId: 'createStyle', summary: 'Save looks under a name' },
      },
    )
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['styles']);
        return listed(query, await listStyles(deps.sql, access.org, sought(query, 'sty')), withTimes);
      },
      {
        ...asks(PageQuery({}), query => sought(query, 'sty')),
        response: { 200: listOf(schemas.StyleTemplate) },
        detail: { operationId: 'listStyles', summary: 'List saved looks, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['styles']);
        const row = await findStyle(deps.sql, access.org, params.id);
        if (!row) throw noSuchStyle();
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(withTimes(row), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.StyleTemplate },
        detail: { operationId: 'getStyle', summary: 'Get saved looks' },
      },
    )
    .patch(
      '/:id',
      ({ params, body, query, request }) => {
        const { name, style, force = query.force } = body;
        const make = async (): Promise<StyleCommand> => {
          const forced = style !== undefined && (await assertScannable(style, { force }));
          return { do: 'change', name, style, forced };
        };
        return run(deps, request, params.id, { ...body, force }, make);
      },
      {
        ...saving(accepts(schemas.StylePatch)),
        response: { 200: schemas.StyleTemplate },
        detail: {
          operationId: 'changeStyle',
          summary: 'Rename or change saved looks; codes that have them keep theirs',
        },
      },
    )
    .delete('/:id', ({ params, request }) => run(deps, request, params.id, null, async () => ({ do: 'delete' })), {
      query: NoQuery,
      response: { 200: schemas.StyleDeleted },
      detail: { operationId: 'deleteStyle', summary: 'Delete saved looks' },
    });
}
