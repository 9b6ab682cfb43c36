/**
 * What every event has, whatever it says. An event is a name, its data and an envelope; the envelope tells where in
 * the ledger it stands, when it happened, whose it is and who caused it. Once stored, an event binds for ever: fields
 * may be added as optional ones, none renamed, retyped or given another meaning.
 */
import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';

/** Marks a field that may hold personal data or a secret: it is never shown in logs, and sealed before it is stored. */
export const personal = <T extends TSchema>(schema: T): T => ({ ...schema, 'x-personal': true });

/** Marks a field of ours alone: it is left out wherever an event is shown or sent. */
export const withheld = <T extends TSchema>(schema: T): T => ({ ...schema, 'x-withheld': true });

/** An id as the API shows it: a typed prefix and 26 characters of Crockford's base 32, ordered by time. */
export const Id = <P extends string>(prefix: P) => Type.String({ pattern: `^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$` });

/** The data of an event: a closed object, so that a misspelt field is found before it is stored. */
export const Data = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

/** A name and its data: what a decider returns. */
export interface Fact<T extends string = string, D = unknown> {
  readonly type: T;
  readonly data: D;
}

/** Facts of one noun, from its table of names and schemas. */
export type FactOf<S extends Record<string, TSchema>> = {
  [T in keyof S & string]: Fact<T, Static<S[T]>>;
}[keyof S & string];

/** Where a stored event stands and whose it is. */
export interface Envelope {
  /** Place in the ledger: 1, 2, 3, … without gaps, in the order of commits. */
  readonly position: number;
  /** What it is about, e.g. `qr_01J…`; versions count from 1 within it. */
  readonly stream: string;
  readonly version: number;
  /** Milliseconds since 1970, UTC: when the command was decided or the scan answered. */
  readonly at: number;
  /** The organisation it belongs to; null for what belongs to the instance. */
  readonly org: string | null;
  /** The key that caused it, or `system`, `operator`, `scanner`. */
  readonly actor: string;
  /** The `X-Request-Id` of the request that caused it. */
  readonly request: string | null;
}

/** A stored event. */
export type Recorded<F extends Fact = Fact> = F & Envelope;
