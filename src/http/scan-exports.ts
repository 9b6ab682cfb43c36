/**
 * Scans taken out: as CSV for a spreadsheet, as NDJSON for a program, as Parquet for tools of analysis. A file is written
 * while it is sent, a page of scans at a time, so that the memory is flat however many there are; it ends where the
 * ledger ended when it was asked for.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { type Column, type ColumnType, ParquetFile } from '../parquet.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps, ScanFilter } from './deps.ts';
import { cell } from './exports.ts';
import { asks } from './query.ts';
import { type ShownScan, scanFields, scanFilterOf, shownFields, shownScans, spanOf } from './scan-queries.ts';
import { Closed, OneOf } from './shapes.ts';
import { scoped, streamed } from './streamed.ts';

const formats = ['csv', 'ndjson', 'parquet'] as const;
type Format = (typeof formats)[number];

const ScanExportQuery = Closed({
  ...scanFields,
  format: Type.Optional(OneOf(formats, 'csv when absent')),
});

const types: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

/** Scans a page; one of Parquet is a group of rows, and larger groups are read faster. */
const pageOf: Record<Format, number> = { csv: 5_000, ndjson: 5_000, parquet: 20_000 };

const columnTypes: Partial<Record<keyof ShownScan, ColumnType>> = {
  position: 'long',
  at: 'time',
  version: 'integer',
  visitor: 'integer',
};
const columns: Column[] = shownFields.map(name => ({ name, type: columnTypes[name] ?? 'text' }));

/** Pages of scans up to the end of the ledger as it is now. */
async function* pages(deps: ApiDeps, filter: ScanFilter, limit: number): AsyncGenerator<ShownScan[]> {
  const head = await deps.head();
  for (let after = 0; ; ) {
    const found = await deps.readScans(filter, { after, order: 'asc', limit });
    const meant = found.filter(({ position }) => position <= head);
    if (meant.length > 0) yield await shownScans(deps, meant);
    if (found.length < limit || meant.length < found.length) return;
    after = found.at(-1)!.position;
  }
}

const writers: Record<Format, (pages: AsyncGenerator<ShownScan[]>) => AsyncGenerator<Uint8Array<ArrayBuffer>>> = {
  async *csv(pages) {
    yield bytesOf(`${shownFields.join(',')}\r\n`);
    for await (const scans of pages) {
      yield bytesOf(scans.map(scan => `${shownFields.map(name => cell(scan[name])).join(',')}\r\n`).join(''));
    }
  },
  async *ndjson(pages) {
    for await (const scans of pages) yield bytesOf(scans.map(scan => `${JSON.stringify(scan)}\n`).join(''));
  },
  async *parquet(pages) {
    const file = new ParquetFile(columns);
    for await (const scans of pages) yield file.group(scans.map(scan => ({ ...scan, at: Date.parse(scan.at) })));
    yield file.end();
  },
};

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export function scanExports(deps: ApiDeps) {
  return new Elysia({ name: 'scan exports', prefix: '/v1/scans', tags: ['Analytics'] }).get(
    '/export',
    async ({ query, request }) => {
      const { access } = callerOf(request, 'read');
      const { format = 'csv', ...asked } = query;
      await deps.fresh(['qrs']);
      const filter = await scanFilterOf(deps, access, asked);
      const pieces = writers[format](scoped(deps, access.org, pages(deps, filter, pageOf[format])));
      return new Response(streamed(pieces), {
        headers: {
          'content-type': types[format],
          'content-disposition': `attachment; filename="scans.${format}"`,
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
        },
      });
    },
    {
      ...asks(ScanExportQuery, spanOf),
      detail: { operationId: 'exportScans', summary: 'Scans as CSV, NDJSON or Parquet' },
    },
  );
}
