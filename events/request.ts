/**
 * How much the API was used. Requests are counted in memory and put on record in sums, one event a key and interval,
 * because a fact per read would outweigh every other fact in the ledger.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf, Id } from './envelope.ts';

export const requestEvents = {
  'request.metered': Data({
    key: Type.String(),
    /** Calendar month in UTC the requests were made in, `YYYY-MM`. */
    period: Type.String({ pattern: '^\\d{4}-\\d{2}$' }),
    count: Type.Integer({ minimum: 1 }),
    /** The team it was made for; absent for the organisation's own. */
    team: Type.Optional(Id('team')),
    /** Made with a test key, so not billed. */
    test: Type.Optional(Type.Literal(true)),
  }),
} as const;

export type RequestFact = FactOf<typeof requestEvents>;
