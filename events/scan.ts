/**
 * One scan: what was served and what little is known of who asked. Nothing in it is personal: no address, no visitor
 * id. `visitor` is a HyperLogLog coordinate, `agent` the number of a user-agent string in a dictionary that forgets.
 * Scans are the mass of the ledger and are stored as narrow typed rows; the reader gives them this shape.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf } from './envelope.ts';

/** Why the slug was fetched. Only `scan` is counted; the others are on record and kept apart. */
export const ScanKind = Type.Union([
  Type.Literal('scan'),
  Type.Literal('bot'),
  Type.Literal('head'),
  Type.Literal('prefetch'),
]);
export type ScanKind = Static<typeof ScanKind>;

/** Device classes of the reference, and what is neither. */
export const Device = Type.Union(
  [Type.Literal('mobile'), Type.Literal('desktop'), Type.Literal('tablet'), Type.Literal('other')],
  { title: 'Device' },
);
export type Device = Static<typeof Device>;

/** A name of a place, as the operator's GeoIP file has it, or of a campaign, as the short URL's query has it. */
const Name = Type.String({ minLength: 1, maxLength: 64 });

/** Where a short URL was published, by the three parameters that everybody uses. */
export const Utm = Data({
  source: Type.Optional(Name),
  medium: Type.Optional(Name),
  campaign: Type.Optional(Name),
});
export type Utm = Static<typeof Utm>;

export const Scan = Data({
  qr: Type.String(),
  /** Version of the code that was served: with it the destination of that moment can be found in its stream. */
  qrVersion: Type.Integer(),
  /** The targeting rule that chose the destination; null for the code's own destination. */
  rule: Type.Union([Type.String(), Type.Null()]),
  kind: ScanKind,
  /** ISO 3166-1 alpha-2, or null when the address is in no table. */
  country: Type.Union([Type.String(), Type.Null()]),
  device: Device,
  os: Type.Union([Type.String(), Type.Null()]),
  browser: Type.Union([Type.String(), Type.Null()]),
  /** Host name of the referring page, without path or query. */
  referrer: Type.Union([Type.String(), Type.Null()]),
  /** First language the browser asks for, as BCP 47 primary subtag. */
  language: Type.Union([Type.String(), Type.Null()]),
  /** Number of the user-agent string in the dictionary, 0 when there was none. */
  agent: Type.Integer(),
  /** HyperLogLog coordinate, `register * 16 + rank`; see `projections/uniques.ts`. */
  visitor: Type.Integer(),
  /** First subdivision of the country, by its ISO 3166-2 code such as `DE-BE`, or by its name where there is no code. */
  region: Type.Optional(Name),
  city: Type.Optional(Name),
  /** Of the short URL's own query; absent for none. */
  utm: Type.Optional(Utm),
  /** Of a code that was made with a test key. */
  test: Type.Optional(Type.Literal(true)),
  /** Version of the counting rules that said `kind`, see `projections/counting.ts`; absent for the first. */
  rules: Type.Optional(Type.Integer({ minimum: 2 })),
  /** What older versions of the rules say, by version, where they say something else. */
  earlier: Type.Optional(Type.Record(Type.String({ pattern: '^[1-9]\\d*$' }), ScanKind)),
});
export type Scan = Static<typeof Scan>;

export const scanEvents = { 'scan.recorded': Scan } as const;

export type ScanFact = FactOf<typeof scanEvents>;
