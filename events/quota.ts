/**
 * What is told of a quota: that so much of it is used. It is told once for each threshold and period, so that whoever is
 * notified is not notified again.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, Id } from './envelope.ts';

/** Percent of a quota at which it is told. */
export const Threshold = Type.Union([Type.Literal(80), Type.Literal(100)]);
export type Threshold = Static<typeof Threshold>;

export const quotaEvents = {
  'quota.reached': Data({
    quota: Type.Literal('qrCodesPerMonth'),
    threshold: Threshold,
    /** Whose quota it is; null for the organisation's. */
    team: Type.Union([Id('team'), Type.Null()]),
    /** Calendar month in UTC, `YYYY-MM`. */
    period: Type.String({ pattern: '^\\d{4}-\\d{2}$' }),
    used: Type.Integer(),
    limit: Type.Integer(),
  }),
} as const;

export type QuotaFact = FactOf<typeof quotaEvents>;
