/**
 * Organisations with their plan and limits. What each event leaves in the rows stands in `tenancy.ts`; here is what can
 * be asked. Teams are asked about in `teams.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findOrganization, listOrganizations, organizations } from '../../projections/organizations.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [organizations]);
});
afterAll(() => store.close());

const [then, later] = [Date.UTC(2026, 3, 8), Date.UTC(2026, 4, 9)];
const held = { qrCodesPerMonth: 0, requestsPerMinute: 0 };
const limits = { qrCodesPerMonth: 5, apiRequestsPerMinute: 6 };
const created = [
  eventOf('org.created', 'org_1', { name: 'One', plan: 'enterprise' }, { at: then }),
  eventOf('org.created', 'org_2', { name: 'Two', plan: 'free' }, { at: then, org: 'org_2' }),
];
const one = { id: 'org_1', name: 'One', plan: 'enterprise', limits: null, version: 1, held } as const;
const times = { created_ms: then, updated_ms: then };

test('an organisation is as its last event left it, and one that was never made is not there', async () => {
  const changes = [
    eventOf('org.renamed', 'org_1', { name: 'Uno' }, { version: 2, at: then }),
    eventOf('org.limits_changed', 'org_1', { limits }, { version: 3, at: then }),
    eventOf('org.plan_changed', 'org_1', { plan: 'pro' }, { version: 4, at: later }),
  ];
  await trial(store.sql, organizations, [created], async tx => {
    expect(await findOrganization(tx, 'org_1')).toEqual({ ...one, ...times });
    expect(await findOrganization(tx, 'org_3')).toBeUndefined();
    await organizations.apply(tx, changes);
    expect(await findOrganization(tx, 'org_1')).toEqual({
      ...{ id: 'org_1', name: 'Uno', plan: 'pro', limits, held, version: 4, created_ms: then, updated_ms: later },
    });
    expect((await findOrganization(tx, 'org_2'))?.version).toBe(1);
  });
});

test("a team's event moves the version of its organisation, because they are one stream", async () => {
  const team = eventOf(
    'team.created',
    'org_1',
    { team: 'team_1', name: 'A', quota: { qrCodesPerMonth: 3 } },
    { version: 2, at: later },
  );
  const row = await trial(store.sql, organizations, [[...created, team]], tx => findOrganization(tx, 'org_1'));
  expect(row).toEqual({
    ...one,
    held: { ...held, qrCodesPerMonth: 3 },
    version: 2,
    created_ms: then,
    updated_ms: later,
  });
});

test('all of them are listed with plan and limits, oldest first', async () => {
  const changed = eventOf('org.limits_changed', 'org_1', { limits }, { version: 2, at: then });
  const list = await trial(store.sql, organizations, [created.toReversed(), [changed]], listOrganizations);
  expect(list).toEqual([
    { ...one, ...times, limits, version: 2 },
    { ...times, id: 'org_2', name: 'Two', plan: 'free', limits: null, held, version: 1 },
  ]);
});
