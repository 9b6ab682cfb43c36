/**
 * The rules of teams: each is a part of one organisation and may be given a part of its limits, a quota. What no team
 * holds is shared by all who have none (of requests, each of their keys has all of that). Quotas are taken from there
 * and moved between teams, and it holds at any time that no quota is negative and that all of them and the rest add up
 * to the organisation's limits.
 */
import type { Limits } from '../../events/organization.ts';
import type { Quota, TeamFact } from '../../events/team.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { nameFrom } from './name.ts';

export interface TeamState {
  readonly name: string;
  readonly quota: Quota;
}
export type Teams = Readonly<Record<string, TeamState>>;

/** What the rules look at: the limits, and the teams that there are. */
export interface Carving {
  readonly limits: Limits;
  readonly teams: Teams;
}

/** A quota as it is asked for; null gives it back, what is absent stays. */
export type QuotaChange = { readonly [Q in keyof Quota]?: number | null | undefined };

export type TeamCommand =
  | { readonly do: 'create_team'; readonly team: string; readonly name: string; readonly quota?: Quota | undefined }
  | {
      readonly do: 'change_team';
      readonly team: string;
      readonly name?: string | undefined;
      readonly quota?: QuotaChange | null | undefined;
    }
  | { readonly do: 'move_quota'; readonly from: string | null; readonly to: string | null; readonly amounts: Quota }
  | { readonly do: 'delete_team'; readonly team: string };

type Name = keyof Quota & string;
type Draft = { -readonly [N in Name]?: number };
/** Each part of a quota and the limit it is a part of. */
const limitNames = { qrCodesPerMonth: 'qrCodesPerMonth', requestsPerMinute: 'apiRequestsPerMinute' } as const;
export const quotaNames = Object.keys(limitNames) as Name[];

/** Teams of one organisation; more of them make every decision on their quotas slower. */
export const teamsMax = 10_000;

/** What all teams hold together. */
export function heldBy(teams: Teams): Required<Quota> {
  const held = { qrCodesPerMonth: 0, requestsPerMinute: 0 };
  for (const { quota } of Object.values(teams)) for (const name of quotaNames) held[name] += quota[name] ?? 0;
  return held;
}

/** What no team holds. */
export function unassigned({ limits, teams }: Carving): Required<Quota> {
  const held = heldBy(teams);
  return {
    qrCodesPerMonth: limits.qrCodesPerMonth - held.qrCodesPerMonth,
    requestsPerMinute: limits.apiRequestsPerMinute - held.requestsPerMinute,
  };
}

/**
 * What can be given to teams of what none holds: one request a minute stays with the organisation, or nobody could ask
 * for anything to be given back.
 */
export function spare(carving: Carving): Required<Quota> {
  const { qrCodesPerMonth, requestsPerMinute } = unassigned(carving);
  return { qrCodesPerMonth, requestsPerMinute: requestsPerMinute - requestsKept };
}
export const requestsKept = 1;

/** Teams whose names were erased. */
export const withoutNames = (teams: Teams): Teams =>
  Object.fromEntries(Object.entries(teams).map(([id, team]) => [id, { ...team, name: '' }]));

/** Teams after a fact. */
export function evolveTeams(teams: Teams, { type, data }: TeamFact): Teams {
  switch (type) {
    case 'team.created':
      return { ...teams, [data.team]: { name: data.name, quota: data.quota ?? {} } };
    case 'team.renamed':
      return altered(teams, data.team, team => ({ ...team, name: data.name }));
    case 'team.quota_moved': {
      const taken = altered(teams, data.from, team => ({ ...team, quota: plus(team.quota, data, -1) }));
      return altered(taken, data.to, team => ({ ...team, quota: plus(team.quota, data, 1) }));
    }
    case 'team.quota_returned':
      return altered(teams, data.team, team => ({
        ...team,
        quota: Object.fromEntries(Object.entries(team.quota).filter(([name]) => !data.quotas.includes(name as Name))),
      }));
    case 'team.deleted': {
      const { [data.team]: _, ...rest } = teams;
      return rest;
    }
    default:
      return teams;
  }
}

