/**
 * The rules of an API key: issued once to an organisation whose plan includes the API, revoked at most once. The key's
 * own text never comes here; what is decided on is its hash.
 */
import type { KeyFact, KeyMode, Scope } from '../../events/key.ts';
import type { Plan } from '../../events/organization.ts';
import type { Decider } from '../decider.ts';
import { Problem } from '../problem.ts';

export interface KeyState {
  readonly status: 'absent' | 'active' | 'revoked';
}

export type KeyCommand =
  | {
      readonly do: 'issue';
      readonly plan: Plan;
      readonly name: string;
      readonly mode: KeyMode;
      readonly scope: Scope;
      readonly hash: string;
      readonly lastFour: string;
      readonly chosen?: boolean;
    }
  | { readonly do: 'revoke' };

export const key: Decider<KeyState, KeyCommand, KeyFact> = {
  initial: { status: 'absent' },

  evolve(state, { type }) {
    switch (type) {
      case 'key.issued':
        return { status: 'active' };
      case 'key.revoked':
        return { status: 'revoked' };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'issue') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A key with this id exists already.');
      if (command.plan !== 'enterprise') {
        throw new Problem(
          'plan_upgrade_required',
          `API keys need the enterprise plan; this organisation has ${command.plan}.`,
        );
      }
      const { name, mode, scope, hash, lastFour, chosen } = command;
      return [{ type: 'key.issued', data: { name, mode, scope, hash, lastFour, ...(chosen && { chosen }) } }];
    }
    if (state.status === 'absent') throw new Problem('not_found', 'There is no such key.');
    return state.status === 'revoked' ? [] : [{ type: 'key.revoked', data: {} }];
  },
};
