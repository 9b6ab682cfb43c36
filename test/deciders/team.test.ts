/**
 * Teams and their quotas, decided as part of their organisation, as they are in the program. The property at the end is
 * the promise: whatever is asked for in whatever order, no quota is ever negative, and all of them and what no team
 * holds add up to the organisation's limits.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Quota, TeamFact } from '../../events/team.ts';
import { fold } from '../../src/decider.ts';
import {
  type OrganizationCommand,
  type OrganizationState,
  type OrganizationStreamFact,
  organization,
} from '../../src/deciders/organization.ts';
import { quotaNames, type TeamCommand, teamsMax, unassigned } from '../../src/deciders/team.ts';
import { Problem } from '../../src/problem.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const founded: OrganizationStreamFact[] = [
  { type: 'org.created', data: { name: 'Acme', plan: 'enterprise' } },
  { type: 'org.limits_changed', data: { limits: { qrCodesPerMonth: 100, apiRequestsPerMinute: 50 } } },
];
const created = (team: string, quota?: Quota): TeamFact => ({
  type: 'team.created',
  data: { team, name: team.toUpperCase(), ...(quota && { quota }) },
});
const moved = (from: string | null, to: string | null, amounts: Quota): TeamFact => ({
  type: 'team.quota_moved',
  data: { from, to, ...amounts },
});
const returned = (team: string, ...quotas: (keyof Quota & string)[]): TeamFact => ({
  type: 'team.quota_returned',
  data: { team, quotas },
});
const after = (given: readonly TeamFact[]): OrganizationState => fold(organization, [...founded, ...given]);
const when = (given: readonly TeamFact[], command: OrganizationCommand) => organization.decide(command, after(given));
const refused = async (given: readonly TeamFact[], command: TeamCommand) =>
  faultsOf(await problemOf(() => when(given, command)));

describe('a team', () => {
  test('is created with a quota that is taken from what no team holds, or with none', () => {
    const quota = { qrCodesPerMonth: 100, requestsPerMinute: 0 };
    expect(when([], { do: 'create_team', team: 'a', name: ' A ', quota })).toEqual([created('a', quota)]);
    expect(when([created('a', quota)], { do: 'create_team', team: 'b', name: 'B' })).toEqual([created('b')]);
    expect(unassigned(after([created('a', quota)]))).toEqual({ qrCodesPerMonth: 0, requestsPerMinute: 50 });
  });

  test('is refused with more than that, each part under its own pointer', async () => {
    // One request a minute stays, so that somebody can still ask for the others back.
    const quota = { qrCodesPerMonth: 41, requestsPerMinute: 50 };
    expect(
      await refused([created('a', { qrCodesPerMonth: 60 })], { do: 'create_team', team: 'b', name: 'B', quota }),
    ).toEqual(['/quota/qrCodesPerMonth exceeds_limit', '/quota/requestsPerMinute exceeds_limit']);
  });

  test('is created once, under a name, in an organisation that is there', async () => {
    const again = await problemOf(() => when([created('a')], { do: 'create_team', team: 'a', name: 'A' }));
    expect(again.code).toBe('conflict');
    expect(await refused([], { do: 'create_team', team: 'a', name: '' })).toEqual(['/name required']);
    const nowhere = () => organization.decide({ do: 'create_team', team: 'a', name: 'A' }, organization.initial);
    expect((await problemOf(nowhere)).code).toBe('not_found');
  });

  test('is not created beside ten thousand others', async () => {
    const full: OrganizationState = {
      ...after([]),
      teams: Object.fromEntries(Array.from({ length: teamsMax }, (_, i) => [`t${i}`, { name: 'T', quota: {} }])),
    };
    const more = () => organization.decide({ do: 'create_team', team: 'a', name: 'A' }, full);
    expect((await problemOf(more)).code).toBe('conflict');
  });

  test('is renamed, and the name it has is no change', async () => {
    expect(when([created('a')], { do: 'change_team', team: 'a', name: 'Field' })).toEqual([
      { type: 'team.renamed', data: { team: 'a', name: 'Field' } },
    ]);
    expect(when([created('a')], { do: 'change_team', team: 'a', name: ' A ' })).toEqual([]);
    expect(after([created('a'), { type: 'team.renamed', data: { team: 'a', name: 'Field' } }]).teams).toEqual({
      a: { name: 'Field', quota: {} },
    });
    expect(await refused([created('a')], { do: 'change_team', team: 'a', name: '\n' })).toEqual(['/name required']);
  });

  test('that is deleted gives all it held back, and is not there any more', async () => {
    const deleted: TeamFact = { type: 'team.deleted', data: { team: 'a' } };
    const quota = { qrCodesPerMonth: 60, requestsPerMinute: 5 };
    expect(when([created('a', quota)], { do: 'delete_team', team: 'a' })).toEqual([deleted]);
    const state = after([created('a', quota), deleted]);
    expect(state.teams).toEqual({});
    expect(unassigned(state)).toEqual({ qrCodesPerMonth: 100, requestsPerMinute: 50 });
    for (const command of [
      { do: 'delete_team', team: 'a' },
      { do: 'change_team', team: 'a', name: 'X' },
      { do: 'delete_team', team: '__proto__' },
      { do: 'delete_team', team: 'constructor' },
    ] as const) {
      expect((await problemOf(() => when([created('a'), deleted], command))).code).toBe('not_found');
    }
  });
});

describe('the quota of a team', () => {
  const held = [created('a', { qrCodesPerMonth: 40 }), created('b')];
  const set = (quota: Extract<TeamCommand, { do: 'change_team' }>['quota']) =>
    when(held, { do: 'change_team', team: 'a', quota });

  test('is raised from what no team holds and lowered to it', () => {
    expect(set({ qrCodesPerMonth: 100 })).toEqual([moved(null, 'a', { qrCodesPerMonth: 60 })]);
    expect(set({ qrCodesPerMonth: 0 })).toEqual([moved('a', null, { qrCodesPerMonth: 40 })]);
    expect(set({ qrCodesPerMonth: 30, requestsPerMinute: 20 })).toEqual([
      moved('a', null, { qrCodesPerMonth: 10 }),
      moved(null, 'a', { requestsPerMinute: 20 }),
    ]);
  });

  test('of 0 is not the same as none: the team has nothing of its own and shares nothing', () => {
    expect(set({ requestsPerMinute: 0 })).toEqual([moved(null, 'a', { requestsPerMinute: 0 })]);
    const state = after([...held, moved(null, 'a', { requestsPerMinute: 0 })]);
    expect(state.teams['a']!.quota).toEqual({ qrCodesPerMonth: 40, requestsPerMinute: 0 });
  });

  test('is given back by null, all of it or a part', () => {
    expect(set({ qrCodesPerMonth: null })).toEqual([returned('a', 'qrCodesPerMonth')]);
    expect(set(null)).toEqual([returned('a', 'qrCodesPerMonth')]);
    expect(after([...held, returned('a', 'qrCodesPerMonth')]).teams['a']).toEqual({ name: 'A', quota: {} });
    expect(when(held, { do: 'change_team', team: 'b', quota: null })).toEqual([]);
  });

  test('that stays as it is is no change', () => {
    expect(set(undefined)).toEqual([]);
    expect(set({})).toEqual([]);
    expect(set({ qrCodesPerMonth: 40 })).toEqual([]);
  });

  test('can not be raised past what no team holds', async () => {
    expect(await refused(held, { do: 'change_team', team: 'a', quota: { qrCodesPerMonth: 101 } })).toEqual([
      '/quota/qrCodesPerMonth exceeds_limit',
    ]);
  });

  test('moves between teams, and from and to what no team holds', () => {
    const move = (from: string | null, to: string | null, amounts: Quota) =>
      when(held, { do: 'move_quota', from, to, amounts });
    expect(move('a', 'b', { qrCodesPerMonth: 40 })).toEqual([moved('a', 'b', { qrCodesPerMonth: 40 })]);
    expect(move('a', null, { qrCodesPerMonth: 1 })).toEqual([moved('a', null, { qrCodesPerMonth: 1 })]);
    expect(move(null, 'b', { qrCodesPerMonth: 60, requestsPerMinute: 49 })).toEqual([
      moved(null, 'b', { qrCodesPerMonth: 60, requestsPerMinute: 49 }),
    ]);
    expect(move('a', 'b', { qrCodesPerMonth: 0 })).toEqual([]);
    expect(after([...held, moved('a', 'b', { qrCodesPerMonth: 15 })]).teams).toEqual({
      a: { name: 'A', quota: { qrCodesPerMonth: 25 } },
      b: { name: 'B', quota: { qrCodesPerMonth: 15 } },
    });
  });

  test('does not move from who has too little, to nobody there, or on the spot', async () => {
    const move = (from: string | null, to: string | null, amounts: Quota) =>
      refused(held, { do: 'move_quota', from, to, amounts });
    expect(await move('a', 'b', { qrCodesPerMonth: 41, requestsPerMinute: 1 })).toEqual([
      '/qrCodesPerMonth exceeds_limit',
      '/requestsPerMinute exceeds_limit',
    ]);
    expect(await move(null, 'b', { qrCodesPerMonth: 61 })).toEqual(['/qrCodesPerMonth exceeds_limit']);
    expect(await move('x', 'y', { qrCodesPerMonth: 1 })).toEqual(['/from unknown', '/to unknown']);
    expect(await move('a', 'a', { qrCodesPerMonth: 1 })).toEqual(['/to not_allowed']);
    expect(await move(null, null, { qrCodesPerMonth: 1 })).toEqual(['/to not_allowed']);
  });
});

test('limits are never set below what the teams hold', async () => {
  const held = [created('a', { qrCodesPerMonth: 40, requestsPerMinute: 10 })];
  const lower = (limits: object) => () => when(held, { do: 'change_limits', limits });
  for (const limits of [{ qrCodesPerMonth: 39 }, { apiRequestsPerMinute: 10 }]) {
    expect((await problemOf(lower(limits))).code).toBe('conflict');
  }
  expect(lower({ qrCodesPerMonth: 40, apiRequestsPerMinute: 11 })()).toHaveLength(1);
});

test('whatever is asked for, no quota is negative and all of them and the rest add up to the limits', () => {
  const team = fc.constantFrom('a', 'b', 'c', 'd');
  const amount = fc.oneof(fc.nat({ max: 120 }), fc.constantFrom(0, 1, 50, 100));
  const quota = fc.record({ qrCodesPerMonth: amount, requestsPerMinute: amount }, { requiredKeys: [] });
  const change = fc.record({ qrCodesPerMonth: fc.option(amount), requestsPerMinute: fc.option(amount) });
  const holder = fc.option(team);
  const limits = fc.record(
    { qrCodesPerMonth: amount, apiRequestsPerMinute: amount.map(n => n + 1) },
    { requiredKeys: [] },
  );
  const is = <T extends string>(verb: T) => ({ do: fc.constant(verb) });
  const command: fc.Arbitrary<OrganizationCommand> = fc.oneof(
    fc.record({ ...is('create_team'), team, name: fc.constant('T'), quota: fc.option(quota, { nil: undefined }) }),
    fc.record({ ...is('change_team'), team, quota: fc.oneof(change, fc.constant(null)) }),
    fc.record({ ...is('move_quota'), from: holder, to: holder, amounts: quota }),
    fc.record({ ...is('delete_team'), team }),
    fc.record({ ...is('change_limits'), limits }),
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), commands => {
      let state = after([]);
      for (const each of commands) {
        try {
          state = fold(organization, organization.decide(each, state), state);
          taken += 1;
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
        const rest = unassigned(state);
        const parts = Object.values(state.teams).flatMap(({ quota }) => Object.values(quota));
        expect(Math.min(0, ...parts, rest.qrCodesPerMonth, rest.requestsPerMinute - 1)).toBe(0);
        const { qrCodesPerMonth, apiRequestsPerMinute } = state.limits;
        const sums = quotaNames.map(name =>
          Object.values(state.teams).reduce((sum, { quota }) => sum + (quota[name] ?? 0), rest[name]),
        );
        expect(sums).toEqual([qrCodesPerMonth, apiRequestsPerMinute]);
      }
    }),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(2_000);
});
