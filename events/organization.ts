/**
 * The life of an organisation: the tenant that owns codes, teams and keys. Its plan decides whether it may have API
 * keys; its limits replace the plan's where they are given. Its teams' events stand in the same stream (`team.ts`).
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal } from './envelope.ts';

/** Plans of the reference; only `enterprise` has API access. */
export const Plan = Type.Union([Type.Literal('free'), Type.Literal('pro'), Type.Literal('enterprise')]);
export type Plan = Static<typeof Plan>;

/** Limits of an organisation: codes a calendar month (UTC), requests a minute for each key. */
export const Limits = Type.Object(
  {
    qrCodesPerMonth: Type.Integer({ minimum: 0 }),
    apiRequestsPerMinute: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type Limits = Static<typeof Limits>;

export const organizationEvents = {
  'org.created': Data({ name: personal(Type.String()), plan: Plan }),
  'org.renamed': Data({ name: personal(Type.String()) }),
  'org.plan_changed': Data({ plan: Plan }),
  'org.limits_changed': Data({ limits: Limits }),
  /** It goes on, and no name that it or a team of it had can be read any more. */
  'org.erased': Data({}),
} as const;

export type OrganizationFact = FactOf<typeof organizationEvents>;
