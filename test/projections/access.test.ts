/**
 * What a key may do, found by the hash of its text and put together from all that it depends on as it is now: a plan
 * that is lowered, a role that is taken away, a team that is gone and a grace period that ends are all there at the
 * next look.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { type Access, chosenHashes, findAccess } from '../../projections/access.ts';
import { keys } from '../../projections/keys.ts';
import { members } from '../../projections/members.ts';
import { organizations } from '../../projections/organizations.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const models = [organizations, members, keys];
let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, models);
});
afterAll(() => store.close());

const key = { name: 'Server', mode: 'live', scope: 'write', hash: 'aa', lastFour: '7QxZ' } as const;
const limits = { qrCodesPerMonth: 5, apiRequestsPerMinute: 6 };
const org = eventOf('org.created', 'org_1', { name: 'One', plan: 'enterprise' });
const teams = [
  eventOf('team.created', 'org_1', { team: 'team_1', name: 'A', quota: { qrCodesPerMonth: 9 } }),
  eventOf('team.created', 'org_1', { team: 'team_2', name: 'B' }),
];
const issued = (more: object = {}) => eventOf('key.issued', 'key_1', { ...key, ...more });
const member = (more: object = {}) =>
  eventOf('member.added', 'mem_1', { name: 'Ada', role: 'admin', team: null, ...more });
const assigned = (role: 'viewer' | 'owner', team: string | null) =>
  eventOf('member.assigned', 'mem_1', { role, team }, { version: 2 });

/** The access of the key with this hash when all of that has happened. */
const after = (events: readonly AnyEvent[], hash = 'aa'): Promise<Access | undefined> =>
  trial(store.sql, models, [[org, ...teams, ...events]], tx => findAccess(tx, hash));

const plain: Access = {
  ...{ key: 'key_1', org: 'org_1', mode: 'live', scope: 'write', role: 'editor', member: null, team: null },
  ...{ tags: null, domains: null, operations: null, addresses: null, requestsPerMinute: null, expiresAt: null },
  ...{ keyExpiresAt: null, revoked: false, plan: 'enterprise', limits: null },
  quota: { qrCodesPerMonth: null, requestsPerMinute: null },
  held: { qrCodesPerMonth: 9, requestsPerMinute: 0 },
};

describe('an access', () => {
  test('is found by the hash, and there is none for a hash that nobody issued', async () => {
    expect(await after([issued()])).toEqual(plain);
    expect(await after([issued()], 'bb')).toBeUndefined();
  });

  test.each([
    ['read', 'viewer'],
    ['write', 'editor'],
    ['admin', 'owner'],
    ['audit', 'auditor'],
  ] as const)('of a key that names no role and has the scope %s is that of the role %s', async (scope, role) => {
    expect(await after([issued({ scope })])).toMatchObject({ scope, role });
  });

  test('has all that the key is narrowed to', async () => {
    const narrow = { tags: ['a', 'größe l'], domains: ['go.example'], operations: ['qr.read'], addresses: ['::1/128'] };
    const more = { role: 'viewer', requestsPerMinute: 60, expiresAt: 7, mode: 'test' } as const;
    expect(await after([issued({ ...narrow, ...more })])).toEqual({ ...plain, ...narrow, ...more, keyExpiresAt: 7 });
    const narrowed = eventOf('key.narrowed', 'key_1', { ...narrow, tags: null }, { version: 2 });
    expect(await after([issued(), narrowed])).toEqual({ ...plain, ...narrow, tags: null });
  });

  test('has the plan and the limits of its organisation as they are now', async () => {
    const changes = [
      eventOf('org.limits_changed', 'org_1', { limits }, { version: 2 }),
      eventOf('org.plan_changed', 'org_1', { plan: 'pro' }, { version: 3 }),
    ];
    expect(await after([issued(), ...changes])).toEqual({ ...plain, plan: 'pro', limits });
  });

  test('of a revoked key is there and says so', async () => {
    expect(await after([issued(), eventOf('key.revoked', 'key_1', {}, { version: 2 })])).toEqual({
      ...plain,
      revoked: true,
    });
  });
});

