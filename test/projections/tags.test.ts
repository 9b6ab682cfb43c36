import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { QrScope } from '../../projections/qr-filters.ts';
import { qrs } from '../../projections/qrs.ts';
import { listFolders, listTags } from '../../projections/tags.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs]);
});
afterAll(() => store.close());

const live: QrScope = { test: false, team: null, tags: null };
const code = (n: number, more: object, org = 'org_1') =>
  eventOf('qr.created', `qr_${n}`, { slug: `s${n}`, type: 'url', destination: 'https://a.example/', ...more }, { org });
const events = [
  code(1, { tags: ['a', 'b'], folder: 'Flyers' }),
  code(2, { tags: ['b', 'ä'], folder: 'Flyers', team: 'team_1' }),
  code(3, { folder: 'flyers' }),
  code(4, { tags: ['gone'], folder: 'Gone' }),
  code(5, { tags: ['theirs'], folder: 'Theirs' }, 'org_2'),
  code(6, { tags: ['trial'], test: true }),
  code(7, {}),
  eventOf('qr.deleted', 'qr_4', {}, { version: 2 }),
];

test('tags and folders are those of the codes that the caller sees, with their counts', async () => {
  await trial(store.sql, qrs, [events], async tx => {
    const page = { limit: 9 };
    const tags = await listTags(tx, 'org_1', live, page);
    expect(tags).toEqual({
      rows: [
        { name: 'a', codes: 1 },
        { name: 'b', codes: 2 },
        { name: 'ä', codes: 1 },
      ],
      total: 3,
    });
    expect((await listFolders(tx, 'org_1', live, page)).rows).toEqual([
      { name: 'Flyers', codes: 2 },
      { name: 'flyers', codes: 1 },
    ]);
    expect((await listTags(tx, 'org_1', { ...live, team: 'team_1' }, page)).rows.map(row => row.name)).toEqual([
      'b',
      'ä',
    ]);
    expect((await listTags(tx, 'org_1', { ...live, test: true }, page)).rows.map(row => row.name)).toEqual(['trial']);
    expect((await listFolders(tx, 'org_1', { ...live, tags: ['a'] }, page)).rows).toEqual([
      { name: 'Flyers', codes: 1 },
    ]);
    expect(await listFolders(tx, 'org_3', live, page)).toEqual({ rows: [], total: 0 });
  });
});

test('a page goes on behind a name, and the total is of all', async () => {
  await trial(store.sql, qrs, [events], async tx => {
    expect(await listTags(tx, 'org_1', live, { limit: 1, after: 'a' })).toEqual({
      rows: [{ name: 'b', codes: 2 }],
      total: 3,
    });
    expect((await listTags(tx, 'org_1', live, { limit: 9, after: 'ä' })).rows).toEqual([]);
  });
});
