/**
 * The life of a team: a part of an organisation with codes, keys and members of its own. Its events stand in the
 * organisation's stream, because quotas are carved out of the organisation's limits and moved between teams: what is
 * decided on is the sum, so it must be one thing that is decided on.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, Id, personal } from './envelope.ts';

/** What can be carved out: codes a calendar month (UTC), requests a minute for all keys of the team together. */
const amounts = {
  qrCodesPerMonth: Type.Optional(Type.Integer({ minimum: 0 })),
  requestsPerMinute: Type.Optional(Type.Integer({ minimum: 0 })),
} as const;

/**
 * What a team has to itself. What is not named it has in common with all who do so: codes are shared of what no team
 * holds, and of requests each of its keys has as many as no team holds.
 */
export const Quota = Data(amounts);
export type Quota = Static<typeof Quota>;

/** A team, or null: what the organisation has given to none. */
const Holder = Type.Union([Id('team'), Type.Null()]);

export const teamEvents = {
  /** Its quota is taken from what no team holds. */
  'team.created': Data({ team: Id('team'), name: personal(Type.String()), quota: Type.Optional(Quota) }),
  'team.renamed': Data({ team: Id('team'), name: personal(Type.String()) }),
  /** So much less for the one, so much more for the other. Who is given something, be it 0, has it to itself now. */
  'team.quota_moved': Data({ from: Holder, to: Holder, ...amounts }),
  /** These are the organisation's again, and the team shares in them from now on. */
  'team.quota_returned': Data({
    team: Id('team'),
    quotas: Type.Array(Type.Union([Type.Literal('qrCodesPerMonth'), Type.Literal('requestsPerMinute')]), {
      minItems: 1,
    }),
  }),
  /** Its quota is the organisation's again; its keys and members have no access any more, its codes stay. */
  'team.deleted': Data({ team: Id('team') }),
} as const;

export type TeamFact = FactOf<typeof teamEvents>;
