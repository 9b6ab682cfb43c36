import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findWebhook, listWebhooks, webhooks } from '../../projections/webhooks.ts';
import { eventOf, prepareModels, rowsIn, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [webhooks]);
});
afterAll(() => store.close());

const secret = 'whsec_geheim';
const data = { url: 'https://yourapp.com/hook', events: ['*'], secret };
const begin = [
  ...['wh_1', 'wh_2', 'wh_3'].map(id => eventOf('webhook.created', id, data)),
  eventOf('webhook.created', 'wh_4', { ...data, tags: ['menu'], test: true }, { org: 'org_2' }),
];

test('a webhook is found by its own organisation until it is deleted', async () => {
  await trial(store.sql, webhooks, [begin], async tx => {
    expect(await findWebhook(tx, 'org_1', 'wh_1')).toMatchObject({
      url: data.url,
      events: ['*'],
      tags: null,
      test: false,
    });
    expect(await findWebhook(tx, 'org_1', 'wh_4')).toBeUndefined();
    expect(await findWebhook(tx, 'org_2', 'wh_4')).toMatchObject({ tags: ['menu'], test: true });
    await webhooks.apply(tx, [eventOf('webhook.deleted', 'wh_1', {}, { version: 2 })]);
    expect(await findWebhook(tx, 'org_1', 'wh_1')).toBeUndefined();
  });
});

test('webhooks are listed newest first, page by page, with their number', async () => {
  await trial(store.sql, webhooks, [begin], async tx => {
    const first = await listWebhooks(tx, 'org_1', { limit: 2 });
    expect([first.rows.map(row => row.id), first.total]).toEqual([['wh_3', 'wh_2'], 3]);
    const second = await listWebhooks(tx, 'org_1', { limit: 2, before: 'wh_2' });
    expect([second.rows.map(row => row.id), second.total]).toEqual([['wh_1'], 3]);
  });
});

test('no secret is in any row', async () => {
  const rotated = eventOf('webhook.rotated', 'wh_1', { secret: 'whsec_geheimer', graceUntil: 9 }, { version: 2 });
  const rows = await trial(store.sql, webhooks, [begin, [rotated]], tx => rowsIn(tx, 'webhooks_v1'));
  expect(rows['webhooks']).toHaveLength(4);
  expect(JSON.stringify(rows)).not.toContain('geheim');
});
