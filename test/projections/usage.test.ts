/**
 * What was used in a calendar month (UTC): codes count in the month they were made, however they fared since, requests
 * in the month they were made in, which need not be the month they were put on record.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { keys } from '../../projections/keys.ts';
import { organizations } from '../../projections/organizations.ts';
import { usage } from '../../projections/usage.ts';
import { findUsage, quotaUses, reservedCodes, usageBy, usageSpan } from '../../projections/usage-rows.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const models = [organizations, keys, usage];
let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, models);
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

const team = { slug: 't', type: 'url', destination: 'https://example.com/', team: 'team_1' } as const;
const own = (n: number, position: number) => eventOf('qr.created', `qr_t${n}`, team, { at: midnight, position });
const parts = [
  eventOf('org.created', 'org_1', { name: 'One', plan: 'enterprise' }),
  eventOf('team.created', 'org_1', { team: 'team_1', name: 'A', quota: { qrCodesPerMonth: 5 } }, { version: 2 }),
  eventOf('team.created', 'org_1', { team: 'team_2', name: 'B', quota: { qrCodesPerMonth: 3 } }, { version: 3 }),
  eventOf('team.created', 'org_1', { team: 'team_3', name: 'C' }, { version: 4 }),
  { ...code(1, midnight), position: 10 },
  own(1, 11),
  own(2, 12),
  metered('key_1', '2026-05', 7),
];
const asked = <T>(ask: Parameters<typeof trial<T>>[3], ...more: Parameters<typeof trial>[2][number]) =>
  trial(store.sql, models, [[...parts, ...more]], ask);

test('trials are not counted: neither codes nor requests', async () => {
  const trials = [
    eventOf('qr.created', 'qr_9', { ...team, test: true }, { at: midnight }),
    eventOf('request.metered', 'r', { key: 'key_2', period: '2026-05', count: 9, test: true }, { at: midnight }),
  ];
  expect(await asked(tx => findUsage(tx, 'org_1', '2026-05'), ...trials)).toEqual({ codes: 3, requests: 7 });
});

test('usage is told by team and by key, and of one part alone; all of them add up', async () => {
  const none = { id: null, name: null };
  expect(await asked(tx => usageBy(tx, 'team', 'org_1', '2026-05', {}))).toEqual([
    { id: 'team_1', name: 'A', codes: 2, requests: 0 },
    { ...none, codes: 1, requests: 7 },
  ]);
  expect(await asked(tx => usageBy(tx, 'key', 'org_1', '2026-05', {}))).toEqual([
    { id: 'key_1', name: null, codes: 3, requests: 7 },
  ]);
  expect(await asked(tx => findUsage(tx, 'org_1', '2026-05', { team: 'team_1' }))).toEqual({ codes: 2, requests: 0 });
  expect(await asked(tx => findUsage(tx, 'org_1', '2026-05', { key: 'key_9' }))).toEqual({ codes: 0, requests: 0 });
});

test('the events of a usage lie between the first and the last of them', async () => {
  expect(await asked(tx => usageSpan(tx, 'org_1', '2026-05', { team: 'team_1' }))).toEqual({ first: 11, last: 12 });
  expect(await asked(tx => usageSpan(tx, 'org_1', '2026-04', {}))).toBeUndefined();
});

test('teams have what they did not use yet to themselves, and never less than nothing', async () => {
  expect(await asked(tx => reservedCodes(tx, 'org_1', '2026-05'))).toBe(3 + 3);
  expect(await asked(tx => reservedCodes(tx, 'org_1', '2026-06'))).toBe(5 + 3);
  const many = Array.from({ length: 9 }, (_, i) => own(10 + i, 20 + i));
  expect(await asked(tx => reservedCodes(tx, 'org_1', '2026-05'), ...many)).toBe(3);
  const deleted = eventOf('team.deleted', 'org_1', { team: 'team_2' }, { version: 5 });
  expect(await asked(tx => reservedCodes(tx, 'org_1', '2026-05'), deleted)).toBe(3);
});

test('each quota tells what is used of it, and what of that was told already', async () => {
  const data = { quota: 'qrCodesPerMonth', threshold: 80, team: null, period: '2026-05', used: 3, limit: 3 } as const;
  const told = eventOf('quota.reached', 'quota-1', data);
  expect(await asked(tx => quotaUses(tx, 'org_1', '2026-05', 50), told, told)).toEqual([
    { team: null, used: 3, limit: 50, told: [80] },
    { team: 'team_1', used: 2, limit: 5, told: [] },
    { team: 'team_2', used: 0, limit: 3, told: [] },
  ]);
  const limits = { qrCodesPerMonth: 9, apiRequestsPerMinute: 1 };
  const limited = eventOf('org.limits_changed', 'org_1', { limits }, { version: 5 });
  expect((await asked(tx => quotaUses(tx, 'org_1', '2026-04', 50), limited))[0]).toMatchObject({ used: 0, limit: 9 });
});
