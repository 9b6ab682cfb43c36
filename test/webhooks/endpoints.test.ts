/**
 * Where and how a webhook is reached, read from its events and kept until they go on.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Sql } from '../../src/store/connect.ts';
import { Endpoints } from '../../src/webhooks/endpoints.ts';
import { requestOf, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const created = { type: 'webhook.created', data: { url: 'https://a.example', events: ['*'], secret: 'whsec_a' } };

/** Counts the queries, and lets the first fail. */
function counted(failures = 0) {
  let queries = 0;
  const sql = new Proxy(store.sql, {
    apply: (target, self, query: Parameters<Sql>) => {
      queries += 1;
      return queries <= failures ? Promise.reject(new Error('away')) : Reflect.apply(target, self, query);
    },
  });
  return { endpoints: new Endpoints(sql), queries: () => queries };
}

test('a webhook is read once, and again when it was changed', async () => {
  await store.ledger.append(requestOf('wh_1', 0, created));
  const { endpoints, queries } = counted();
  expect(await endpoints.of('wh_1', 1)).toMatchObject({
    url: 'https://a.example',
    secrets: [{ secret: 'whsec_a', until: null }],
  });
  await endpoints.of('wh_1', 1);
  const before = queries();
  await endpoints.of('wh_1', 1);
  expect(queries()).toBe(before);
  await store.ledger.append(requestOf('wh_1', 1, { type: 'webhook.retargeted', data: { url: 'https://b.example' } }));
  expect(await endpoints.of('wh_1', store.ledger.position)).toMatchObject({ url: 'https://b.example' });
  // Who knows an older state gets the newer one.
  expect(await endpoints.of('wh_1', 1)).toMatchObject({ url: 'https://b.example' });
});

test('what could not be read is read anew', async () => {
  await store.ledger.append(requestOf('wh_2', 0, created));
  const { endpoints } = counted(1);
  await expect(endpoints.of('wh_2', 1)).rejects.toThrow('away');
  expect(await endpoints.of('wh_2', 1)).toMatchObject({ status: 'active' });
});
