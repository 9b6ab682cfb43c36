/**
 * Teams and what each has to itself. Every way a quota moves is followed into the rows; a random life of quotas is
 * replayed into the rows and into the rules, and both must tell the same.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import type { TeamFact } from '../../events/team.ts';
import { organizations } from '../../projections/organizations.ts';
import { findTeam, listTeams } from '../../projections/teams.ts';
import { fold } from '../../src/decider.ts';
import { organization } from '../../src/deciders/organization.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [organizations]);
});
afterAll(() => store.close());

const at = Date.UTC(2026, 3, 8);
const orgs = ['org_1', 'org_2'].map(org => eventOf('org.created', org, { name: org, plan: 'enterprise' }, { at, org }));
const none = { qrCodesPerMonth: null, requestsPerMinute: null };

/** Facts of `org_1` in order, after its creation. */
const history = (...facts: TeamFact[]): AnyEvent[] =>
  facts.map(({ type, data }, i) => eventOf(type, 'org_1', data as never, { at, version: i + 2 }));
const created = (team: string, quota?: object): TeamFact => ({
  type: 'team.created',
  data: { team, name: team.toUpperCase(), ...(quota && { quota }) },
});
const quotasAfter = (...facts: TeamFact[]) =>
  trial(store.sql, organizations, [[...orgs, ...history(...facts)]], async tx => {
    const { rows } = await listTeams(tx, 'org_1', null, { limit: 100 });
    const quotas = rows.map(({ id, qr_codes_per_month, requests_per_minute }) => ({
      ...{ team: id, qrCodesPerMonth: qr_codes_per_month, requestsPerMinute: requests_per_minute },
    }));
    return quotas.reverse();
  });

describe('a team', () => {
  const facts = [created('team_1', { qrCodesPerMonth: 9 }), created('team_2'), created('team_3')];
  const asked = <T>(ask: Parameters<typeof trial<T>>[3], ...more: TeamFact[]) =>
    trial(store.sql, organizations, [[...orgs, ...history(...facts, ...more)]], ask);

  test('is found in its organisation, with the version of the stream it stands in', async () => {
    expect(await asked(tx => findTeam(tx, 'org_1', 'team_1'))).toEqual({
      ...{ id: 'team_1', org: 'org_1', name: 'TEAM_1', qr_codes_per_month: 9, requests_per_minute: null },
      ...{ version: 4, created_ms: at, updated_ms: at },
    });
  });

  test('is not there for another organisation, before it is created or after it is deleted', async () => {
    const deleted: TeamFact = { type: 'team.deleted', data: { team: 'team_1' } };
    expect(await asked(tx => findTeam(tx, 'org_2', 'team_1'))).toBeUndefined();
    expect(await asked(tx => findTeam(tx, 'org_1', 'team_9'))).toBeUndefined();
    expect(await asked(tx => findTeam(tx, 'org_1', 'team_1'), deleted)).toBeUndefined();
  });

  test('is listed newest first, a page at a time, or alone where only one is seen', async () => {
    const ids = (only: string | null, page: { limit: number; before?: string }, org = 'org_1') =>
      asked(async tx => {
        const { rows, total } = await listTeams(tx, org, only, page);
        return [rows.map(({ id }) => id), total] as const;
      });
    expect(await ids(null, { limit: 2 })).toEqual([['team_3', 'team_2'], 3]);
    expect(await ids(null, { limit: 2, before: 'team_2' })).toEqual([['team_1'], 3]);
    expect(await ids('team_2', { limit: 2 })).toEqual([['team_2'], 1]);
    expect(await ids(null, { limit: 2 }, 'org_2')).toEqual([[], 0]);
  });
});

describe('what a team has to itself', () => {
  const held = [created('team_1', { qrCodesPerMonth: 9 }), created('team_2')];
  const moved = (from: string | null, to: string | null, amounts: object): TeamFact => ({
    type: 'team.quota_moved',
    data: { from, to, ...amounts },
  });

  test('is what it was given; nothing is not the same as 0', async () => {
    expect(await quotasAfter(...held)).toEqual([
      { team: 'team_1', ...none, qrCodesPerMonth: 9 },
      { team: 'team_2', ...none },
    ]);
    expect((await quotasAfter(...held, moved(null, 'team_2', { requestsPerMinute: 0 })))[1]).toEqual({
      ...{ team: 'team_2', ...none, requestsPerMinute: 0 },
    });
  });

  test('moves from one to the other, and only what moves', async () => {
    expect(await quotasAfter(...held, moved('team_1', 'team_2', { qrCodesPerMonth: 4 }))).toEqual([
      { team: 'team_1', ...none, qrCodesPerMonth: 5 },
      { team: 'team_2', ...none, qrCodesPerMonth: 4 },
    ]);
    expect((await quotasAfter(...held, moved('team_1', null, { qrCodesPerMonth: 9 })))[0]).toEqual({
      ...{ team: 'team_1', ...none, qrCodesPerMonth: 0 },
    });
  });

  test('is given back in parts, or as a whole when the team goes', async () => {
    const both = created('team_3', { qrCodesPerMonth: 1, requestsPerMinute: 2 });
    const returned: TeamFact = { type: 'team.quota_returned', data: { team: 'team_3', quotas: ['requestsPerMinute'] } };
    expect(await quotasAfter(both, returned)).toEqual([{ team: 'team_3', ...none, qrCodesPerMonth: 1 }]);
    expect(await quotasAfter(both, { type: 'team.deleted', data: { team: 'team_3' } })).toEqual([]);
  });

  test('is the same in the rows as by the rules, whatever life the quotas had', async () => {
    const teams = ['team_1', 'team_2', 'team_3'];
    let state = fold(organization, [{ type: 'org.created', data: { name: 'One', plan: 'enterprise' } }]);
    const facts: TeamFact[] = [];
    const take = (command: Parameters<typeof organization.decide>[0]) => {
      const decided = organization.decide(command, state) as TeamFact[];
      state = fold(organization, decided, state);
      facts.push(...decided);
    };
    for (const team of teams) take({ do: 'create_team', team, name: 'T', quota: { qrCodesPerMonth: 500 } });
    for (let i = 0; i < 60; i++) {
      const [from, to] = [teams[i % 3]!, teams[(i * 7 + 1) % 3]!];
      if (from !== to) take({ do: 'move_quota', from, to, amounts: { qrCodesPerMonth: i % 5 } });
      take({ do: 'change_team', team: to, quota: { requestsPerMinute: i % 4 === 0 ? null : i } });
    }
    const rows = await quotasAfter(...facts);
    expect(rows.map(({ team, ...quota }) => [team, quota])).toEqual(
      teams.map(team => [team, { ...none, ...state.teams[team]!.quota }]),
    );
  });
});
