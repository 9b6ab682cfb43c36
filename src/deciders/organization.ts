/**
 * The rules of an organisation: it is created once with a plan, can be renamed, and an operator may change plan and
 * limits, but never below what its teams hold. Where no limits are set, those of the reference apply. Commands on its
 * teams are decided here too, by the rules in `team.ts`, because they share in the limits.
 */
import type { Limits, OrganizationFact, Plan } from '../../events/organization.ts';
import { type TeamFact, teamEvents } from '../../events/team.ts';
import type { Decider } from '../decider.ts';
import { Problem } from '../problem.ts';
import { nameFrom } from './name.ts';
import { type Carving, decideTeam, evolveTeams, spare, type TeamCommand, type Teams, withoutNames } from './team.ts';

/** Limits of the reference's enterprise plan. */
export const defaultLimits: Limits = { qrCodesPerMonth: 50_000, apiRequestsPerMinute: 1_000 };

export interface OrganizationState extends Carving {
  readonly exists: boolean;
  readonly name: string;
  /** Whether it or a team of it was given a name that was not erased. */
  readonly isNamed: boolean;
  readonly plan: Plan;
  readonly limits: Limits;
  readonly teams: Teams;
}

export type OrganizationCommand =
  | { readonly do: 'create'; readonly name: string; readonly plan: Plan }
  | { readonly do: 'rename'; readonly name: string }
  | { readonly do: 'change_plan'; readonly plan: Plan }
  | { readonly do: 'change_limits'; readonly limits: Partial<Limits> }
  | { readonly do: 'erase' }
  | TeamCommand;

/** What stands in an organisation's stream. */
export type OrganizationStreamFact = OrganizationFact | TeamFact;

const isOfTeam = (fact: OrganizationStreamFact): fact is TeamFact => Object.hasOwn(teamEvents, fact.type);

export const organization: Decider<OrganizationState, OrganizationCommand, OrganizationStreamFact> = {
  initial: { exists: false, name: '', isNamed: false, plan: 'free', limits: defaultLimits, teams: {} },

  evolve(state, fact) {
    if (isOfTeam(fact)) {
      const isNamed = state.isNamed || 'name' in fact.data;
      return { ...state, isNamed, teams: evolveTeams(state.teams, fact) };
    }
    const { type, data } = fact;
    switch (type) {
      case 'org.created':
        return { ...state, exists: true, name: data.name, isNamed: true, plan: data.plan };
      case 'org.renamed':
        return { ...state, name: data.name, isNamed: true };
      case 'org.plan_changed':
        return { ...state, plan: data.plan };
      case 'org.limits_changed':
        return { ...state, limits: data.limits };
      case 'org.erased':
        return { ...state, name: '', isNamed: false, teams: withoutNames(state.teams) };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'create') {
      if (state.exists) throw new Problem('conflict', 'The organisation exists already.');
      return [{ type: 'org.created', data: { name: nameFrom(command.name), plan: command.plan } }];
    }
    if (!state.exists) throw new Problem('not_found', 'There is no such organisation.');
    switch (command.do) {
      case 'rename': {
        const name = nameFrom(command.name);
        return name === state.name ? [] : [{ type: 'org.renamed', data: { name } }];
      }
      case 'change_plan':
        return command.plan === state.plan ? [] : [{ type: 'org.plan_changed', data: { plan: command.plan } }];
      case 'change_limits':
        return changeLimits({ ...state.limits, ...command.limits }, state);
      case 'erase':
        return state.isNamed ? [{ type: 'org.erased', data: {} }] : [];
      default:
        return decideTeam(command, state);
    }
  },
};

function changeLimits(limits: Limits, state: OrganizationState): OrganizationFact[] {
  const same =
    limits.qrCodesPerMonth === state.limits.qrCodesPerMonth &&
    limits.apiRequestsPerMinute === state.limits.apiRequestsPerMinute;
  if (same) return [];
  const free = spare({ limits, teams: state.teams });
  const short = [
    ...(free.qrCodesPerMonth < 0 ? [`${-free.qrCodesPerMonth} codes a month`] : []),
    ...(free.requestsPerMinute < 0 ? [`${-free.requestsPerMinute} requests a minute`] : []),
  ];
  if (short.length > 0) {
    throw new Problem(
      'conflict',
      `The teams hold ${short.join(' and ')} more than that leaves for them; take it from them first.`,
    );
  }
  return [{ type: 'org.limits_changed', data: { limits } }];
}
