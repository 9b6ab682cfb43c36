/**
 * What the API reads of the store itself, beside the read models: the ledger's events, one by one, by streams and by
 * pages, and the bytes that events name; and what it keeps beside them. What belongs to one tenant is read as that
 * tenant, what belongs to all is not.
 */
import { Recent } from '../projections/recent.ts';
import { keepCondensed } from '../projections/scan-condensing.ts';
import type { ApiDeps } from './http/deps.ts';
import { findBlob, putBlob } from './store/blobs.ts';
import type { Sql } from './store/connect.ts';
import { entryTextsOf } from './store/entries.ts';
import { readHead, readPage, readPositions, readScan, readStream } from './store/read.ts';
import { readScanPage } from './store/scan-pages.ts';
import { lastBefore } from './store/times.ts';

type Reads = Pick<
  ApiDeps,
  | 'blobs'
  | 'recent'
  | 'keepCondensed'
  | 'head'
  | 'readStream'
  | 'readPositions'
  | 'readScan'
  | 'readPage'
  | 'lastBefore'
  | 'readScans'
  | 'readEntries'
>;

/** A year of some hundred codes and filters: one takes 200 KB. */
const recentBytesMax = 64 * 1024 * 1024;

/** `tenants` reads what the tenant at hand may see. */
export const readsOf = (sql: Sql, tenants: Sql): Reads => ({
  blobs: { put: blob => putBlob(sql, blob), find: sha256 => findBlob(sql, sha256) },
  recent: new Recent(recentBytesMax),
  // Nobody who reads for a tenant may write.
  keepCondensed: row => keepCondensed(sql, row),
  head: () => readHead(sql),
  readStream: stream => readStream(tenants, stream),
  readPositions: positions => readPositions(tenants, positions),
  readScan: position => readScan(tenants, position),
  readPage: (filter, after, limit) => readPage(tenants, filter, after, limit),
  lastBefore: (org, at, head) => lastBefore(tenants, org, at, head),
  readScans: (filter, page) => readScanPage(tenants, filter, page),
  readEntries: (org, after, to) => entryTextsOf(tenants, org, after, to),
});
