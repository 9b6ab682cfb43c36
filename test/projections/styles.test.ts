import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findStyle, listStyles, styles } from '../../projections/styles.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [styles]);
});
afterAll(() => store.close());

const looks = { dotColor: '#123456' };
const begin = [
  ...['sty_1', 'sty_2', 'sty_3'].map(id => eventOf('style.created', id, { name: id, style: looks })),
  eventOf('style.created', 'sty_4', { name: 'Theirs', style: {}, forced: true }, { org: 'org_2' }),
];

test('a template is found by its own organisation until it is deleted', async () => {
  await trial(store.sql, styles, [begin], async tx => {
    expect(await findStyle(tx, 'org_1', 'sty_1')).toMatchObject({ name: 'sty_1', style: looks, forced: false });
    expect(await findStyle(tx, 'org_1', 'sty_4')).toBeUndefined();
    expect(await findStyle(tx, 'org_2', 'sty_4')).toMatchObject({ forced: true });
    await styles.apply(tx, [eventOf('style.deleted', 'sty_1', {}, { version: 2 })]);
    expect(await findStyle(tx, 'org_1', 'sty_1')).toBeUndefined();
  });
});

test('templates are listed newest first, page by page, with their number', async () => {
  await trial(store.sql, styles, [begin], async tx => {
    const first = await listStyles(tx, 'org_1', { limit: 2 });
    expect([first.rows.map(row => row.id), first.total]).toEqual([['sty_3', 'sty_2'], 3]);
    const second = await listStyles(tx, 'org_1', { limit: 2, before: 'sty_2' });
    expect([second.rows.map(row => row.id), second.total]).toEqual([['sty_1'], 3]);
  });
});

test('a name and looks that change in one batch are both kept', async () => {
  const changes = [
    eventOf('style.renamed', 'sty_1', { name: 'New' }, { version: 2 }),
    eventOf('style.changed', 'sty_1', { style: {}, forced: true }, { version: 3 }),
  ];
  const row = await trial(store.sql, styles, [begin, changes], tx => findStyle(tx, 'org_1', 'sty_1'));
  expect(row).toMatchObject({ name: 'New', style: {}, forced: true, version: 3 });
});
