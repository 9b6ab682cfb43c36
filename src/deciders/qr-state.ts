/**
 * A code as its rules see it, and what each fact does to it. Like every `evolve` it refuses nothing: what is on record
 * has happened, and a fact of another noun or of a newer release changes nothing.
 */
import {
  type Address,
  addressAfter,
  type DomainRef,
  type LogoRef,
  type QrFact,
  type QrStyle,
  type QrType,
} from '../../events/qr.ts';
import { type Routing, routingAfter } from '../../events/routing.ts';
import type { AnyContent } from './holding.ts';

export interface QrState {
  readonly status: 'absent' | 'active' | 'deleted' | 'erased';
  readonly type: QrType;
  /** Null for a static code, which needs no address of ours. */
  readonly slug: string | null;
  readonly static: boolean;
  /** Of a `url` code. */
  readonly destination: string | null;
  /** Of all other codes. */
  readonly content: AnyContent | null;
  readonly label: string | null;
  readonly style: QrStyle;
  readonly logo: LogoRef | null;
  /** Its looks as they are failed the check and were forced. */
  readonly forced: boolean;
  /** Null for the organisation's own. */
  readonly team: string | null;
  /** Made with a test key. */
  readonly test: boolean;
  /** In canonical form and sorted. */
  readonly tags: readonly string[];
  readonly folder: string | null;
  /** Null for the instance's own address. */
  readonly domain: DomainRef | null;
  /** Slugs it had before, oldest first. */
  readonly former: Address['former'];
  readonly routing: Routing;
}

export const absent: QrState = {
  status: 'absent',
  type: 'url',
  slug: null,
  static: false,
  destination: null,
  content: null,
  label: null,
  style: {},
  logo: null,
  forced: false,
  team: null,
  test: false,
  tags: [],
  folder: null,
  domain: null,
  former: [],
  routing: {},
};

export function evolve(state: QrState, fact: QrFact): QrState {
  const { type, data } = fact;
  switch (type) {
    case 'qr.created':
      return {
        status: 'active',
        type: data.type,
        slug: data.slug ?? null,
        static: data.static ?? false,
        destination: data.destination ?? null,
        content: data.content ?? null,
        label: data.label ?? null,
        style: data.style ?? {},
        logo: null,
        forced: data.forced ?? false,
        team: data.team ?? null,
        test: data.test ?? false,
        tags: data.tags ?? [],
        folder: data.folder ?? null,
        domain: data.domain ?? null,
        former: [],
        routing: {},
      };
    case 'qr.retargeted':
      return { ...state, destination: data.destination };
    case 'qr.rewritten':
      return { ...state, content: data.content };
    case 'qr.relabeled':
      return { ...state, label: data.label };
    case 'qr.restyled':
      return { ...state, style: data.style, forced: data.forced ?? false };
    case 'qr.logo_attached':
      return { ...state, logo: data.logo, forced: data.forced ?? false };
    case 'qr.logo_removed':
      return { ...state, logo: null };
    case 'qr.tagged':
      return { ...state, tags: data.tags };
    case 'qr.filed':
      return { ...state, folder: data.folder };
    case 'qr.slug_added':
      return { ...state, ...addressAfter(state, data) };
    case 'qr.deleted':
      return { ...state, status: 'deleted' };
    case 'qr.restored':
      return { ...state, status: 'active' };
    case 'qr.erased': {
      const { type, slug, static: isStatic, domain, former, team, test } = state;
      return { ...absent, type, slug, static: isStatic, domain, former, team, test, status: 'erased' };
    }
    default: {
      const routing = routingAfter(state.routing, fact);
      return routing === state.routing ? state : { ...state, routing };
    }
  }
}
