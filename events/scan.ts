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
export const Device = Type.Union([
  Type.Literal('mobile'),
  Type.Literal('desktop'),
  Type.Literal('tablet'),
  Type.Literal('other'),
]);
export type Device = Static<typeof Device>;

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
});
export type Scan = Static<typeof Scan>;

export const scanEvents = { 'scan.recorded': Scan } as const;

export type ScanFact = FactOf<typeof scanEvents>;
