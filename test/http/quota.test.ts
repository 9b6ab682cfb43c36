/**
 * Codes of a month, counted by the ledger itself: never more than a limit lets, also when several processes create at
 * once, and not one is lost. A team uses what it has to itself; all others share what is left of it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Access } from '../../projections/keys.ts';
import { Overdrawn } from '../../src/execute.ts';
import { Quota, type Spends } from '../../src/http/quota.ts';
import { Ledger, Refused } from '../../src/store/ledger.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { problemOf } from '../support/problem-of.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let models: LiveModels;
let other: Ledger;
beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
  other = new Ledger(store.url);
});
afterAll(async () => {
  await other.close();
  await models.stop();
  await store.close();
});

const { at } = requestOf('', 0);
let serial = 0;
const newOrg = () => `org_${++serial}`;
const accessOf = (org: string, more: Partial<Access> = {}) =>
  ({
    ...{ org, mode: 'live', team: null },
    quota: { qrCodesPerMonth: null, requestsPerMinute: null },
    held: { qrCodesPerMonth: 0, requestsPerMinute: 0 },
    ...more,
  }) as Access;
const quotaOf = () => new Quota({ sql: store.sql, settled: () => models.fresh('usage', 'organizations') });

/** Puts codes on record as `execute` does. */
const writing =
  (org: string, count: number, ledger = store.ledger, team: string | null = null, now = at) =>
  async (spends: Spends) => {
    const fact = created('x');
    const data = { ...(fact.data as object), ...(team && { team }) };
    const writes = Array.from({ length: count }, () => ({
      ...{ stream: `qr_${++serial}`, expected: 0, facts: [{ ...fact, data }] },
    }));
    await ledger.append({ ...requestOf('', 0), at: now, org, writes, spends }).catch((error: unknown) => {
      if (error instanceof Refused) throw new Overdrawn(error.names[0]!, error.used);
      throw error;
    });
  };
const limitsOf = (qrCodesPerMonth: number) => ({ qrCodesPerMonth, apiRequestsPerMinute: 1 });
const make = (quota: Quota, org: string, limit: number, count = 1, ledger = store.ledger) =>
  quota.within(accessOf(org), limitsOf(limit), count, at, writing(org, count, ledger));
async function countOf(org: string): Promise<number> {
  const [row] = await store.sql`select count(*) from ledger.events where org = ${org} and type = 'qr.created'`;
  return row!['count'];
}
const usedOf = async (name: string) =>
  (await store.sql`select used from limits.used where name = ${name}`)[0]?.['used'] ?? 0;

test('one after the other, as many codes as the limit says can be created, and not one more', async () => {
  const [quota, org] = [quotaOf(), newOrg()];
  for (let i = 0; i < 30; i++) await make(quota, org, 30);
  const problem = await problemOf(make(quota, org, 30));
  expect(problem).toMatchObject({ code: 'quota_exceeded', status: 403 });
  expect(problem.message).toBe(
    'The organisation may create 30 codes a month (qrCodesPerMonth); 30 are used and 1 more were asked for. ' +
      'The quota starts anew at 2026-05-01T00:00:00Z.',
  );
  expect(await countOf(org)).toBe(30);
});

test.each([1, 2, 3])('at once on two nodes, exactly as many as the limit lets are created (run %d)', async () => {
  const org = newOrg();
  const nodes = [quotaOf(), quotaOf()];
  const asked = Array.from({ length: 200 }, (_, i) => (i % 7 === 0 ? 3 : 1));
  const results = await Promise.allSettled(
    asked.map((n, i) => make(nodes[i % 2]!, org, 25, n, i % 2 === 0 ? store.ledger : other)),
  );
  const granted = asked.filter((_, i) => results[i]!.status === 'fulfilled').reduce((sum, n) => sum + n, 0);
  expect(granted).toBe(25);
  expect(await countOf(org)).toBe(25);
  expect(await usedOf(`codes:${org}:2026-04`)).toBe(25);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'quota_exceeded' });
  }
});

