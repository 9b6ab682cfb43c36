/**
 * The canonical line of a stored row: what the hash chain is made of. It holds every column but the position (which
 * the order of lines implies), tab-separated, null as nothing, ended by a line feed. JSON never contains a raw tab or
 * line feed and no other column may, so that two different rows can't give the same line.
 */
import { createHash, hash } from 'node:crypto';
import type { Scan } from '../../events/scan.ts';

/** What `ledger.events` stores, without the position; `data` is the JSON text, byte for byte. */
export interface FactRow {
  stream: string;
  version: number;
  type: string;
  at: number;
  org: string | null;
  actor: string;
  request: string | null;
  data: string;
}

/** What `ledger.scans` stores, without the position. */
export interface ScanRow extends Scan {
  stream: string;
  version: number;
  at: number;
  org: string;
}

export const factLine = (r: FactRow): string =>
  `${r.stream}\t${r.version}\t${r.type}\t${r.at}\t${r.org ?? ''}\t${r.actor}\t${r.request ?? ''}\t${r.data}\n`;

export const scanLine = (r: ScanRow): string =>
  `${r.stream}\t${r.version}\t${r.at}\t${r.org}\t${r.qr}\t${r.qrVersion}\t${r.rule ?? ''}\t${r.kind}\t` +
  `${r.country ?? ''}\t${r.device}\t${r.os ?? ''}\t${r.browser ?? ''}\t${r.referrer ?? ''}\t${r.language ?? ''}\t` +
  `${r.agent}\t${r.visitor}\t${r.region ?? ''}\t${r.city ?? ''}\t${r.utm?.source ?? ''}\t${r.utm?.medium ?? ''}\t` +
  `${r.utm?.campaign ?? ''}\t${r.test ?? ''}\t${r.rules ?? ''}\t${earlierColumn(r)}\n`;

/** Kinds by older rules as a column holds them, `1=scan 2=bot`; '' for none. */
export const earlierColumn = ({ earlier }: Pick<Scan, 'earlier'>): string =>
  earlier
    ? Object.entries(earlier)
        .map(pair => pair.join('='))
        .join(' ')
    : '';

/** What `earlierColumn` has written. */
export const earlierOf = (column: string): NonNullable<Scan['earlier']> =>
  Object.fromEntries(column.split(' ').map(pair => pair.split('=')));

/** SHA-256 of the lines of one commit, facts before scans, in the order of positions. */
export const digestOf = (lines: string): Buffer => hash('sha256', lines, 'buffer');

/** The chain's next hash: `sha256(previous || digest)`. */
export const chain = (previous: Uint8Array, digest: Uint8Array): Buffer =>
  createHash('sha256').update(previous).update(digest).digest();

/** Hash of the empty ledger, as migration 001 writes it. */
export const genesis = digestOf('indelible ledger 1');

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for
const control = /[\u0000-\u001f]/;

/** Whether a text may stand in a column: no control characters, and no half of a surrogate pair, which UTF-8 can't hold. */
export const isColumn = (text: string): boolean => !control.test(text) && text.isWellFormed();

/** What `JSON.stringify` leaves of U+0000 and of half a surrogate pair; a backslash before it would be one of the text. */
const unreadable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether Postgres can read the strings of this JSON text, and not only store it: a projection has to. */
export const isReadable = (json: string): boolean => !json.includes('\\u') || !unreadable.test(json);
