/**
 * Codes taken out: as a ZIP of pictures with a manifest, as CSV for a spreadsheet, as NDJSON for a program. All three are
 * written while they are sent, a page of codes at a time, so that the memory is flat however many there are.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Static } from '@sinclair/typebox';
import { makeZip } from 'client-zip';
import { Elysia } from 'elysia';
import type { QrFilter, QrRow } from '../../projections/qrs.ts';
import { selectQrs } from '../../projections/selections.ts';
import { shortUrlOf } from '../content/encoded.ts';
import { compose } from '../pictures/composition.ts';
import { pictureFile, widthOf } from '../pictures/picture-file.ts';
import { invalid } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import * as schemas from './picture-schemas.ts';
import { textOf } from './pictures.ts';
import { filtering, filterNames } from './qr-queries.ts';
import { asks } from './query.ts';
import { timeOf } from './replies.ts';
import { logosOf, refuseUnknown } from './sheets.ts';
import { scoped, streamed } from './streamed.ts';
import { visibleTo } from './visible.ts';

type Asked = Static<typeof schemas.ExportQuery>;
type Exported = Static<typeof schemas.ExportedCode>;
type Codes = () => AsyncGenerator<QrRow>;

const shown = (deps: ApiDeps, row: QrRow): Exported => ({
  id: row.id,
  shortUrl: shortUrlOf(deps.baseUrl(), row),
  slug: row.slug,
  type: row.type,
  static: row.static,
  destination: row.destination,
  content: row.content,
  label: row.label,
  payload: textOf(deps, row),
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

const columns = Object.keys(schemas.ExportedCode.properties) as (keyof Exported)[];

/**
 * A value in a line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it, as
 * OWASP advises: a label is somebody's input.
 */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function* csv(deps: ApiDeps, codes: Codes, extra?: (row: QrRow) => string): AsyncGenerator<string> {
  yield `${[...columns, ...(extra ? ['file'] : [])].join(',')}\r\n`;
  for await (const row of codes()) {
    const code = shown(deps, row);
    const cells = columns.map(name => cell(code[name]));
    yield `${[...cells, ...(extra ? [cell(extra(row))] : [])].join(',')}\r\n`;
  }
}

async function* ndjson(deps: ApiDeps, codes: Codes): AsyncGenerator<string> {
  for await (const row of codes()) yield `${JSON.stringify(shown(deps, row))}\n`;
}

/** The manifest first, so that a reader knows what is to come; it reads the codes once for itself. */
async function* entries(deps: ApiDeps, codes: Codes, { picture: format = 'svg', size, unit }: Asked) {
  // Under each host there may be the same slug.
  const nameOf = ({ id, slug, domain }: QrRow): string =>
    `codes/${domain ? `${domain.host}/` : ''}${slug ?? id}.${format}`;
  yield { name: 'manifest.csv', input: inBytes(csv(deps, codes, nameOf)), lastModified: new Date(deps.now()) };
  const logo = logosOf(deps);
  for await (const row of codes()) {
    await turn(); // for others: a large export is minutes of one core
    const composition = await compose(textOf(deps, row), row.style, await logo(row));
    const { bytes } = await pictureFile(composition, { format, size, unit, title: row.label ?? row.slug ?? row.id });
    yield { name: nameOf(row), input: bytes, lastModified: new Date(row.updated_ms) };
  }
}

/** Lines in pieces of some kilobytes: one for each would cost more than the line. */
async function* inBytes(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let text = '';
  for await (const line of lines) {
    text += line;
    if (text.length < pieceMin) continue;
    yield encoder.encode(text);
    text = '';
  }
  if (text !== '') yield encoder.encode(text);
}
const pieceMin = 16_384;

const kinds = { zip: 'application/zip', csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

export function exports(deps: ApiDeps) {
  return new Elysia({ name: 'exports', prefix: '/v1/qr', tags: ['Pictures'] }).get(
    '/export',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'read');
      const { format = 'zip' } = query;
      const selection = selectionOf(query);
      refusePictures(query);
      await deps.fresh(['qrs']);
      if (selection.ids) await refuseUnknown(deps, access, selection.ids, () => '?ids');
      const codes: Codes = () =>
        scoped(deps, access.org, selectQrs(deps.sql, access.org, selection, visibleTo(access)));
      const file = {
        zip: () => makeZip(entries(deps, codes, query)) as ReadableStream<Uint8Array<ArrayBuffer>>,
        csv: () => streamed(inBytes(csv(deps, codes))),
        ndjson: () => streamed(inBytes(ndjson(deps, codes))),
      }[format]();
      return new Response(file, {
        headers: {
          'content-type': kinds[format],
          'content-disposition': `attachment; filename="codes.${format}"`,
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
        },
      });
    },
    {
      ...asks(schemas.ExportQuery),
      detail: { operationId: 'exportQrs', summary: 'Codes as ZIP of pictures, CSV or NDJSON' },
    },
  );
}

/** What is exported: the codes of these ids, or all that pass the filters. */
function selectionOf({ ids, ...query }: Asked): QrFilter {
  const { filter, faults } = filtering(query);
  if (ids !== undefined) {
    const given = filterNames.filter(name => query[name] !== undefined);
    const detail = 'Give ids or filters, not both.';
    faults.push(...given.map(name => ({ pointer: `?${name}`, code: 'not_allowed', detail })));
  }
  if (faults.length > 0) throw invalid(faults);
  return ids === undefined ? filter : { ids: [...new Set(ids.split(','))] };
}

/** Pictures are in a ZIP only, and their size must be one before the first byte is sent. */
function refusePictures(query: Asked): void {
  const { format = 'zip', picture = 'svg', size, unit } = query;
  if (format === 'zip') {
    const { px } = widthOf({ format: picture, size, unit });
    // The largest code has 177 modules and a quiet zone of 20 at most; one that does not fit would break the file off.
    if (picture !== 'png' || px >= pixelsSafe) return;
    const detail = `In an export a picture has at least ${pixelsSafe} pixels, so that the largest code fits.`;
    throw invalid([{ pointer: '?size', code: 'too_small', detail }]);
  }
  const given = (['picture', 'size', 'unit'] as const).filter(name => query[name] !== undefined);
  if (given.length === 0) return;
  throw invalid(
    given.map(name => ({ pointer: `?${name}`, code: 'not_allowed', detail: `"${name}" is for format=zip.` })),
  );
}
/** 217 modules and a frame that is 1.7 times as wide. */
const pixelsSafe = 400;