test('who asks for too much takes nobody in the same batch along', async () => {
  const [quota, org, rich] = [quotaOf(), newOrg(), newOrg()];
  const results = await Promise.allSettled([
    make(quota, org, 2, 3),
    ...Array.from({ length: 5 }, () => make(quota, rich, 100)),
    make(quota, org, 2, 2),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', ...Array(6).fill('fulfilled')]);
  expect([await countOf(org), await countOf(rich)]).toEqual([2, 5]);
});

test('what failed is not counted, and its failure is what the caller gets', async () => {
  const [quota, org] = [quotaOf(), newOrg()];
  for (let i = 0; i < 5; i++) {
    const failing = quota.within(accessOf(org), limitsOf(1), 1, at, () => Promise.reject(new Error('taken')));
    await expect(failing).rejects.toThrow('taken');
  }
  // Refused by the version, in the same statement that would have counted it.
  const writes = [{ stream: 'qr_1', expected: 7, facts: [created('x')] }];
  const spends = [{ name: `codes:${org}:2026-04`, amount: 1, maximum: 1 }];
  await expect(store.ledger.append({ ...requestOf('', 0), org, writes, spends })).rejects.toThrow('version');
  expect(await usedOf(`codes:${org}:2026-04`)).toBe(0);
  await make(quota, org, 1);
  expect(await countOf(org)).toBe(1);
});

test('a limit of 0 lets nothing through, and another organisation has its own', async () => {
  const quota = quotaOf();
  expect((await problemOf(make(quota, newOrg(), 0))).code).toBe('quota_exceeded');
  await make(quota, newOrg(), 1);
});

test('each month has its own', async () => {
  const [quota, org] = [quotaOf(), newOrg()];
  const march = Date.UTC(2026, 2, 31, 23, 59, 59, 999);
  await quota.within(accessOf(org), limitsOf(1), 1, march, writing(org, 1, store.ledger, null, march));
  await make(quota, org, 1);
  expect((await problemOf(make(quota, org, 1))).code).toBe('quota_exceeded');
});

test('codes of test keys use nothing of it', async () => {
  const [quota, org] = [quotaOf(), newOrg()];
  const trial = { ...accessOf(org), mode: 'test' } as Access;
  for (let i = 0; i < 3; i++) await quota.within(trial, limitsOf(0), 1, at, writing(org, 1));
  expect(await usedOf(`codes:${org}:2026-04`)).toBe(0);
});

describe('teams', () => {
  /** An organisation of 20 codes whose team `a` has 8 to itself, and whose team `b` has none. */
  async function carved() {
    const org = newOrg();
    const [a, b] = [`team_${org}_a`, `team_${org}_b`];
    await store.ledger.append({
      ...requestOf('', 0),
      org,
      writes: [
        {
          stream: org,
          expected: 0,
          facts: [
            { type: 'org.created', data: { name: 'One', plan: 'enterprise' } },
            { type: 'team.created', data: { team: a, name: 'A', quota: { qrCodesPerMonth: 8 } } },
            { type: 'team.created', data: { team: b, name: 'B' } },
          ],
        },
      ],
    });
    await models.fresh('usage', 'organizations');
    const held = { qrCodesPerMonth: 8, requestsPerMinute: 0 };
    const quota = { qrCodesPerMonth: 8, requestsPerMinute: null };
    const access = {
      a: accessOf(org, { team: a, held, quota }),
      b: accessOf(org, { team: b, held }),
      none: accessOf(org, { held }),
    };
    const by = (who: keyof typeof access, on: Quota, count = 1, ledger = store.ledger) =>
      on.within(access[who], limitsOf(20), count, at, writing(org, count, ledger, access[who].team));
    return { org, by };
  }

  test('use what they have to themselves, and all others share the rest', async () => {
    const [{ by, org }, quota] = [await carved(), quotaOf()];
    await by('none', quota, 7);
    await by('b', quota, 5);
    expect((await problemOf(by('none', quota))).message).toStartWith(
      'Besides what teams have to themselves, the organisation may create 12 codes a month (qrCodesPerMonth); 12 are',
    );
    expect((await problemOf(by('b', quota))).code).toBe('quota_exceeded');
    await by('a', quota, 8);
    expect((await problemOf(by('a', quota))).message).toStartWith('The team may create 8 codes a month');
    expect(await countOf(org)).toBe(20);
  });

  test('leave to all others what is not theirs, whatever they use first', async () => {
    const [{ by, org }, quota] = [await carved(), quotaOf()];
    await by('a', quota, 8);
    await by('none', quota, 12);
    expect((await problemOf(by('none', quota))).code).toBe('quota_exceeded');
    expect(await countOf(org)).toBe(20);
  });

  test('and all others never make more than there is, however they ask on two nodes', async () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'none'), fc.integer({ min: 1, max: 4 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 24 }), async steps => {
        const { by, org } = await carved();
        const nodes = [quotaOf(), quotaOf()];
        const made = { a: 0, b: 0, none: 0 };
        await Promise.all(
          steps.map(async ([who, count, isOther]) => {
            try {
              await by(who as 'a', nodes[Number(isOther)]!, count, isOther ? other : store.ledger);
              made[who as 'a'] += count;
            } catch (error) {
              expect(error).toMatchObject({ code: 'quota_exceeded' });
            }
          }),
        );
        expect(made.a).toBeLessThanOrEqual(8);
        expect(made.b + made.none).toBeLessThanOrEqual(12);
        const all = made.a + made.b + made.none;
        expect([await countOf(org), await usedOf(`codes:${org}:2026-04`)]).toEqual([all, all]);
      }),
      { numRuns: 15 },
    );
  });
});
