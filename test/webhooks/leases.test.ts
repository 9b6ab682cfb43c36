/**
 * Leases between processes: nobody holds what somebody else holds, and what a dead process held is taken up soon.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Leases } from '../../src/webhooks/leases.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const soonMs = 10_000;
let names = 0;
const holder = (leaseMs?: number) => new Leases({ sql: store.sql, holder: `process ${++names}`, leaseMs });

test('what one holds another does not get, until it is given back', async () => {
  const [one, other] = [holder(), holder()];
  expect(await one.take(['a', 'b'])).toEqual({ taken: ['a', 'b'], abandoned: [] });
  expect(await one.take(['a', 'b'])).toEqual({ taken: [], abandoned: [] });
  expect(await other.take(['a', 'b', 'c'])).toEqual({ taken: ['c'], abandoned: [] });
  expect([one.holds('a'), other.holds('a'), other.holds('c')]).toEqual([true, false, true]);
  await one.give(['a', 'c']);
  expect([one.holds('a'), one.holds('b'), other.holds('c')]).toEqual([false, true, true]);
  expect(await other.take(['a'])).toEqual({ taken: ['a'], abandoned: [] });
  await one.giveAll();
  await other.giveAll();
});

test('of many who want it at once one gets it', async () => {
  const all = Array.from({ length: 8 }, () => holder());
  const works = Array.from({ length: 20 }, (_, i) => `work ${i}`);
  const taken = await Promise.all(all.map(one => one.take(works)));
  expect(taken.flatMap(each => each.taken).sort()).toEqual([...works].sort());
  for (const one of all) await one.giveAll();
});

test('what was not renewed in time is taken over, and said to have been abandoned', async () => {
  const [dead, heir] = [holder(1_500), holder()];
  await dead.take(['x']);
  expect(await heir.take(['x'])).toEqual({ taken: [], abandoned: [] });
  const taken = await until(async () => {
    const answer = await heir.take(['x']);
    return answer.taken.length > 0 && answer;
  }, soonMs);
  expect(taken).toEqual({ taken: ['x'], abandoned: ['x'] });
  expect(dead.holds('x')).toBe(false);
  // Who comes back to life finds that it is somebody else's.
  await dead.renew();
  expect([dead.holds('x'), heir.holds('x')]).toEqual([false, true]);
  await dead.giveAll();
  expect(await holder().take(['x'])).toEqual({ taken: [], abandoned: [] });
});

test('what is renewed is held for as long as that goes on', async () => {
  const [one, other] = [holder(1_500), holder()];
  await one.take(['y']);
  const end = performance.now() + 2_500;
  await until(async () => {
    await one.renew();
    expect(one.holds('y')).toBe(true);
    expect((await other.take(['y'])).taken).toEqual([]);
    return performance.now() > end;
  }, soonMs);
});

test('who can not reach the database holds nothing for longer than it was promised', async () => {
  const cut = new Leases({
    sql: new Proxy(store.sql, {
      apply: (target, self, query: [TemplateStringsArray]) =>
        query[0].join('').includes('update webhooks.leases set until')
          ? Promise.reject(new Error('away'))
          : Reflect.apply(target, self, query),
    }),
    holder: 'cut off',
    leaseMs: 1_500,
  });
  await cut.take(['z']);
  expect(cut.holds('z')).toBe(true);
  await expect(cut.renew()).rejects.toThrow('away');
  await until(() => !cut.holds('z'), soonMs);
});
