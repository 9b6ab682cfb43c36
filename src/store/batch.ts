/**
 * What is asked of the ledger. A request is rendered into rows and lines when it is queued, while Postgres is still
 * busy with the batch before it; `carrier.ts` takes them there. From here on what is personal is sealed.
 */
import type { Fact } from '../../events/envelope.ts';
import type { Scan } from '../../events/scan.ts';
import type { Spend } from './allowances.ts';
import { type FactRow, factLine, isColumn, isReadable, scanLine } from './line.ts';
import type { Data } from './personal.ts';
import { sealedData } from './seal.ts';

/** New facts of one stream, to stand right after version `expected`. */
export interface Write {
  readonly stream: string;
  readonly expected: number;
  readonly facts: readonly Fact[];
}

/** New scans of one node's stream of the day. */
export interface ScanWrite {
  readonly stream: string;
  readonly expected: number;
  readonly scans: readonly { readonly at: number; readonly org: string; readonly data: Scan }[];
}

/** An answer to be given again to the same idempotency key. */
export interface Answer {
  readonly org: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** All or nothing: every write at its expected version, every name still free, the idempotency key unused. */
export interface AppendRequest {
  readonly at: number;
  readonly org: string | null;
  readonly actor: string;
  readonly request: string | null;
  readonly writes: readonly Write[];
  /** Names given once and for ever, such as `slug:abc`, and the stream that holds them. */
  readonly claims?: readonly { readonly name: string; readonly stream: string }[];
  readonly answer?: Answer;
  readonly scans?: ScanWrite;
  /** What it uses of allowances, of which there must be enough. */
  readonly spends?: readonly Spend[] | undefined;
  /** Goes into one batch with the request before it, if both wait and there is room, where others may be parted. */
  readonly isJoined?: boolean;
}

/** A request that appends scans and nothing else. */
export const scanRequest = (scans: ScanWrite): AppendRequest => ({
  at: scans.scans[0]!.at,
  org: null,
  actor: 'scanner',
  request: null,
  writes: [],
  scans,
});

/** A row, and what it is sealed with: empty when nothing in it is. */
export interface PaddedRow extends FactRow {
  readonly pad: Uint8Array;
}

/** A request as it will be stored. */
export interface Rendered {
  readonly rows: readonly PaddedRow[];
  /** Streams whose pads are destroyed with it. */
  readonly erased: readonly string[];
  /** What answers in it are about: those that come in after it was erased are destroyed at once. */
  readonly about: readonly string[];
  /** The canonical line of each row. */
  readonly lines: readonly string[];
  /** The canonical line of each scan. */
  readonly scanLines: readonly string[];
}

const nothing: readonly string[] = [];

/** `<noun>.erased` says that what was personal in its stream is gone; it is on record if and only if that is so. */
export const isErasure = (type: string): boolean => type.endsWith('.erased');

/**
 * Renders a request once. Throws when a text in it can't be stored and read back as it is: in Postgres it would fail
 * the whole batch, or one day a projection.
 */
export function render(request: AppendRequest): Rendered {
  refuseUnstorable(request);
  const { at, org, actor, request: requestId, scans } = request;
  const rows: PaddedRow[] = [];
  let erased = nothing;
  let about = nothing;
  for (const { stream, expected, facts } of request.writes) {
    let version = expected;
    for (const { type, data: value } of facts) {
      const { text: data, open, clear, pad } = sealedData(type, value as Data);
      if (!isReadable(open) || (clear && !isReadable(clear))) {
        throw new TypeError(`the ledger can't hold the data of this ${type}`);
      }
      version += 1;
      rows.push({ stream, version, type, at, org, actor, request: requestId, data, pad });
      if (isErasure(type)) erased = [...erased, stream];
      const subject = type === 'delivery.attempted' ? (value as { about?: string }).about : undefined;
      if (subject !== undefined) about = [...about, subject];
    }
  }
  return { rows, erased, about, lines: rows.map(factLine), scanLines: scans ? scanLinesOf(scans) : nothing };
}

const scanLinesOf = ({ stream, expected, scans }: ScanWrite): string[] =>
  scans.map(({ at, org, data }, i) => scanLine({ ...data, stream, version: expected + i + 1, at, org }));

function refuseUnstorable({ org, actor, request, writes, claims, answer, scans }: AppendRequest): void {
  required(actor);
  optional(org);
  optional(request);
  let known: string | undefined;
  for (const { stream, facts } of writes) {
    required(stream);
    for (const { type } of facts) {
      if (type !== known) required(type);
      known = type;
    }
  }
  for (const { name, stream } of claims ?? []) {
    required(name);
    required(stream);
  }
  if (answer) for (const text of [answer.org, answer.key, answer.fingerprint, answer.body]) required(text);
  if (!scans) return;
  required(scans.stream);
  for (const { org, data } of scans.scans) {
    for (const text of [org, data.qr, data.kind, data.device]) required(text);
    for (const text of [data.rule, data.country, data.os, data.browser, data.referrer, data.language]) optional(text);
    const { utm, earlier } = data;
    for (const text of [data.region, data.city, utm?.source, utm?.medium, utm?.campaign]) optional(text);
    if (earlier) for (const [version, kind] of Object.entries(earlier)) required(`${version}${kind}`);
  }
}

/** Why a scan can't be stored; undefined when it can. */
export function unstorable(scan: ScanWrite['scans'][number]): unknown {
  try {
    refuseUnstorable(scanRequest({ stream: 'scans', expected: 0, scans: [scan] }));
  } catch (error) {
    return error;
  }
  return undefined;
}

function required(text: string): void {
  if (text === '' || !isColumn(text)) refuse(text);
}

function optional(text: string | null | undefined): void {
  if (text && !isColumn(text)) refuse(text);
}

function refuse(text: string): never {
  throw new TypeError(`the ledger can't hold the text ${JSON.stringify(text.slice(0, 100))}`);
}
