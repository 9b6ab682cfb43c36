/**
 * A code's row: what it is after each of its events. The rule is pure, so that the table, the past and the history all
 * tell the same. A row is in force from its event on until the next one; as times may go back where two nodes' clocks
 * or two requests cross, a row's time is never before that of the row before.
 */
import type { AnyEvent } from '../events/index.ts';
import { type Address, addressAfter, type DomainRef, type LogoRef, type QrStyle, type QrType } from '../events/qr.ts';
import { type Routing, routingAfter } from '../events/routing.ts';

export interface QrRow {
  id: string;
  org: string;
  /** Null for a static code. */
  slug: string | null;
  type: QrType;
  static: boolean;
  /** Of a `url` code; all others have content. */
  destination: string | null;
  content: Record<string, unknown> | null;
  label: string | null;
  style: QrStyle;
  logo: LogoRef | null;
  /** Its looks failed the scannability check and were forced. */
  forced: boolean;
  /** Null for the organisation's own. */
  team: string | null;
  /** Made with a test key. */
  test: boolean;
  /** Sorted. */
  tags: string[];
  folder: string | null;
  /** Null for the instance's own address. */
  domain: DomainRef | null;
  /** Slugs it had before, oldest first. */
  former: Address['former'];
  routing: Routing;
  status: 'active' | 'deleted' | 'erased';
  version: number;
  created_ms: number;
  updated_ms: number;
  /** Position of its last event. */
  since: number;
  /** Time from which it is in force, in milliseconds. */
  since_ms: number;
}

/** All fields of a row; `search` is for the database alone. */
export const qrColumns = `id, org, slug, type, static, destination, content, label, style, logo, forced, team, test,
  tags, folder, domain, former, routing, status, version, created_ms, updated_ms, since, since_ms`;

/** What is left of whatever may be personal once a code was erased. */
export const blank = {
  ...{ destination: null, content: null, label: null, style: {}, logo: null, forced: false },
  ...{ tags: [], folder: null, routing: {} },
} as const satisfies Partial<QrRow>;

/** A code's row after an event. */
export function evolveQr(row: QrRow | undefined, event: AnyEvent): QrRow | undefined {
  if (event.type === 'qr.created') {
    return {
      id: event.stream,
      org: event.org!,
      slug: event.data.slug ?? null,
      type: event.data.type,
      static: event.data.static ?? false,
      destination: event.data.destination ?? null,
      content: event.data.content ?? null,
      label: event.data.label ?? null,
      style: event.data.style ?? {},
      logo: null,
      forced: event.data.forced ?? false,
      team: event.data.team ?? null,
      test: event.data.test ?? false,
      tags: event.data.tags ?? [],
      folder: event.data.folder ?? null,
      domain: event.data.domain ?? null,
      former: [],
      routing: {},
      status: 'active',
      version: event.version,
      created_ms: event.at,
      updated_ms: event.at,
      since: event.position,
      since_ms: event.at,
    };
  }
  if (!row) return undefined;
  const { version, at, position } = event;
  const next = { ...row, version, updated_ms: at, since: position, since_ms: Math.max(row.since_ms, at) };
  switch (event.type) {
    case 'qr.retargeted':
      return { ...next, destination: event.data.destination };
    case 'qr.rewritten':
      return { ...next, content: event.data.content };
    case 'qr.relabeled':
      return { ...next, label: event.data.label };
    case 'qr.restyled':
      return { ...next, style: event.data.style, forced: event.data.forced ?? false };
    case 'qr.logo_attached':
      return { ...next, logo: event.data.logo, forced: event.data.forced ?? false };
    case 'qr.logo_removed':
      return { ...next, logo: null };
    case 'qr.tagged':
      return { ...next, tags: event.data.tags };
    case 'qr.filed':
      return { ...next, folder: event.data.folder };
    case 'qr.slug_added':
      return { ...next, ...addressAfter(row, event.data) };
    case 'qr.deleted':
      return { ...next, status: 'deleted' };
    case 'qr.restored':
      return { ...next, status: 'active' };
    case 'qr.erased':
      return { ...next, ...blank, tags: [], status: 'erased' };
    default: {
      const routing = routingAfter(row.routing, event);
      return routing === row.routing ? row : { ...next, routing };
    }
  }
}

/** A moment of the past: by position, which tells it exactly for ever, or by time in milliseconds. */
export type Moment = { readonly position: number } | { readonly at: number };

/**
 * The events of one code up to a moment, in order. By time it ends before the first one that is later, so that it is
 * always a version the code once had.
 */
export function upTo<E extends Pick<AnyEvent, 'position' | 'at'>>(events: readonly E[], moment: Moment): E[] {
  const isLater = (event: E): boolean =>
    'position' in moment ? event.position > moment.position : event.at > moment.at;
  const end = events.findIndex(isLater);
  return events.slice(0, end < 0 ? events.length : end);
}

/** A code's row after these events, from its first one on. */
export const rowAfter = (events: readonly AnyEvent[]): QrRow | undefined =>
  events.reduce<QrRow | undefined>(evolveQr, undefined);

/** What a code was at a moment, out of all its events; blank, as in the table of versions, if it was erased since. */
export function rowAt(events: readonly AnyEvent[], moment: Moment): QrRow | undefined {
  const row = rowAfter(upTo(events, moment));
  return row && events.some(({ type }) => type === 'qr.erased') ? { ...row, ...blank, tags: [] } : row;
}