/** Facts that follow from a command; throws a `Problem` when it is refused. */
export function decideTeam(command: TeamCommand, carving: Carving): TeamFact[] {
  switch (command.do) {
    case 'create_team':
      return create(command, carving);
    case 'change_team': {
      const { team, name, quota } = command;
      const before = stateOf(carving, team);
      const renamed = name === undefined ? before.name : nameFrom(name);
      return [
        ...(renamed === before.name ? [] : [{ type: 'team.renamed', data: { team, name: renamed } } as const]),
        ...(quota === undefined ? [] : requota(carving, team, before.quota, quota)),
      ];
    }
    case 'move_quota':
      return move(command, carving);
    case 'delete_team':
      stateOf(carving, command.team);
      return [{ type: 'team.deleted', data: { team: command.team } }];
  }
}

function create(command: Extract<TeamCommand, { do: 'create_team' }>, carving: Carving): TeamFact[] {
  const { team, quota } = command;
  if (carving.teams[team]) throw new Problem('conflict', 'A team with this id exists already.');
  if (Object.keys(carving.teams).length >= teamsMax) {
    throw new Problem('conflict', `An organisation has at most ${teamsMax.toLocaleString('en')} teams.`);
  }
  const name = nameFrom(command.name);
  const free = spare(carving);
  refuse(quotaNames.flatMap(each => tooMuch(`/quota/${each}`, quota?.[each] ?? 0, free[each])));
  return [{ type: 'team.created', data: { team, name, ...(quota && { quota }) } }];
}

/** Sets a team's quota: what it gets more comes from what no team holds, what it gets less goes there. */
function requota(carving: Carving, team: string, before: Quota, wanted: QuotaChange | null): TeamFact[] {
  const free = spare(carving);
  const more: Draft = {};
  const less: Draft = {};
  const returned: Name[] = [];
  const faults: Fault[] = [];
  for (const name of quotaNames) {
    const [had, wants] = [before[name], wanted === null ? null : wanted[name]];
    if (wants === undefined || wants === had || (wants === null && had === undefined)) continue;
    if (wants === null) returned.push(name);
    else if (wants < (had ?? 0)) less[name] = (had ?? 0) - wants;
    else {
      more[name] = wants - (had ?? 0);
      faults.push(...tooMuch(`/quota/${name}`, wants, (had ?? 0) + free[name]));
    }
  }
  refuse(faults);
  const facts: TeamFact[] = [];
  if (Object.keys(less).length > 0) facts.push({ type: 'team.quota_moved', data: { from: team, to: null, ...less } });
  if (Object.keys(more).length > 0) facts.push({ type: 'team.quota_moved', data: { from: null, to: team, ...more } });
  if (returned.length > 0) facts.push({ type: 'team.quota_returned', data: { team, quotas: returned } });
  return facts;
}

function move({ from, to, amounts }: Extract<TeamCommand, { do: 'move_quota' }>, carving: Carving): TeamFact[] {
  const faults: Fault[] = [];
  for (const [pointer, team] of [
    ['/from', from],
    ['/to', to],
  ] as const) {
    if (team === null || carving.teams[team]) continue;
    faults.push({ pointer, code: 'unknown', detail: 'There is no such team.' });
  }
  if (from === to) faults.push({ pointer: '/to', code: 'not_allowed', detail: 'A quota moves to somebody else.' });
  refuse(faults);
  const free: Quota = from === null ? spare(carving) : carving.teams[from]!.quota;
  refuse(quotaNames.flatMap(name => tooMuch(`/${name}`, amounts[name] ?? 0, free[name] ?? 0)));
  const moved = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0));
  return Object.keys(moved).length === 0 ? [] : [{ type: 'team.quota_moved', data: { from, to, ...moved } }];
}

function stateOf({ teams }: Carving, team: string): TeamState {
  const state = Object.hasOwn(teams, team) ? teams[team] : undefined;
  if (!state) throw new Problem('not_found', 'There is no such team.');
  return state;
}

function altered(teams: Teams, team: string | null, alter: (state: TeamState) => TeamState): Teams {
  const state = team === null ? undefined : teams[team];
  return state ? { ...teams, [team!]: alter(state) } : teams;
}

function plus(quota: Quota, amounts: Quota, sign: 1 | -1): Quota {
  const sum: Draft = { ...quota };
  for (const name of quotaNames) {
    const amount = amounts[name];
    if (amount !== undefined) sum[name] = (sum[name] ?? 0) + sign * amount;
  }
  return sum;
}

function tooMuch(pointer: string, wanted: number, free: number): Fault[] {
  if (wanted <= free) return [];
  const detail = `Only ${free} of the organisation's limit are free for this; ${wanted} were asked for.`;
  return [{ pointer, code: 'exceeds_limit', detail }];
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalid(faults);
}
