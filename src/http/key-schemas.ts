/**
 * What the routes of API keys take and give: what a key may do, to what it is narrowed, for how long. Narrowings are told by
 * the same names wherever they stand, and null always means that there is none. The text of a key is shown once.
 */
import { type Static, Type } from '@sinclair/typebox';
import { KeyMode, Scope } from '../../events/key.ts';
import { Role } from '../../events/member.ts';
import { tagLengthMax, tagsMax } from '../deciders/filing.ts';
import { MemberId, Name, TeamId, times } from './account-schemas.ts';
import { addressesMax } from './addresses.ts';
import { listOf, PageQuery } from './pages.ts';
import { actions } from './rights.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const some = { minItems: 1, maxItems: 50 };
const narrowing = {
  tags: Type.Optional(
    OrNull(
      Type.Array(Type.String({ minLength: 1, maxLength: tagLengthMax }), { minItems: 1, maxItems: tagsMax }),
      'Only codes with at least one of these tags',
    ),
  ),
  domains: Type.Optional(
    OrNull(
      Type.Array(Type.String({ pattern: '^[a-z0-9.-]{1,253}$', maxLength: 253 }), some),
      'Only codes under one of these host names',
    ),
  ),
  operations: Type.Optional(
    OrNull(
      Type.Array(OneOf<readonly string[]>(actions), {
        minItems: 1,
        maxItems: actions.length,
      }),
      'Only these operations',
    ),
  ),
  addresses: Type.Optional(
    OrNull(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: addressesMax }),
      'Only from these addresses and networks, such as 203.0.113.0/24',
    ),
  ),
  requestsPerMinute: Type.Optional(
    OrNull(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), 'For this key alone, if fewer than it had anyway'),
  ),
  expiresAt: Type.Optional(OrNull(Type.String({ maxLength: 40 }), 'A time (RFC 3339) from which on it opens nothing')),
};
export const KeyCreate = Closed(
  {
    name: Name,
    scope: {
      ...Scope,
      description: 'write includes read, admin includes all, audit reads the ledger and nothing else',
    },
    mode: Type.Optional({
      ...KeyMode,
      description: 'Test keys have codes of their own, which are not billed; live when absent',
    }),
    role: Type.Optional({
      ...Role,
      description: "The most it may do, within the issuer's role; what the scope needs when absent",
    }),
    member: Type.Optional(OrNull(MemberId, "Whose it is: it can do what the member's role allows at the time")),
    team: Type.Optional(OrNull(TeamId, "Only this team's codes, keys and members")),
    ...narrowing,
  },
  {
    title: 'KeyCreate',
    examples: [
      { name: 'Website', scope: 'write' },
      { name: 'Customer 4711', scope: 'write', team: 'team_01J3K9M2P8XABCDEFGHJKMNPQR', requestsPerMinute: 60 },
    ],
  },
);
export type KeyCreate = Static<typeof KeyCreate>;
export const KeyPatch = Closed(
  { name: Type.Optional(Name), ...narrowing },
  {
    title: 'KeyPatch',
    minProperties: 1,
    examples: [{ addresses: ['203.0.113.0/24'], expiresAt: '2030-01-01T00:00:00Z' }],
  },
);
export type KeyPatch = Static<typeof KeyPatch>;

/** A rotated key's former text works for a day, unless it is said otherwise; a month is the most. */
export const graceDefaultSeconds = 86_400;
export const KeyRotate = Closed(
  {
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * 86_400,
        default: graceDefaultSeconds,
        description: 'How long the former text works on, and those before it at most',
      }),
    ),
  },
  { title: 'KeyRotate', examples: [{ graceSeconds: 3_600 }] },
);
const keyFields = {
  id: Type.String({ examples: ['key_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
  name: Type.String(),
  prefix: Type.String({ examples: ['fdqr_live_sk_'], description: 'What it begins with; empty where it was chosen' }),
  lastFour: Type.String({ examples: ['7QxZ'] }),
  mode: KeyMode,
  scope: Scope,
  role: { ...Role, description: "Its member's as it is now, or its own" },
  member: OrNull(Type.String()),
  team: OrNull(Type.String()),
  tags: OrNull(Type.Array(Type.String())),
  domains: OrNull(Type.Array(Type.String())),
  operations: OrNull(Type.Array(Type.String())),
  addresses: OrNull(Type.Array(Type.String())),
  requestsPerMinute: OrNull(Type.Integer()),
  expiresAt: OrNull(Time),
  status: OneOf(['active', 'expired', 'revoked']),
  lastUsedAt: OrNull(Time, 'To within some seconds; null when it was never used'),
  ...times,
};
export const Key = Type.Object(keyFields, { title: 'Key' });
const Secret = OrNull(
  Type.String(),
  'The key itself: shown this once. Null when the request is repeated by another key',
);
export const KeyIssued = Type.Object({ ...keyFields, key: Secret }, { title: 'KeyIssued' });
export const KeyRotated = Type.Object(
  {
    ...keyFields,
    key: Secret,
    graceUntil: { ...Time, description: 'From when on the former text opens nothing' },
  },
  { title: 'KeyRotated' },
);
export const KeyRevoked = Type.Object({ revoked: Type.Literal(true), id: Type.String() }, { title: 'KeyRevoked' });
export const KeyList = listOf(Key);
export const KeyQuery = PageQuery({
  member: Type.Optional(MemberId),
  team: Type.Optional(TeamId),
  revoked: Type.Optional(Type.Boolean({ description: 'Whether revoked ones are listed too' })),
});
