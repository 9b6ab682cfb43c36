/**
 * Telling a webhook once more, or at last, of what has happened: all that it is subscribed to in a range of the ledger.
 * The range is gone through in pieces, each of which says which deliveries were found in it, so that a replay goes on
 * where it was after any interruption and makes no delivery twice.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf, Id } from './envelope.ts';

const Position = Type.Integer({ minimum: 0 });

export const replayEvents = {
  /** All in the positions after `after` up to `until`. */
  'replay.requested': Data({ webhook: Id('wh'), after: Position, until: Position }),
  /** Everything up to `through` was looked at. */
  'replay.advanced': Data({
    webhook: Id('wh'),
    through: Position,
    /** Positions of the events that are to be told, by the name they are told under. */
    deliveries: Type.Record(Type.String(), Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 })),
  }),
} as const;

export type ReplayFact = FactOf<typeof replayEvents>;
