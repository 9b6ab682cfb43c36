/**
 * A key that is asked for, as a command: whose it is, what it may do and where it belongs are worked out here, and
 * nothing of it is more than the asking key may do itself.
 */
import type { Role } from '../../events/member.ts';
import { type Access, roleOf } from '../../projections/keys.ts';
import { findMember, type MemberRow } from '../../projections/members.ts';
import { findTeam } from '../../projections/teams.ts';
import type { KeyCommand } from '../deciders/key.ts';
import { type Fault, invalid } from '../problem.ts';
import { accessModels } from './auth.ts';
import type { Caller } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { narrowed, refuseLonger, refuseMore } from './grants.ts';
import type { KeyCreate } from './key-schemas.ts';
import { covers } from './rights.ts';
import { hashSecret } from './secret.ts';

export interface Issuance {
  readonly command: Extract<KeyCommand, { do: 'issue' }>;
  /** The role and the team it has then, its member's or its own. */
  readonly holder: { readonly role: Role; readonly team: string | null };
}

/**
 * The command that issues the key.
 *
 * @throws Problem `validation_failed` for a member or a team that is not there, `not_permitted` for more than the
 * asking key may do
 */
export async function issuance(
  deps: ApiDeps,
  { access, at }: Caller,
  asked: KeyCreate,
  secret: string,
): Promise<Issuance> {
  await deps.fresh(accessModels);
  const member = asked.member ? await findMember(deps.sql, access.org, asked.member, access.team) : undefined;
  const team = asked.team === undefined ? access.team : asked.team;
  const faults = await misplaced(deps, access, asked, team, member);
  if (faults.length > 0) throw invalid(faults);

  const { scope, mode = 'live', name } = asked;
  const usual = roleOf(scope);
  const role = member?.role ?? asked.role ?? (covers(access.role, usual) ? usual : access.role);
  const { fields } = narrowed(asked);
  // Where nothing is said, it is as narrow as the key that asks.
  const { operations = copy(access.operations), addresses = copy(access.addresses) } = fields;
  const { requestsPerMinute = access.requestsPerMinute } = fields;
  const { expiresAt = access.keyExpiresAt } = fields;
  const powers = { ...fields, operations, addresses, requestsPerMinute, expiresAt };
  const holder = { role, team: team ?? member?.team ?? null };
  refuseMore(access, { ...powers, ...holder });
  refuseLonger(access, expiresAt);
  return {
    holder,
    command: {
      ...{ do: 'issue', plan: access.plan, name, mode, scope, hash: hashSecret(secret), lastFour: secret.slice(-4) },
      ...powers,
      ...{ member: asked.member, team, at },
      // A member's own role says it all, and what the scope says need not be said twice.
      role: member || role === usual ? undefined : role,
    },
  };
}

const copy = (list: readonly string[] | null): string[] | null => list && [...list];

async function misplaced(
  deps: ApiDeps,
  { org }: Access,
  asked: KeyCreate,
  team: string | null,
  member: MemberRow | undefined,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const fault = (pointer: string, code: string, detail: string) => faults.push({ pointer, code, detail });
  if (asked.member && !member) fault('/member', 'unknown', 'There is no such member.');
  if (asked.member && asked.role) fault('/role', 'not_allowed', "A member's key has the role of the member.");
  if (team !== null && !(await findTeam(deps.sql, org, team))) fault('/team', 'unknown', 'There is no such team.');
  else if (member?.team && team !== null && team !== member.team) {
    fault('/team', 'not_allowed', 'The member works for another team.');
  }
  return faults;
}
