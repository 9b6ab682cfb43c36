/**
 * What the routes of organisations, teams and members take and give. A quota is told by the same two names
 * wherever it stands, and null always means that nothing of its own is there.
 */
import { Type } from '@sinclair/typebox';
import { Role } from '../../events/member.ts';
import { Plan } from '../../events/organization.ts';
import { listOf, PageQuery } from './pages.ts';
import { Closed, OrNull, Time } from './shapes.ts';

export const Name = Type.String({ minLength: 1, maxLength: 200, description: 'A name for people, in one line' });
export const TeamId = Type.String({ pattern: '^team_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a team, team_…' });
export const MemberId = Type.String({ pattern: '^mem_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a member, mem_…' });
const amountMax = Number.MAX_SAFE_INTEGER;
const Codes = Type.Integer({ minimum: 0, maximum: amountMax, description: 'Codes a calendar month (UTC)' });
const Requests = Type.Integer({ minimum: 0, maximum: amountMax, description: 'Requests a minute' });
export const times = { createdAt: Time, updatedAt: Time };

export const OrganizationPatch = Closed(
  { name: Type.Optional(Name) },
  { title: 'OrganizationPatch', minProperties: 1, examples: [{ name: 'Acme' }] },
);
export const Organization = Type.Object(
  {
    id: Type.String({ examples: ['org_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
    name: Type.String(),
    plan: Plan,
    limits: Type.Object({ qrCodesPerMonth: Type.Integer(), apiRequestsPerMinute: Type.Integer() }),
    unassigned: Type.Object(
      { qrCodesPerMonth: Type.Integer(), requestsPerMinute: Type.Integer() },
      { description: 'What no team holds: shared by all that have no quota of their own' },
    ),
    ...times,
  },
  { title: 'Organization' },
);

export const TeamCreate = Closed(
  {
    name: Name,
    quota: Type.Optional(Closed({ qrCodesPerMonth: Type.Optional(Codes), requestsPerMinute: Type.Optional(Requests) })),
  },
  {
    title: 'TeamCreate',
    examples: [{ name: 'Customer 4711', quota: { qrCodesPerMonth: 500, requestsPerMinute: 60 } }],
  },
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
  { title: 'TeamPatch', minProperties: 1, examples: [{ quota: { qrCodesPerMonth: 800 } }] },
);
export const QuotaMove = Closed(
  {
    from: OrNull(TeamId, 'Null for what no team holds'),
    to: OrNull(TeamId, 'Null for what no team holds'),
    qrCodesPerMonth: Type.Optional(Codes),
    requestsPerMinute: Type.Optional(Requests),
  },
  { title: 'QuotaMove', examples: [{ from: null, to: 'team_01J3K9M2P8XABCDEFGHJKMNPQR', qrCodesPerMonth: 200 }] },
);
export const TeamQuota = Type.Object(
  {
    qrCodesPerMonth: OrNull(Type.Integer(), 'Null: shares what no team holds'),
    requestsPerMinute: OrNull(Type.Integer(), 'Of all its keys together; null: each key has what no team holds'),
  },
  { title: 'TeamQuota' },
);
export const Team = Type.Object(
  {
    id: Type.String({ examples: ['team_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
    name: Type.String(),
    quota: TeamQuota,
    ...times,
  },
  { title: 'Team' },
);
export const TeamList = listOf(Team);
export const QuotaMoved = Type.Object(
  {
    quotas: Type.Array(Type.Object({ team: OrNull(Type.String()), quota: TeamQuota }), {
      description: 'What the two hold now; team is null for what no team holds',
    }),
  },
  { title: 'QuotaMoved' },
);

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
  { title: 'MemberCreate', examples: [{ name: 'Ada Lovelace', email: 'ada@example.com', role: 'editor' }] },
);
export const MemberPatch = Closed(
  {
    name: Type.Optional(Name),
    email: MemberCreate.properties.email,
    role: Type.Optional(AnyRole),
    team: MemberCreate.properties.team,
  },
  { title: 'MemberPatch', minProperties: 1, examples: [{ role: 'viewer' }] },
);
export const Member = Type.Object(
  {
    id: Type.String({ examples: ['mem_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
    name: Type.String(),
    email: OrNull(Type.String()),
    role: Role,
    team: OrNull(Type.String()),
    ...times,
  },
  { title: 'Member' },
);
export const MemberList = listOf(Member);
export const MemberQuery = PageQuery({ team: Type.Optional(TeamId) });

export const Deleted = Type.Object({ deleted: Type.Literal(true), id: Type.String() }, { title: 'Deleted' });
