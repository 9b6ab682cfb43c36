/**
 * The life of a job: many codes made, changed or deleted row by row, in the background. What each row came to is said in
 * the same commit that does it, so a job that was interrupted goes on behind the last row that took effect.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf } from './envelope.ts';

export const JobKind = Type.Union([Type.Literal('create'), Type.Literal('change'), Type.Literal('delete')]);
export type JobKind = Static<typeof JobKind>;

/** What is wrong with one row; the pointer leads into it. */
export const RowFault = Data({
  row: Type.Integer({ minimum: 0 }),
  pointer: Type.String(),
  code: Type.String(),
  detail: Type.String(),
});
export type RowFault = Static<typeof RowFault>;

export const jobEvents = {
  'job.requested': Data({
    kind: JobKind,
    rows: Type.Integer({ minimum: 1 }),
    /** Looks that do not scan are saved all the same. */
    force: Type.Optional(Type.Literal(true)),
    team: Type.Optional(Type.String()),
    test: Type.Optional(Type.Literal(true)),
  }),
  /** Rows from `from` on, in order: the code that each is about, null where it failed, and why those failed. */
  'job.advanced': Data({
    from: Type.Integer({ minimum: 0 }),
    codes: Type.Array(Type.Union([Type.String(), Type.Null()])),
    faults: Type.Array(RowFault),
  }),
  'job.cancelled': Data({}),
  /** It can't go on: its key may not do this any more. */
  'job.failed': Data({ reason: Type.String() }),
  'job.finished': Data({}),
} as const;

export type JobFact = FactOf<typeof jobEvents>;
