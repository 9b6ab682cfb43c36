/**
 * Scans that shall not count after all: somebody tried a code, a campaign was rehearsed. They stay on record, and what is
 * excluded can be included again. All conditions that are given have to hold.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf, personal } from './envelope.ts';

const Name = Type.String({ minLength: 1, maxLength: 64 });

export const trafficEvents = {
  'traffic.excluded': Data({
    /** Of these codes; absent for all. */
    codes: Type.Optional(Type.Array(Type.String())),
    /** Of codes that were made with this key. */
    key: Type.Optional(Type.String()),
    /** From this time on, in milliseconds; a full quarter of an hour. */
    from: Type.Optional(Type.Integer()),
    /** Before this time. */
    before: Type.Optional(Type.Integer()),
    /** With this flag in the short URL's query. */
    utmSource: Type.Optional(Name),
    utmMedium: Type.Optional(Name),
    utmCampaign: Type.Optional(Name),
    /** Why, for people. */
    reason: Type.Optional(personal(Type.String())),
  }),
  'traffic.included': Data({}),
  /** The reason can not be read any more; what is excluded stays so. */
  'traffic.erased': Data({}),
} as const;

export type TrafficFact = FactOf<typeof trafficEvents>;
