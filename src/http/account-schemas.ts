/**
 * What the routes of organisations, teams, members and keys take and give. A quota is told by the same two names
 * wherever it stands, and null always means that nothing of its own is there.
 */
import { type Static, Type } from '@sinclair/typebox';
import { KeyMode, Scope } from '../../events/key.ts';
import { Role } from '../../events/member.ts';
import { Plan } from '../../events/organization.ts';
import { tagLengthMax, tagsMax } from '../deciders/filing.ts';
import { addressesMax } from './addresses.ts';
import { listOf, PageQuery } from './pages.ts';
import { actions } from './rights.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const Name = Type.String({ minLength: 1, maxLength: 200, description: 'A name for people, in one line' });
const TeamId = Type.String({ pattern: '^team_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a team, team_…' });
const MemberId = Type.String({ pattern: '^mem_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a member, mem_…' });
const amountMax = Number.MAX_SAFE_INTEGER;
const Codes = Type.Integer({ minimum: 0, maximum: amountMax, description: 'Codes a calendar month (UTC)' });
const Requests = Type.Integer({ minimum: 0, maximum: amountMax, description: 'Requests a minute' });
const times = { createdAt: Time, updatedAt: Time };

export const OrganizationPatch = Closed(
  { name: Type.Optional(Name) },
  { minProperties: 1, examples: [{ name: 'Acme' }] },
);
export const Organization = Type.Object({
  id: Type.String({ examples: ['org_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
  name: Type.String(),
  plan: Plan,
  limits: Type.Object({ qrCodesPerMonth: Type.Integer(), apiRequestsPerMinute: Type.Integer() }),
  unassigned: Type.Object(
    { qrCodesPerMonth: Type.Integer(), requestsPerMinute: Type.Integer() },
    { description: 'What no team holds: shared by all that have no quota of their own' },
  ),
  ...times,
});

export const TeamCreate = Closed(
  {
    name: Name,
    quota: Type.Optional(Closed({ qrCodesPerMonth: Type.Optional(Codes), requestsPerMinute: Type.Optional(Requests) })),
  },
  { examples: [{ name: 'Customer 4711', quota: { qrCodesPerMonth: 500, requestsPerMinute: 60 } }] },
);
export const TeamPatch = Closed(
  {
    name: Type.Optional(Name),
    quota: Type.Optional(
      OrNull(
        Closed({ qrCodesPerMonth: Type.Optional(OrNull(Codes)), requestsPerMinute: Type.Optional(OrNull(Requests)) }),
        'More is taken from what no team holds, less goes back there; null gives it back and shares from now on',
      ),
    ),
  },
  { minProperties: 1, examples: [{ quota: { qrCodesPerMonth: 800 } }] },
);
export const QuotaMove = Closed(
  {
    from: OrNull(TeamId, 'Null for what no team holds'),
    to: OrNull(TeamId, 'Null for what no team holds'),
    qrCodesPerMonth: Type.Optional(Codes),
    requestsPerMinute: Type.Optional(Requests),
  },
  { examples: [{ from: null, to: 'team_01J3K9M2P8XABCDEFGHJKMNPQR', qrCodesPerMonth: 200 }] },
);
export const TeamQuota = Type.Object({
  qrCodesPerMonth: OrNull(Type.Integer(), 'Null: shares what no team holds'),
  requestsPerMinute: OrNull(Type.Integer(), 'Of all its keys together; null: each key has what no team holds'),
});
export const Team = Type.Object({
  id: Type.String({ examples: ['team_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
  name: Type.String(),
  quota: TeamQuota,
  ...times,
});
export const TeamList = listOf(Team);
export const QuotaMoved = Type.Object({
  quotas: Type.Array(Type.Object({ team: OrNull(Type.String()), quota: TeamQuota }), {
    description: 'What the two hold now; team is null for what no team holds',
  }),
});

const AnyRole = { ...Role, description: 'What each role may do is told at /docs' };
export const MemberCreate = Closed(
  {
    name: Name,
    email: Type.Optional(
      OrNull(
        Type.String({
          // Whatever is before the @, also beyond ASCII (RFC 6531).
          pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s.]+$',
          maxLength: 254,
          description: 'An e-mail address',
          examples: ['ada@example.com'],
        }),
      ),
    ),
    role: AnyRole,
    team: Type.Optional(OrNull(TeamId, 'Null for the whole organisation')),
  },
  { examples: [{ name: 'Ada Lovelace', email: 'ada@example.com', role: 'editor' }] },
);
export const MemberPatch = Closed(
  {
    name: Type.Optional(Name),
    email: MemberCreate.properties.email,
    role: Type.Optional(AnyRole),
    team: MemberCreate.properties.team,
  },
  { minProperties: 1, examples: [{ role: 'viewer' }] },
);
export const Member = Type.Object({
  id: Type.String({ examples: ['mem_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
  name: Type.String(),
  email: OrNull(Type.String()),
  role: Role,
  team: OrNull(Type.String()),
  ...times,
});
export const MemberList = listOf(Member);
export const MemberQuery = PageQuery({ team: Type.Optional(TeamId) });

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
    examples: [
      { name: 'Website', scope: 'write' },
      { name: 'Customer 4711', scope: 'write', team: 'team_01J3K9M2P8XABCDEFGHJKMNPQR', requestsPerMinute: 60 },
    ],
  },
);
export type KeyCreate = Static<typeof KeyCreate>;
export const KeyPatch = Closed(
  { name: Type.Optional(Name), ...narrowing },
  { minProperties: 1, examples: [{ addresses: ['203.0.113.0/24'], expiresAt: '2030-01-01T00:00:00Z' }] },
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
        description: 'How long the former text works on',
      }),
    ),
  },
  { examples: [{ graceSeconds: 3_600 }] },
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
export const Key = Type.Object(keyFields);
const Secret = OrNull(
  Type.String(),
  'The key itself: shown this once. Null when the request is repeated by another key',
);
export const KeyIssued = Type.Object({ ...keyFields, key: Secret });
export const KeyRotated = Type.Object({
  ...keyFields,
  key: Secret,
  graceUntil: { ...Time, description: 'From when on the former text opens nothing' },
});
export const KeyRevoked = Type.Object({ revoked: Type.Literal(true), id: Type.String() });
export const KeyList = listOf(Key);
export const KeyQuery = PageQuery({
  member: Type.Optional(MemberId),
  team: Type.Optional(TeamId),
  revoked: Type.Optional(Type.Boolean({ description: 'Whether revoked ones are listed too' })),
});

export const Deleted = Type.Object({ deleted: Type.Literal(true), id: Type.String() });
