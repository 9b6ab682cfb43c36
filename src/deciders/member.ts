/**
 * The rules of a member: added once in a role, for the organisation or for one team; renamed, given another address,
 * role or team while there, and removed for good. Who may give which role is no rule of the member's: it depends on who
 * asks, and stands where rights do.
 */
import type { MemberFact, Role } from '../../events/member.ts';
import type { Decider } from '../decider.ts';
import { Problem } from '../problem.ts';
import { nameFrom } from './name.ts';

export interface MemberState {
  readonly status: 'absent' | 'active' | 'removed' | 'erased';
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  readonly team: string | null;
}

export type MemberCommand =
  | {
      readonly do: 'add';
      readonly name: string;
      readonly email?: string | null | undefined;
      readonly role: Role;
      readonly team: string | null;
    }
  | {
      readonly do: 'change';
      readonly name?: string | undefined;
      readonly email?: string | null | undefined;
      readonly role?: Role | undefined;
      readonly team?: string | null | undefined;
    }
  | { readonly do: 'remove' }
  | { readonly do: 'erase' };

export const member: Decider<MemberState, MemberCommand, MemberFact> = {
  initial: { status: 'absent', name: '', email: null, role: 'viewer', team: null },

  evolve(state, { type, data }) {
    switch (type) {
      case 'member.added':
        return { status: 'active', name: data.name, email: data.email ?? null, role: data.role, team: data.team };
      case 'member.renamed':
        return { ...state, name: data.name };
      case 'member.readdressed':
        return { ...state, email: data.email };
      case 'member.assigned':
        return { ...state, role: data.role, team: data.team };
      case 'member.removed':
        return { ...state, status: 'removed' };
      case 'member.erased':
        return { ...state, status: 'erased', name: '', email: null };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'add') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A member with this id exists already.');
      const { email, role, team } = command;
      return [{ type: 'member.added', data: { name: nameFrom(command.name), ...(email && { email }), role, team } }];
    }
    if (command.do === 'erase' && state.status !== 'absent') {
      return state.status === 'erased' ? [] : [{ type: 'member.erased', data: {} }];
    }
    if (state.status !== 'active' || command.do === 'erase') throw new Problem('not_found', 'There is no such member.');
    if (command.do === 'remove') return [{ type: 'member.removed', data: {} }];
    const { email = state.email, role = state.role, team = state.team } = command;
    const name = command.name === undefined ? state.name : nameFrom(command.name);
    const facts: MemberFact[] = [];
    if (name !== state.name) facts.push({ type: 'member.renamed', data: { name } });
    if (email !== state.email) facts.push({ type: 'member.readdressed', data: { email } });
    if (role !== state.role || team !== state.team) facts.push({ type: 'member.assigned', data: { role, team } });
    return facts;
  },
};
