import { afterAll, beforeAll, expect, test } from 'bun:test';
import { usage } from '../../projections/usage.ts';
import { Quota } from '../../src/http/quota.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { problemOf } from '../support/problem-of.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let models: LiveModels;
beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
});
afterAll(async () => {
  await models.stop();
  await store.close();
});

const { at } = requestOf('', 0);
const now = () => at;
let serial = 0;

const quotaOf = (settled = () => models.fresh(usage.name)) => new Quota({ sql: store.sql, settled, now });

/** Puts `count` new codes of an organisation on record, in one request. */
async function create(org: string, count = 1): Promise<void> {
  const ids = Array.from({ length: count }, () => `qr_${++serial}`);
  const writes = ids.map(stream => ({ stream, expected: 0, facts: [created(stream)] }));
  await store.ledger.append({ ...requestOf('', 0), org, writes });
}

async function countOf(org: string): Promise<number> {
  const [row] = await store.sql`select count(*) from ledger.events where org = ${org} and type = 'qr.created'`;
  return row!['count'];
}

test('one after the other, as many codes as the limit says can be created, and not one more', async () => {
  const quota = quotaOf();
  for (let i = 0; i < 30; i++) await quota.within('org_row', 30, 1, () => create('org_row'));
  const problem = await problemOf(quota.within('org_row', 30, 1, () => create('org_row')));
  expect(problem).toMatchObject({ code: 'quota_exceeded', status: 403 });
  expect(problem.message).toBe(
    'The organisation may create 30 codes a month; 30 are used and 1 more were asked for. ' +
      'The quota starts anew at 2026-05-01T00:00:00Z.',
  );
  expect(await countOf('org_row')).toBe(30);
});

test.each([1, 2, 3, 4, 5])('at once, never more codes than the limit are created (run %d)', async run => {
  const quota = quotaOf();
  const org = `org_crowd_${run}`;
  const asked = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? 3 : 1));
  const results = await Promise.allSettled(asked.map(n => quota.within(org, 25, n, () => create(org, n))));
  const granted = asked.filter((_, i) => results[i]!.status === 'fulfilled').reduce((sum, n) => sum + n, 0);
  expect(await countOf(org)).toBe(granted);
  expect(granted).toBeLessThanOrEqual(25);
  expect(granted).toBeGreaterThanOrEqual(23);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'quota_exceeded' });
  }
});

test('a crowd that keeps coming fills the quota to the last code and never passes it', async () => {
  const quota = quotaOf();
  let refused = 0;
  const client = async () => {
    for (let i = 0; i < 20; i++) await quota.within('org_flow', 50, 1, () => create('org_flow')).catch(() => refused++);
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect(await countOf('org_flow')).toBe(50);
  expect(refused).toBe(8 * 20 - 50);
});

test('a request for more than is left creates nothing, and a smaller one still fits', async () => {
  const quota = quotaOf();
  await quota.within('org_big', 10, 8, () => create('org_big', 8));
  expect((await problemOf(quota.within('org_big', 10, 3, () => create('org_big', 3)))).code).toBe('quota_exceeded');
  await quota.within('org_big', 10, 2, () => create('org_big', 2));
  expect(await countOf('org_big')).toBe(10);
});

test('what failed is not counted, and its failure is what the caller gets', async () => {
  const quota = quotaOf();
  for (let i = 0; i < 5; i++) {
    await expect(quota.within('org_fail', 1, 1, () => Promise.reject(new Error('taken')))).rejects.toThrow('taken');
  }
  expect(await quota.within('org_fail', 1, 1, async () => 'created')).toBe('created');
});

test('a limit of 0 lets nothing through, and another organisation has its own', async () => {
  const quota = quotaOf();
  expect((await problemOf(quota.within('org_zero', 0, 1, () => create('org_zero')))).code).toBe('quota_exceeded');
  await quota.within('org_other', 1, 1, () => create('org_other'));
});

test('codes of other months do not count', async () => {
  const before = Date.UTC(2026, 2, 31, 23, 59, 59, 999);
  const writes = [{ stream: 'qr_march', expected: 0, facts: [created('march')] }];
  await store.ledger.append({ ...requestOf('', 0), at: before, org: 'org_month', writes });
  await models.fresh(usage.name);
  await quotaOf().within('org_month', 1, 1, () => create('org_month'));
});

test('nobody is refused for a code that the read model has already, though this process was not told yet', async () => {
  let isTold = false;
  const quota = quotaOf(() => (isTold ? models.fresh(usage.name) : new Promise(() => {})));
  await quota.within('org_told', 2, 1, () => create('org_told'));
  await models.fresh(usage.name);
  isTold = true;
  await quota.within('org_told', 2, 1, () => create('org_told'));
  expect((await problemOf(quota.within('org_told', 2, 1, () => create('org_told')))).code).toBe('quota_exceeded');
});

test('while the read model is behind, codes are counted all the same, and who can not be judged is asked to wait', async () => {
  const quota = quotaOf(() => Promise.reject(new Error('behind')));
  await quota.within('org_behind', 1, 1, async () => {});
  const problem = await problemOf(quota.within('org_behind', 1, 1, () => create('org_behind')));
  expect(problem).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '1' } });
  expect(await countOf('org_behind')).toBe(0);
});
