/**
 * What a key may do, found by the hash of its text: with plan and limits of its organisation as they are now, and also
 * when it is revoked, so that the answer can say so.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chosenHashes, findAccess, keys, listOrganizations } from '../../projections/keys.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [keys]);
});
afterAll(() => store.close());

const limits = { qrCodesPerMonth: 5, apiRequestsPerMinute: 6 };
const key = { name: 'Server', mode: 'live', scope: 'write', hash: 'aa', lastFour: '7QxZ' } as const;
const begin = [
  eventOf('org.created', 'org_1', { name: 'One', plan: 'enterprise' }),
  eventOf('org.created', 'org_2', { name: 'Two', plan: 'free' }, { org: 'org_2' }),
  eventOf('key.issued', 'key_1', key),
  eventOf('key.issued', 'key_2', { ...key, hash: 'bb', chosen: true }),
];

test('a key is found by its hash, with the plan and the limits of its organisation as they are now', async () => {
  const access = { key: 'key_1', org: 'org_1', mode: 'live', scope: 'write', revoked: false };
  await trial(store.sql, keys, [begin], async tx => {
    expect(await findAccess(tx, 'aa')).toEqual({ ...access, plan: 'enterprise', limits: null } as never);
    await keys.apply(tx, [
      eventOf('org.limits_changed', 'org_1', { limits }, { version: 2 }),
      eventOf('org.plan_changed', 'org_1', { plan: 'pro' }, { version: 3 }),
    ]);
    expect(await findAccess(tx, 'aa')).toEqual({ ...access, plan: 'pro', limits } as never);
    expect(await findAccess(tx, 'cc')).toBeUndefined();
  });
});

test('a revoked key is still found, as revoked, and its hash is no longer among the chosen', async () => {
  await trial(store.sql, keys, [begin], async tx => {
    expect(await chosenHashes(tx)).toEqual(['bb']);
    await keys.apply(tx, [eventOf('key.revoked', 'key_2', {}, { version: 2 })]);
    expect((await findAccess(tx, 'bb'))?.revoked).toBe(true);
    expect((await findAccess(tx, 'aa'))?.revoked).toBe(false);
    expect(await chosenHashes(tx)).toEqual([]);
  });
});

test('organisations are listed with plan and limits, oldest first', async () => {
  const changed = eventOf('org.limits_changed', 'org_1', { limits }, { version: 2 });
  const list = await trial(store.sql, keys, [begin, [changed]], listOrganizations);
  expect(list).toEqual([
    { id: 'org_1', name: 'One', plan: 'enterprise', limits },
    { id: 'org_2', name: 'Two', plan: 'free', limits: null },
  ]);
});
