/**
 * The life of an API key. The ledger knows the key's hash, never the key: what is printed once when it is issued
 * cannot be read out of the history.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal } from './envelope.ts';

/** What a key may do; each includes the one before it. */
export const Scope = Type.Union([Type.Literal('read'), Type.Literal('write'), Type.Literal('admin')]);
export type Scope = Static<typeof Scope>;

/** Live keys count, test keys are for trying out. */
export const KeyMode = Type.Union([Type.Literal('live'), Type.Literal('test')]);
export type KeyMode = Static<typeof KeyMode>;

export const keyEvents = {
  'key.issued': Data({
    name: personal(Type.String()),
    mode: KeyMode,
    scope: Scope,
    /** SHA-256 of the whole key, hex. A key has 150 random bits, so a plain hash can't be searched. */
    hash: Type.String(),
    lastFour: Type.String(),
    /** Chosen by the operator: its text has no checksum that could tell a mistyped key. */
    chosen: Type.Optional(Type.Literal(true)),
  }),
  'key.revoked': Data({}),
} as const;

export type KeyFact = FactOf<typeof keyEvents>;
