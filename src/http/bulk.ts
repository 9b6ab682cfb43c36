/**
 * Many codes changed, deleted or imported in one request. A call changes or deletes all of its codes or none and names
 * every fault; with `Prefer: respond-async`, and for every import, a job does it row by row and tells of each.
 */
import { Elysia } from 'elysia';
import { execute, replay } from '../execute.ts';
import { type Fault, invalid } from '../problem.ts';
import { inSlices } from '../slices.ts';
import { type Caller, callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { columnsFrom, rowsFrom } from './import-rows.ts';
import { accepts } from './input.ts';
import * as schemas from './job-schemas.ts';
import { claimIn, faultsOfRows } from './job-work.ts';
import { requestJob, wantsJob } from './jobs.ts';
import { changeOrders } from './many-changes.ts';
import { faultsInChange, inCodes, rowsOf } from './qr-faults.ts';
import { asks, saving } from './query.ts';
import { json, replyResponse } from './replies.ts';
import { NoQuery, type QrCreate } from './schemas.ts';

async function changeAll(
  deps: ApiDeps,
  request: Request,
  kind: 'change' | 'delete',
  rows: readonly schemas.QrChangeRow[],
  force: boolean,
): Promise<Response> {
  const body = { [kind]: rows, force };
  if (wantsJob(request)) return requestJob(deps, request, body, { kind, rows, force });
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  let faults: Fault[] = [];
  const place = (i: number) => (kind === 'delete' ? `/ids/${i}` : inCodes(i));
  const orders = await changeOrders(deps, caller.access, kind, rows, force, (i, found) => {
    faults.push(...found.map(fault => ({ ...fault, pointer: place(i) + (kind === 'delete' ? '' : fault.pointer) })));
  });
  if (faults.length > 0) throw invalid(faults);
  const given = orders.filter(order => order !== undefined);
  const reply = await execute(
    deps.execution,
    context,
    () => {
      faults = [];
      return given;
    },
    outcomes => {
      if (faults.length > 0) throw invalid(faults);
      const ids = rows.map(({ id }) => id);
      const codes = outcomes.map(({ version }, i) => ({ id: ids[i]!, version }));
      const changed = outcomes.filter(({ facts }) => facts.length > 0).length;
      return { status: 200, headers: {}, body: kind === 'delete' ? { deleted: changed, ids } : { changed, codes } };
    },
  );
  return replyResponse(reply);
}

/** What is wrong with the rows of an import, before any of them is made. */
async function report(
  deps: ApiDeps,
  { access, at }: Caller,
  rows: readonly unknown[],
  ignored: readonly string[],
): Promise<Response> {
  const errors: { row: number; pointer: string; code: string; detail: string }[] = [];
  const bad = new Set<number>();
  const add = (row: number, fault: Fault) => {
    bad.add(row);
    errors.push({ row, ...fault });
  };
  const names = new Map<string, number>();
  for (const [i, faults] of (await faultsOfRows(deps, access.org, at, { kind: 'create', from: 0, rows })).entries()) {
    for (const fault of faults) add(i, fault);
    if (faults.some(({ pointer }) => pointer === '/slug' || pointer === '/domain')) continue;
    const name = claimIn(deps, access.org, Object(rows[i]));
    if (name !== undefined && !names.has(name)) names.set(name, i);
  }
  for (const name of await deps.taken([...names.keys()])) {
    const i = names.get(name)!;
    const { slug } = rows[i] as QrCreate;
    add(i, { pointer: '/slug', code: 'taken', detail: `The slug "${slug}" is taken.` });
  }
  errors.sort((a, b) => a.row - b.row);
  return json({ rows: rows.length, valid: rows.length - bad.size, bad: bad.size, ignored, errors });
}

export function bulk(deps: ApiDeps) {
  return new Elysia({ name: 'bulk', prefix: '/v1/qr', tags: ['QR codes'] })
    .patch(
      '/bulk',
      ({ body, query, request }) => changeAll(deps, request, 'change', body.codes, query.force ?? false),
      {
        ...saving(
          accepts(schemas.QrBulkChange, async body =>
            (
              await inSlices(rowsOf(body), (row, i) =>
                faultsInChange(deps.hosts(), row).map(fault => ({ ...fault, pointer: inCodes(i) + fault.pointer })),
              )
            ).flat(),
          ),
        ),
        response: { 200: schemas.QrBulkChanged, 202: schemas.Job },
        detail: { operationId: 'changeQrs', summary: 'Change up to 10,000 codes, all or none' },
      },
    )
    .delete(
      '/bulk',
      ({ body, request }) =>
        changeAll(
          deps,
          request,
          'delete',
          body.ids.map(id => ({ id })),
          false,
        ),
      {
        ...accepts(schemas.QrBulkDelete),
        query: NoQuery,
        response: { 200: schemas.QrBulkDeleted, 202: schemas.Job },
        detail: { operationId: 'deleteQrs', summary: 'Delete up to 10,000 codes, all or none' },
      },
    )
    .post(
      '/import',
      ({ body, query, request }) => {
        const text = body as string;
        const format = request.headers.get('content-type')?.includes('csv') ? 'csv' : 'ndjson';
        const { rows, ignored } = rowsFrom(text, format, columnsFrom(query.columns));
        if (query.dryRun) return report(deps, callerOf(request, 'write'), rows, ignored);
        const { force = false } = query;
        return requestJob(deps, request, { text, columns: query.columns, force }, { kind: 'create', rows, force });
      },
      {
        ...asks(schemas.ImportQuery),
        response: { 200: schemas.ImportReport, 202: schemas.Job },
        detail: { operationId: 'importQrs', summary: 'Create up to 100,000 codes from CSV or NDJSON, as a job' },
      },
    );
}
