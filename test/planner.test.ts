import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Fact } from '../events/envelope.ts';
import { findQr } from '../projections/qrs.ts';
import { Planner } from '../src/planner.ts';
import { readStream } from '../src/store/read.ts';
import { type LiveModels, liveModels } from './support/live-models.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

const noon = 1_775_649_600_000;
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

const plan = (...times: number[]): Fact => ({
  type: 'qr.scheduled',
  data: { schedule: times.map(at => ({ at, destination: `https://plan.example/${at - noon}` })) },
});
const typesOf = async (qr: string) => (await readStream(store.sql, qr)).slice(2).map(({ type }) => type);

test('planned changes become facts at their time, each once, whoever looks', async () => {
  let at = noon;
  const errors: unknown[] = [];
  const planners = [1, 2].map(
    () =>
      new Planner({
        deps: { ledger: store.ledger, sql: store.sql },
        fresh: () => models.fresh('qrs'),
        now: () => at,
        onError: error => errors.push(error),
      }),
  );
  for (const [n, times] of [[noon + 10], [noon + 10, noon + 20], [noon + 99]].entries()) {
    await store.ledger.append(requestOf(`qr_${n}`, 0, created(`plan-${n}`), plan(...times)));
  }
  await store.ledger.append(requestOf('qr_9', 0, created('gone'), plan(noon + 1), { type: 'qr.deleted', data: {} }));
  await models.fresh('qrs');
  for (const planner of planners) planner.start();

  at = noon + 15;
  const rowOf = (n: number) => findQr(store.sql, 'org_1', `qr_${n}`, { test: false, team: null, tags: null });
  await until(async () => (await rowOf(1))?.destination === 'https://plan.example/10', 10_000);
  await until(async () => (await rowOf(0))?.destination === 'https://plan.example/10', 10_000);
  at = noon + 25;
  await until(async () => (await rowOf(1))?.destination === 'https://plan.example/20', 10_000);
  for (const planner of planners) await planner.stop();

  expect(await typesOf('qr_0')).toEqual(['qr.retargeted', 'qr.scheduled']);
  expect(await typesOf('qr_1')).toEqual(['qr.retargeted', 'qr.scheduled', 'qr.retargeted', 'qr.scheduled']);
  expect(await typesOf('qr_2')).toEqual([]);
  expect(await typesOf('qr_9')).toEqual(['qr.deleted']);
  expect((await readStream(store.sql, 'qr_0'))[2]).toMatchObject({ actor: 'system', at: noon + 15, request: null });
  expect((await rowOf(0))!.routing).toEqual({});
  expect(errors).toEqual([]);
});
