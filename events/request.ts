/**
 * How much the API was used. Requests are counted in memory and put on record in sums, one event a key and interval,
 * because a fact per read would outweigh every other fact in the ledger.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf } from './envelope.ts';

export const requestEvents = {
  'request.metered': Data({
    key: Type.String(),
    /** Calendar month in UTC the requests were made in, `YYYY-MM`. */
    period: Type.String({ pattern: '^\\d{4}-\\d{2}$' }),
    count: Type.Integer({ minimum: 1 }),
  }),
} as const;

export type RequestFact = FactOf<typeof requestEvents>;
