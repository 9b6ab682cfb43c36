/**
 * What was used in a calendar month (UTC): codes count in the month they were made, however they fared since, requests
 * in the month they were made in, which need not be the month they were put on record.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findUsage, usage } from '../../projections/usage.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [usage]);
});
afterAll(() => store.close());

const midnight = Date.UTC(2026, 4, 1);
const code = (n: number, at: number, org = 'org_1') =>
  eventOf('qr.created', `qr_${n}`, { slug: `s${n}`, type: 'url', destination: 'https://example.com/' }, { at, org });
const metered = (key: string, period: string, count: number, org = 'org_1') =>
  eventOf('request.metered', 'requests', { key, period, count }, { at: midnight + 1, org });

test('a month ends with its last millisecond in UTC', async () => {
  const codes = [code(1, midnight - 1), code(2, midnight), code(3, midnight + 1), code(4, midnight, 'org_2')];
  await trial(store.sql, usage, [codes], async tx => {
    expect(await findUsage(tx, 'org_1', '2026-04')).toEqual({ codes: 1, requests: 0 });
    expect(await findUsage(tx, 'org_1', '2026-05')).toEqual({ codes: 2, requests: 0 });
    expect(await findUsage(tx, 'org_1', '2026-06')).toEqual({ codes: 0, requests: 0 });
    expect(await findUsage(tx, 'org_2', '2026-05')).toEqual({ codes: 1, requests: 0 });
  });
});

test('requests count in the month they were made in, for all keys of the organisation together', async () => {
  const first = [metered('key_1', '2026-04', 2), metered('key_1', '2026-05', 3), metered('key_2', '2026-05', 4)];
  const second = [metered('key_1', '2026-05', 5), metered('key_3', '2026-05', 100, 'org_2')];
  await trial(store.sql, usage, [first, second], async tx => {
    expect(await findUsage(tx, 'org_1', '2026-04')).toEqual({ codes: 0, requests: 2 });
    expect(await findUsage(tx, 'org_1', '2026-05')).toEqual({ codes: 0, requests: 12 });
    expect(await findUsage(tx, 'org_2', '2026-05')).toEqual({ codes: 0, requests: 100 });
  });
});

test('a deleted code has been created all the same', async () => {
  const gone = eventOf('qr.deleted', 'qr_1', {}, { version: 2, at: midnight });
  const used = await trial(store.sql, usage, [[code(1, midnight), gone]], tx => findUsage(tx, 'org_1', '2026-05'));
  expect(used.codes).toBe(1);
});
