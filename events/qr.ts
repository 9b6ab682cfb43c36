/**
 * The life of a code. A code is created once, with a slug that is never given away again; where it leads, its label,
 * its looks and where it is filed change by an event each, so that its history reads as sentences. Deleting stops the
 * redirect and forgets nothing, so that a code can be restored as it was at any version; erasing is for good.
 */
import { type Static, Type } from '@sinclair/typebox';
import { contentTypes } from './content.ts';
import { Data, type FactOf, Id, personal } from './envelope.ts';
import { routingEvents } from './routing.ts';
import { QrStyle } from './style.ts';

/** What a code can hold: a web address, or one of the contents in `content.ts`. */
export const QrType = Type.Unsafe<'url' | (typeof contentTypes)[number]>(
  Type.Union(
    ['url', ...contentTypes].map(name => Type.Literal(name)),
    { title: 'QrType' },
  ),
);
export type QrType = Static<typeof QrType>;

/** A content of `content.ts`, by the code's type. Older shapes must stay readable, so it is not checked here. */
const StoredContent = personal(Type.Record(Type.String(), Type.Unknown()));

/** A logo, stored by the hash of its sanitised PNG. */
export const LogoRef = Type.Object(
  { sha256: Type.String(), width: Type.Integer(), height: Type.Integer() },
  { additionalProperties: false },
);
export type LogoRef = Static<typeof LogoRef>;

/** On an event that changed the looks: the picture failed the scannability check and was forced. */
const Forced = Type.Optional(Type.Literal(true));

/** A tag or a folder: people write names of customers into them. */
const Word = personal(Type.String());

/** A domain of the organisation's own; the name of one never changes. */
export const DomainRef = Data({ id: Id('dom'), host: Type.String() });
export type DomainRef = Static<typeof DomainRef>;

export const qrEvents = {
  'qr.created': Data({
    /** Absent for a static code: it holds its payload itself and needs no address of ours. */
    slug: Type.Optional(Type.String()),
    /** Whose slug it is; absent for the instance's own address. */
    domain: Type.Optional(DomainRef),
    static: Type.Optional(Type.Literal(true)),
    type: QrType,
    /** Of a `url` code. */
    destination: Type.Optional(personal(Type.String())),
    /** Of all other codes. */
    content: Type.Optional(StoredContent),
    label: Type.Optional(personal(Type.String())),
    style: Type.Optional(QrStyle),
    forced: Forced,
    /** The team it belongs to; absent for the organisation's own. */
    team: Type.Optional(Type.String()),
    /** Made with a test key: seen by test keys only. */
    test: Type.Optional(Type.Literal(true)),
    /** In canonical form, sorted, each once; absent for none. */
    tags: Type.Optional(Type.Array(Word)),
    folder: Type.Optional(Word),
  }),
  'qr.retargeted': Data({ destination: personal(Type.String()) }),
  'qr.rewritten': Data({ content: StoredContent }),
  'qr.relabeled': Data({ label: Type.Union([personal(Type.String()), Type.Null()]) }),
  'qr.restyled': Data({ style: QrStyle, forced: Forced }),
  'qr.logo_attached': Data({ logo: LogoRef, forced: Forced }),
  'qr.logo_removed': Data({}),
  /** The whole new set, in canonical form and sorted. */
  'qr.tagged': Data({ tags: Type.Array(Word) }),
  'qr.filed': Data({ folder: Type.Union([Word, Type.Null()]) }),
  /** The slug that is shown from now on. Those it had before go on working: they are printed somewhere. */
  'qr.slug_added': Data({ slug: Type.String(), domain: Type.Optional(DomainRef) }),
  ...routingEvents,
  'qr.deleted': Data({}),
  /**
   * Active again, or still, as it was at that version. The facts behind it in the same commit say which fields that
   * changes, so that whoever follows a field needs to know nothing of versions.
   */
  'qr.restored': Data({ version: Type.Integer({ minimum: 1 }) }),
  /** All that was personal in its events can't be read any more by anybody. What was counted of it stays. */
  'qr.erased': Data({}),
} as const;

/** Where a code is found: its slug, and those it had before, which go on working. Null for a static code. */
export interface Address {
  readonly slug: string | null;
  /** Null for the instance's own address. */
  readonly domain: DomainRef | null;
  /** Oldest first. */
  readonly former: readonly { readonly slug: string; readonly domain: DomainRef | null }[];
}

/** A code's address after it was given another slug; one that it had before is not former any more. */
export function addressAfter(address: Address, data: Static<(typeof qrEvents)['qr.slug_added']>): Address {
  const { slug, domain = null } = data;
  const isNew = (other: { slug: string | null; domain: DomainRef | null }): boolean =>
    other.slug === slug && other.domain?.id === domain?.id;
  const before = { slug: address.slug!, domain: address.domain };
  return { slug, domain, former: [...address.former, before].filter(other => !isNew(other)) };
}

export type QrFact = FactOf<typeof qrEvents>;
export const qrTypes = Object.keys(qrEvents) as QrFact['type'][];
export type { QrStyle };
