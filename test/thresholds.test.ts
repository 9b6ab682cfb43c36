/**
 * Thresholds of quotas: each is told once for its period, at the code that reaches it, also when several processes
 * watch, when codes come while none does, and when the quota is made smaller instead.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { passed, tellThresholds } from '../src/thresholds.ts';
import { type LiveModels, liveModels } from './support/live-models.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

let store: TestStore;
let models: LiveModels;
const at = Date.UTC(2026, 3, 8);
const errors: unknown[] = [];
beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
});
afterAll(async () => {
  await models.stop();
  await store.close();
  expect(errors).toEqual([]);
});

const watch = (now = at) =>
  tellThresholds({
    ...{ sql: store.sql, ledger: store.ledger, feed: models.feed, now: () => now },
    reached: (position, names) => models.projector.reached(position, names),
    onError: error => errors.push(error),
  });
let serial = 0;
const append = async (org: string, stream: string, expected: number, ...facts: { type: string; data: object }[]) => {
  await store.ledger.append({ ...requestOf('', 0), at, org, writes: [{ stream, expected, facts }] });
};
/** An organisation with 10 codes a month, of which its team has 5. */
async function founded(): Promise<{ org: string; team: string }> {
  const id = String(++serial).padStart(26, '0');
  const [org, team] = [`org_${id}`, `team_${id}`];
  await append(
    ...([org, org, 0] as const),
    { type: 'org.created', data: { name: 'One', plan: 'enterprise' } },
    { type: 'org.limits_changed', data: { limits: { qrCodesPerMonth: 10, apiRequestsPerMinute: 1 } } },
    { type: 'team.created', data: { team, name: 'A', quota: { qrCodesPerMonth: 5 } } },
  );
  return { org, team };
}
const create = async (org: string, count: number, team?: string) => {
  for (let i = 0; i < count; i++) {
    const fact = created(`s${++serial}`);
    await append(org, `qr_${serial}`, 0, { ...fact, data: { ...(fact.data as object), ...(team && { team }) } });
  }
};
const told = async (org: string) =>
  (await store.sql`select data from ledger.events where org = ${org} and type = 'quota.reached' order by position`).map(
    ({ data }) => [data.team === null ? 'org' : 'team', data.threshold, data.used, data.limit, data.period],
  );
const toldAll = (org: string, count: number) => until(async () => (await told(org)).length >= count, 10_000);

test('a threshold is passed when so much is used, and told no second time', () => {
  const use = { team: null, limit: 10, told: [] };
  expect(passed({ ...use, used: 7 })).toEqual([]);
  expect(passed({ ...use, used: 8 })).toEqual([80]);
  expect(passed({ ...use, used: 12 })).toEqual([80, 100]);
  expect(passed({ ...use, used: 12, told: [80] })).toEqual([100]);
  expect(passed({ ...use, limit: 0, used: 0 })).toEqual([]);
});

describe('who watches', () => {
  test('tells it once, whoever else watches too, with what is used and what there is', async () => {
    const stops = [await watch(), await watch()];
    const { org, team } = await founded();
    await create(org, 4, team);
    await toldAll(org, 1);
    await create(org, 4);
    await toldAll(org, 2);
    await create(org, 1, team);
    await toldAll(org, 3);
    await create(org, 1);
    await toldAll(org, 4);
    for (const stop of stops) await stop();
    expect(await told(org)).toEqual([
      ['team', 80, 4, 5, '2026-04'],
      ['org', 80, 8, 10, '2026-04'],
      ['team', 100, 5, 5, '2026-04'],
      ['org', 100, 10, 10, '2026-04'],
    ]);
  });

  test('tells at the start what was reached while nobody watched', async () => {
    const { org } = await founded();
    await create(org, 9);
    const stop = await watch();
    expect(await told(org)).toEqual([['org', 80, 9, 10, '2026-04']]);
    await stop();
    await (await watch())();
    expect(await told(org)).toHaveLength(1);
  });

  test('tells it for the month in which it was, also when that is over before anybody looks', async () => {
    const { org } = await founded();
    await create(org, 9);
    const stop = await watch(Date.UTC(2026, 4, 1));
    expect(await told(org)).toEqual([['org', 80, 9, 10, '2026-04']]);
    await create(org, 1);
    await toldAll(org, 2);
    await stop();
    expect((await told(org)).at(-1)).toEqual(['org', 100, 10, 10, '2026-04']);
  });

  test('tells it too when the quota is made smaller', async () => {
    const stop = await watch();
    const { org, team } = await founded();
    await create(org, 2, team);
    await append(org, org, 3, { type: 'team.quota_moved', data: { from: team, to: null, qrCodesPerMonth: 3 } });
    await toldAll(org, 2);
    await stop();
    expect(await told(org)).toEqual([
      ['team', 80, 2, 2, '2026-04'],
      ['team', 100, 2, 2, '2026-04'],
    ]);
  });
});
