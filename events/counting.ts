/**
 * What better counting rules make of the past. A scan names its user agent by a number; when a version of the rules first
 * comes into force, the strings that are still known are judged by it, and what it sees otherwise than the version
 * before is put on record once. So history is recomputed from the ledger alone, also after the strings are forgotten.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf } from './envelope.ts';

const Agents = Type.Array(Type.Integer());

export const countingEvents = {
  'counting.revised': Data({
    /** Version of the rules, see `projections/counting.ts`. */
    version: Type.Integer({ minimum: 2 }),
    /** Numbers of user agents that are bots by these rules and were not by those before. */
    bots: Agents,
    /** And the other way round. */
    people: Agents,
  }),
} as const;

export type CountingFact = FactOf<typeof countingEvents>;
