/**
 * The life of a member: a person who works for an organisation, or for one team of it, in a role. A member's keys can
 * do what the role allows and no more, also when the role is lowered later, and nothing once the member is removed.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, Id, personal } from './envelope.ts';

/** What each may do stands in one table, `src/http/rights.ts`. */
export const Role = Type.Union([
  Type.Literal('owner'),
  Type.Literal('admin'),
  Type.Literal('editor'),
  Type.Literal('viewer'),
  Type.Literal('auditor'),
]);
export type Role = Static<typeof Role>;

/** The team a member works for; null for the whole organisation. */
const Team = Type.Union([Id('team'), Type.Null()]);

export const memberEvents = {
  'member.added': Data({
    name: personal(Type.String()),
    email: Type.Optional(personal(Type.String())),
    role: Role,
    team: Team,
  }),
  'member.renamed': Data({ name: personal(Type.String()) }),
  'member.readdressed': Data({ email: Type.Union([personal(Type.String()), Type.Null()]) }),
  'member.assigned': Data({ role: Role, team: Team }),
  'member.removed': Data({}),
  /** Gone as a removed one is, and nobody can read any more who it was. */
  'member.erased': Data({}),
} as const;

export type MemberFact = FactOf<typeof memberEvents>;
