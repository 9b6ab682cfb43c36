/**
 * The rules of an organisation: it is created once with a plan, and an operator may change plan and limits. Where no
 * limits are set, those of the reference apply.
 */
import type { Limits, OrganizationFact, Plan } from '../../events/organization.ts';
import type { Decider } from '../decider.ts';
import { invalid, Problem } from '../problem.ts';

/** Limits of the reference's enterprise plan. */
export const defaultLimits: Limits = { qrCodesPerMonth: 50_000, apiRequestsPerMinute: 1_000 };

export interface OrganizationState {
  readonly exists: boolean;
  readonly plan: Plan;
  readonly limits: Limits;
}

export type OrganizationCommand =
  | { readonly do: 'create'; readonly name: string; readonly plan: Plan }
  | { readonly do: 'change_plan'; readonly plan: Plan }
  | { readonly do: 'change_limits'; readonly limits: Partial<Limits> };

export const organization: Decider<OrganizationState, OrganizationCommand, OrganizationFact> = {
  initial: { exists: false, plan: 'free', limits: defaultLimits },

  evolve(state, { type, data }) {
    switch (type) {
      case 'org.created':
        return { ...state, exists: true, plan: data.plan };
      case 'org.plan_changed':
        return { ...state, plan: data.plan };
      case 'org.limits_changed':
        return { ...state, limits: data.limits };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'create') {
      if (state.exists) throw new Problem('conflict', 'The organisation exists already.');
      const name = command.name.trim();
      if (name === '') {
        throw invalid([{ pointer: '/name', code: 'required', detail: 'An organisation has a name.' }]);
      }
      return [{ type: 'org.created', data: { name, plan: command.plan } }];
    }
    if (!state.exists) throw new Problem('not_found', 'There is no such organisation.');
    if (command.do === 'change_plan') {
      return command.plan === state.plan ? [] : [{ type: 'org.plan_changed', data: { plan: command.plan } }];
    }
    const limits = { ...state.limits, ...command.limits };
    const same =
      limits.qrCodesPerMonth === state.limits.qrCodesPerMonth &&
      limits.apiRequestsPerMinute === state.limits.apiRequestsPerMinute;
    return same ? [] : [{ type: 'org.limits_changed', data: { limits } }];
  },
};
