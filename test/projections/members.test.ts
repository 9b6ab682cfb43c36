/**
 * Members as the API shows them: those of an organisation or of one team of it, newest first; who was removed is asked
 * for in vain.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { findMember, listMembers, members } from '../../projections/members.ts';
import type { Sql } from '../../projections/projection.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [members]);
});
afterAll(() => store.close());

const [then, later] = [Date.UTC(2026, 3, 8), Date.UTC(2026, 4, 9)];
const added = (id: string, team: string | null, org = 'org_1') =>
  eventOf('member.added', id, { name: id, role: 'editor', team }, { at: then, org });
const begin = [
  added('mem_1', null),
  added('mem_2', 'team_1'),
  added('mem_3', 'team_2'),
  added('mem_4', 'team_1'),
  added('mem_5', null, 'org_2'),
];
const asked = <T>(ask: (tx: Sql) => Promise<T>, ...more: AnyEvent[]) =>
  trial(store.sql, members, [[...begin, ...more]], ask);
const removed = eventOf('member.removed', 'mem_4', {}, { version: 2, at: later });

test('a member is as the last event left it', async () => {
  const changes = [
    eventOf('member.renamed', 'mem_1', { name: 'Ada' }, { version: 2, at: then }),
    eventOf('member.readdressed', 'mem_1', { email: 'ada@example.com' }, { version: 3, at: then }),
    eventOf('member.assigned', 'mem_1', { role: 'auditor', team: 'team_1' }, { version: 4, at: later }),
  ];
  expect(await asked(tx => findMember(tx, 'org_1', 'mem_1', null), ...changes)).toEqual({
    ...{ id: 'mem_1', org: 'org_1', name: 'Ada', email: 'ada@example.com', role: 'auditor', team: 'team_1' },
    ...{ version: 4, created_ms: then, updated_ms: later },
  });
});

test('a member is not there for another organisation, for another team, or once removed', async () => {
  expect(await asked(tx => findMember(tx, 'org_2', 'mem_1', null))).toBeUndefined();
  expect(await asked(tx => findMember(tx, 'org_1', 'mem_3', 'team_1'))).toBeUndefined();
  expect(await asked(tx => findMember(tx, 'org_1', 'mem_1', 'team_1'))).toBeUndefined();
  expect(await asked(tx => findMember(tx, 'org_1', 'mem_4', null), removed)).toBeUndefined();
  expect((await asked(tx => findMember(tx, 'org_1', 'mem_2', 'team_1')))?.id).toBe('mem_2');
});

test('members are listed newest first, a page at a time, of all teams or of the one that is seen', async () => {
  const ids = (team: string | null, page: { limit: number; before?: string }, ...more: AnyEvent[]) =>
    asked(
      async tx => {
        const { rows, total } = await listMembers(tx, 'org_1', team, page);
        return [rows.map(({ id }) => id), total] as const;
      },
      ...more,
    );
  expect(await ids(null, { limit: 3 })).toEqual([['mem_4', 'mem_3', 'mem_2'], 4]);
  expect(await ids(null, { limit: 3, before: 'mem_2' })).toEqual([['mem_1'], 4]);
  expect(await ids('team_1', { limit: 3 })).toEqual([['mem_4', 'mem_2'], 2]);
  expect(await ids('team_1', { limit: 3 }, removed)).toEqual([['mem_2'], 1]);
});
