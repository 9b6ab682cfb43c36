/**
 * Keys as the API shows them: never the text, but its last four characters and when it was last used, the role and the
 * team of now, and whether they still open anything.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { findKey, type KeyFilter, listKeys } from '../../projections/key-rows.ts';
import { keys } from '../../projections/keys.ts';
import { members } from '../../projections/members.ts';
import { organizations } from '../../projections/organizations.ts';
import type { Sql } from '../../projections/projection.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const models = [organizations, members, keys];
let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, models);
});
afterAll(() => store.close());

const [then, later] = [Date.UTC(2026, 3, 8), Date.UTC(2026, 4, 9)];
const issued = (id: string, more: object = {}, org = 'org_1') =>
  eventOf(
    'key.issued',
    id,
    { name: id, mode: 'live', scope: 'write', hash: `hash of ${id}`, lastFour: '7QxZ', ...more },
    { at: then, org },
  );
const team = (id: string) => eventOf('team.created', 'org_1', { team: id, name: id }, { at: then });
const begin = [
  eventOf('org.created', 'org_1', { name: 'One', plan: 'enterprise' }, { at: then }),
  team('team_1'),
  team('team_2'),
  eventOf('member.added', 'mem_1', { name: 'Ada', role: 'viewer', team: null }, { at: then }),
  issued('key_1'),
  issued('key_2', { team: 'team_1', member: 'mem_1' }),
  issued('key_3', { team: 'team_2' }),
  issued('key_4', { member: 'mem_1' }),
  issued('key_5', {}, 'org_2'),
];
const asked = <T>(ask: (tx: Sql) => Promise<T>, ...more: AnyEvent[]) =>
  trial(store.sql, models, [[...begin, ...more]], ask);
const revoked = eventOf('key.revoked', 'key_4', {}, { version: 2, at: later });

describe('a key', () => {
  test('is as its last event left it, revoked or not', async () => {
    const row = {
      ...{ id: 'key_4', org: 'org_1', name: 'key_4', mode: 'live', scope: 'write', role: 'viewer', member: 'mem_1' },
      ...{ team: null, tags: null, domains: null, operations: null, addresses: null, requests_per_minute: null },
      ...{ expires_ms: null, last_four: '7QxZ', chosen: false, revoked: false, version: 1 },
      ...{ created_ms: then, updated_ms: then, last_used_ms: null },
    };
    const find = (tx: Sql) => findKey(tx, 'org_1', 'key_4', null);
    expect(await asked(find)).toEqual(row as never);
    const after = { ...row, revoked: true, version: 2, updated_ms: later };
    expect(await asked(find, revoked)).toEqual(after as never);
  });

  test('is not there for another organisation or another team', async () => {
    expect(await asked(tx => findKey(tx, 'org_2', 'key_1', null))).toBeUndefined();
    expect(await asked(tx => findKey(tx, 'org_1', 'key_3', 'team_1'))).toBeUndefined();
    expect(await asked(tx => findKey(tx, 'org_1', 'key_1', 'team_1'))).toBeUndefined();
    expect((await asked(tx => findKey(tx, 'org_1', 'key_2', 'team_1')))?.id).toBe('key_2');
  });

  test('has the role and the team of its member as they are now, or else its own', async () => {
    const assigned = eventOf('member.assigned', 'mem_1', { role: 'admin', team: 'team_1' }, { version: 2, at: later });
    const holder = async (id: string, ...events: AnyEvent[]) => {
      const { role, team } = (await asked(tx => findKey(tx, 'org_1', id, null), ...events))!;
      return [role, team];
    };
    expect(await holder('key_1')).toEqual(['editor', null]);
    expect(await holder('key_3')).toEqual(['editor', 'team_2']);
    expect(await holder('key_4')).toEqual(['viewer', null]);
    expect(await holder('key_4', assigned)).toEqual(['admin', 'team_1']);
    expect((await asked(tx => findKey(tx, 'org_1', 'key_4', 'team_1'), assigned))?.id).toBe('key_4');
  });

  test('is closed when its member is removed, or its team is gone', async () => {
    const closed = async (id: string, event: AnyEvent) =>
      (await asked(tx => findKey(tx, 'org_1', id, null), event))!.revoked;
    const removed = eventOf('member.removed', 'mem_1', {}, { version: 2, at: later });
    const deleted = eventOf('team.deleted', 'org_1', { team: 'team_2' }, { version: 4, at: later });
    expect([await closed('key_4', removed), await closed('key_3', removed)]).toEqual([true, false]);
    expect([await closed('key_4', deleted), await closed('key_3', deleted)]).toEqual([false, true]);
  });

  test('that no requests were counted of was never used; otherwise the latest of them counts', async () => {
    const metered = (key: string, at: number) =>
      eventOf('request.metered', `requests-${key}`, { key, period: '2026-05', count: 3 }, { at });
    const used = (...events: AnyEvent[]) =>
      asked(async tx => (await findKey(tx, 'org_1', 'key_1', null))?.last_used_ms, ...events);
    expect(await used()).toBeNull();
    expect(await used(metered('key_1', later), metered('key_1', then), metered('key_2', later + 9))).toBe(later);
  });
});

describe('a list of keys', () => {
  const ids = (
    filter: KeyFilter,
    only: string | null = null,
    page: { limit: number; before?: string } = { limit: 9 },
  ) =>
    asked(async tx => {
      const { rows, total } = await listKeys(tx, 'org_1', filter, only, page);
      return [rows.map(({ id }) => id), total] as const;
    }, revoked);

  test('goes from the newest to the oldest, a page at a time', async () => {
    expect(await ids({}, null, { limit: 2 })).toEqual([['key_3', 'key_2'], 3]);
    expect(await ids({}, null, { limit: 2, before: 'key_2' })).toEqual([['key_1'], 3]);
  });

  test('holds revoked keys only when it is asked for them', async () => {
    expect(await ids({ all: true })).toEqual([['key_4', 'key_3', 'key_2', 'key_1'], 4]);
  });

  test('can be of one member, of one team, or of the only team that is seen', async () => {
    expect(await ids({ member: 'mem_1', all: true })).toEqual([['key_4', 'key_2'], 2]);
    expect(await ids({ team: 'team_2' })).toEqual([['key_3'], 1]);
    expect(await ids({}, 'team_1')).toEqual([['key_2'], 1]);
    expect(await ids({ team: 'team_2' }, 'team_1')).toEqual([[], 0]);
  });
});
