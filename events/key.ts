/**
 * The life of an API key. The ledger knows the key's hash, never the key: what is printed once when it is issued or
 * rotated cannot be read out of the history. A key stays the same key when it is rotated, so that what it did before
 * and what it does after go by one name.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, Id, personal } from './envelope.ts';
import { Role } from './member.ts';

/** What a key may do: `write` includes `read`, `admin` includes all others, `audit` reads the ledger and nothing else. */
export const Scope = Type.Union([
  Type.Literal('read'),
  Type.Literal('write'),
  Type.Literal('admin'),
  Type.Literal('audit'),
]);
export type Scope = Static<typeof Scope>;

/** Live keys count; test keys are for trying out, with codes of their own that live keys don't see. */
export const KeyMode = Type.Union([Type.Literal('live'), Type.Literal('test')], { title: 'KeyMode' });
export type KeyMode = Static<typeof KeyMode>;

/** To what a key is narrowed; null means that it is not. */
export const Narrowing = Data({
  /** Only codes with at least one of these tags. */
  tags: Type.Union([Type.Array(personal(Type.String()), { minItems: 1 }), Type.Null()]),
  /** Only codes under one of these host names. */
  domains: Type.Union([Type.Array(Type.String(), { minItems: 1 }), Type.Null()]),
  /** Only these actions of `src/http/rights.ts`. */
  operations: Type.Union([Type.Array(Type.String(), { minItems: 1 }), Type.Null()]),
  /** Only from these networks, as CIDRs. */
  addresses: Type.Union([Type.Array(Type.String(), { minItems: 1 }), Type.Null()]),
});
export type Narrowing = Static<typeof Narrowing>;

export const keyEvents = {
  'key.issued': Data({
    name: personal(Type.String()),
    mode: KeyMode,
    scope: Scope,
    /** SHA-256 of the whole key, hex. A key has 178 random bits, so a plain hash can't be searched. */
    hash: Type.String(),
    lastFour: Type.String(),
    /** Chosen by the operator: its text has no checksum that could tell a mistyped key. */
    chosen: Type.Optional(Type.Literal(true)),
    /** The most it may do, whatever its scope: it was issued with a key of this role. Absent: what its scope says. */
    role: Type.Optional(Role),
    /** Whose it is; absent for a program's. */
    member: Type.Optional(Id('mem')),
    /** Only this team's codes, keys and members. */
    team: Type.Optional(Id('team')),
    tags: Type.Optional(Narrowing.properties.tags),
    domains: Type.Optional(Narrowing.properties.domains),
    operations: Type.Optional(Narrowing.properties.operations),
    addresses: Type.Optional(Narrowing.properties.addresses),
    /** Requests a minute for this key alone, if fewer than the organisation's. */
    requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Milliseconds since 1970, UTC. */
    expiresAt: Type.Optional(Type.Integer()),
  }),
  'key.renamed': Data({ name: personal(Type.String()) }),
  /** The whole new narrowing. */
  'key.narrowed': Narrowing,
  'key.rate_changed': Data({ requestsPerMinute: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]) }),
  'key.expiry_changed': Data({ expiresAt: Type.Union([Type.Integer(), Type.Null()]) }),
  /** A new text; the one before works until the grace period ends, in milliseconds since 1970. */
  'key.rotated': Data({ hash: Type.String(), lastFour: Type.String(), graceUntil: Type.Integer() }),
  'key.revoked': Data({}),
  /** Opens nothing any more, and its names and tags can not be read any more. */
  'key.erased': Data({}),
} as const;

export type KeyFact = FactOf<typeof keyEvents>;