describe('a text of a key', () => {
  const rotated = (hash: string, graceUntil: number, version: number) =>
    eventOf('key.rotated', 'key_1', { hash, lastFour: 'new1', graceUntil }, { version });

  test('that was replaced works until its grace period ends, or the key itself does', async () => {
    const history = [issued({ expiresAt: 50 }), rotated('bb', 40, 2)];
    expect((await after(history))?.expiresAt).toBe(40);
    expect(await after(history, 'bb')).toMatchObject({ expiresAt: 50, keyExpiresAt: 50 });
    expect(await after(history)).toMatchObject({ expiresAt: 40, keyExpiresAt: 50 });
    expect((await after([issued({ expiresAt: 50 }), rotated('bb', 60, 2)]))?.expiresAt).toBe(50);
  });

  test('keeps the end it was given when the key is rotated again', async () => {
    const history = [issued(), rotated('bb', 40, 2), rotated('cc', 90, 3)];
    expect((await after(history))?.expiresAt).toBe(40);
    expect((await after(history, 'bb'))?.expiresAt).toBe(90);
    expect((await after(history, 'cc'))?.expiresAt).toBeNull();
  });

  test('ends with the one after it when that is replaced without grace', async () => {
    const history = [issued(), rotated('bb', 90, 2), rotated('cc', 30, 3)];
    expect((await after(history))?.expiresAt).toBe(30);
    expect((await after(history, 'bb'))?.expiresAt).toBe(30);
  });
});

describe("a member's key", () => {
  const own = issued({ scope: 'admin', role: 'admin', member: 'mem_1' });

  test('has the role and the team that the member has now', async () => {
    expect(await after([member(), own])).toMatchObject({ role: 'admin', team: null, revoked: false });
    expect(await after([member(), own, assigned('viewer', 'team_1')])).toMatchObject({
      ...{ role: 'viewer', team: 'team_1', revoked: false },
      quota: { qrCodesPerMonth: 9, requestsPerMinute: null },
    });
    expect(await after([member(), own, assigned('owner', null)])).toMatchObject({ role: 'owner' });
  });

  test('opens nothing once the member is removed, or is not there', async () => {
    const removed = eventOf('member.removed', 'mem_1', {}, { version: 2 });
    expect(await after([member(), own, removed])).toMatchObject({ revoked: true });
    expect(await after([own])).toMatchObject({ revoked: true });
  });

  test('for one team opens nothing once the member works for another', async () => {
    const forTeam = issued({ member: 'mem_1', team: 'team_1' });
    expect(await after([member({ team: 'team_1' }), forTeam])).toMatchObject({ team: 'team_1', revoked: false });
    expect(await after([member(), forTeam])).toMatchObject({ team: 'team_1', revoked: false });
    expect(await after([member({ team: 'team_2' }), forTeam])).toMatchObject({ revoked: true });
  });
});

describe("a team's key", () => {
  const own = issued({ team: 'team_1' });

  test('has what the team has to itself', async () => {
    expect(await after([own])).toEqual({
      ...plain,
      team: 'team_1',
      quota: { qrCodesPerMonth: 9, requestsPerMinute: null },
    });
  });

  test('knows what all teams have to themselves, whatever of it moves', async () => {
    const moved = (data: object, version: number) => eventOf('team.quota_moved', 'org_1', data as never, { version });
    const events = [
      moved({ from: null, to: 'team_2', qrCodesPerMonth: 5, requestsPerMinute: 7 }, 4),
      moved({ from: 'team_1', to: 'team_2', qrCodesPerMonth: 2 }, 5),
    ];
    expect((await after([own, ...events]))?.held).toEqual({ qrCodesPerMonth: 14, requestsPerMinute: 7 });
    const deleted = eventOf('team.deleted', 'org_1', { team: 'team_2' }, { version: 6 });
    expect((await after([own, ...events, deleted]))?.held).toEqual({ qrCodesPerMonth: 7, requestsPerMinute: 0 });
  });

  test('opens nothing once the team is gone, whether the key or its member is of that team', async () => {
    const deleted = eventOf('team.deleted', 'org_1', { team: 'team_1' }, { version: 4 });
    expect(await after([own, deleted])).toMatchObject({ revoked: true });
    const theirs = [member({ team: 'team_1' }), issued({ member: 'mem_1' })];
    expect(await after([...theirs, deleted])).toMatchObject({ revoked: true });
  });
});

test('chosen texts are told by their hashes as long as their keys are not revoked, also in a grace period', async () => {
  const chosen = issued({ chosen: true });
  const other = eventOf('key.issued', 'key_2', { ...key, hash: 'bb' });
  const hashes = (...events: AnyEvent[]) =>
    trial(store.sql, models, [[org, chosen, other, ...events]], tx => chosenHashes(tx));
  expect(await hashes()).toEqual(['aa']);
  expect(await hashes(eventOf('key.revoked', 'key_1', {}, { version: 2 }))).toEqual([]);
  const rotated = eventOf('key.rotated', 'key_1', { hash: 'cc', lastFour: 'new1', graceUntil: 40 }, { version: 2 });
  expect(await hashes(rotated)).toEqual(['aa']);
});
