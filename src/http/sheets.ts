/**
 * Many codes on sheets of labels, as one PDF: chosen by ids or by a search, on a sheet that can be bought or a grid of
 * one's own. The file is written while it is sent, so ten thousand codes need the memory of one page; what can be wrong
 * with the request is found before the first byte.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Static } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { Access } from '../../projections/keys.ts';
import type { QrRow } from '../../projections/qrs.ts';
import { countQrs, selectQrs, unknownIds } from '../../projections/selections.ts';
import { shortUrlOf } from '../content/encoded.ts';
import { compose } from '../pictures/composition.ts';
import { type LabelGrid, labelFaults, labelSheets } from '../pictures/labels.ts';
import { type SheetItem, sheet } from '../pictures/sheet.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import * as schemas from './picture-schemas.ts';
import { logoOf, type StoredLogo, textOf } from './pictures.ts';
import { NoQuery } from './schemas.ts';
import { scoped } from './streamed.ts';
import { visibleTo } from './visible.ts';

type Asked = Static<typeof schemas.SheetRequest>;
const layoutDefault = 'avery-l7160';

/** What no schema can say of a request. */
function faultsIn(body: unknown): Fault[] {
  const { layout, grid, ids, search } = (body ?? {}) as Partial<Record<string, unknown>>;
  const faults: Fault[] = [];
  if (typeof layout === 'string' && !labelSheets.has(layout)) {
    const detail = `"${layout}" is no sheet that is known here: ${[...labelSheets.keys()].join(', ')}; or give a grid.`;
    faults.push({ pointer: '/layout', code: 'not_allowed', detail });
  }
  if (layout !== undefined && grid !== undefined) {
    faults.push({ pointer: '/grid', code: 'not_allowed', detail: 'Give a layout or a grid, not both.' });
  } else if (isGrid(grid)) faults.push(...labelFaults(grid, '/grid'));
  if (ids !== undefined && search !== undefined) {
    faults.push({ pointer: '/search', code: 'not_allowed', detail: 'Give ids or a search, not both.' });
  }
  return faults;
}

const isGrid = (grid: unknown): grid is LabelGrid =>
  typeof grid === 'object' &&
  grid !== null &&
  Object.values(grid).every(value => typeof value === 'number') &&
  Object.keys(schemas.SheetRequest.properties.grid.properties).every(name => Object.hasOwn(grid, name));

/** Throws when an id is not one of a code that the caller sees. */
export async function refuseUnknown(
  deps: ApiDeps,
  access: Access,
  ids: readonly string[],
  pointerOf: (i: number) => string,
) {
  const unknown = new Set(await unknownIds(deps.sql, access.org, ids, visibleTo(access)));
  if (unknown.size === 0) return;
  const errors = ids.flatMap((id, i) =>
    unknown.has(id) ? [{ pointer: pointerOf(i), code: 'unknown', detail: 'There is no such code.' }] : [],
  );
  throw new Problem('not_found', `${unknown.size} of the codes are not there.`, { errors: errors.slice(0, 100) });
}

/** A sheet that ends in the midst of what was asked for would be found out after the printing. */
async function refuseTooMany(deps: ApiDeps, access: Access, search: string | undefined): Promise<void> {
  const count = await countQrs(deps.sql, access.org, { search }, visibleTo(access));
  if (count <= schemas.selectionMax) return;
  const [meant, most] = [count, schemas.selectionMax].map(number => number.toLocaleString('en'));
  const detail = `These are ${meant} codes, and a sheet has at most ${most}: search for fewer, or give their ids.`;
  throw invalid([{ pointer: search === undefined ? '' : '/search', code: 'too_many', detail }]);
}

/** Logos by their hash, for as long as one answer is written; campaigns have few. */
export function logosOf(deps: ApiDeps) {
  const known = new Map<string, Promise<StoredLogo | undefined>>();
  return ({ logo }: QrRow): Promise<StoredLogo | undefined> | undefined => {
    if (logo === null) return undefined;
    let found = known.get(logo.sha256);
    if (!found) {
      if (known.size >= logosMax) known.clear();
      found = logoOf(deps, logo);
      known.set(logo.sha256, found);
    }
    return found;
  };
}
const logosMax = 20;

/** Between two codes others get their turn: a large sheet is minutes of one core. */
async function* items(deps: ApiDeps, access: Access, body: Asked): AsyncGenerator<SheetItem> {
  const { ids, search } = body;
  const logo = logosOf(deps);
  const rows = selectQrs(deps.sql, access.org, { ids, search }, visibleTo(access));
  for await (const row of scoped(deps, access.org, rows)) {
    await turn();
    const { drawing } = await compose(textOf(deps, row), row.style, await logo(row));
    yield { drawing, caption: captionOf(deps, row, body.caption) };
  }
}

function captionOf(deps: ApiDeps, row: QrRow, caption: Asked['caption'] = 'label'): string {
  const { label, slug, id } = row;
  switch (caption) {
    case 'none':
      return '';
    case 'label':
      return label ?? slug ?? id;
    case 'slug':
      return slug ?? id;
    case 'shortUrl':
      return shortUrlOf(deps.baseUrl(), row) ?? id;
  }
}

export function sheets(deps: ApiDeps) {
  return new Elysia({ name: 'sheets', prefix: '/v1/qr', tags: ['Pictures'] }).post(
    '/sheet',
    async ({ body, request }) => {
      const { access } = callerOf(request, 'read');
      await deps.fresh(['qrs']);
      if (body.ids) await refuseUnknown(deps, access, body.ids, i => `/ids/${i}`);
      else await refuseTooMany(deps, access, body.search);
      const grid = body.grid ?? labelSheets.get(body.layout ?? layoutDefault)!;
      const { captionPt, startAt, cropMarks, color, title } = body;
      const file = sheet(items(deps, access, body), grid, {
        ...(captionPt !== undefined && { captionPt }),
        ...(startAt !== undefined && { startAt }),
        ...(cropMarks !== undefined && { cropMarks }),
        ...(color && { color }),
        ...(title !== undefined && { title }),
      });
      return new Response(file, {
        headers: {
          'content-type': 'application/pdf',
          'content-disposition': 'attachment; filename="sheet.pdf"',
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
        },
      });
    },
    {
      ...accepts(schemas.SheetRequest, faultsIn),
      query: NoQuery,
      detail: { operationId: 'printSheet', summary: 'Up to 10,000 codes on sheets of labels, as PDF' },
    },
  );
}
