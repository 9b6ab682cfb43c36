/**
 * The buckets in Postgres: GCRA over any stretch of time, whole requests, and nothing given twice, however many ask at
 * once. Times are given here, so that none of it depends on the clock.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { drawFrom } from '../../src/store/buckets.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const minute = 60_000;
const start = Date.UTC(2026, 3, 8);
let serial = 0;
/** A bucket that nobody has drawn from. */
const fresh = (limit: number) => {
  const name = `bucket ${++serial}`;
  return async (at: number, wanted: number, spent = 0) => {
    const [drawn] = await drawFrom(store.sql, [{ name, limit, spent, wanted }], start + at);
    return drawn!;
  };
};

describe('a bucket', () => {
  test('grants its limit at once and no more, and what comes back as time passes', async () => {
    const draw = fresh(60);
    expect(await draw(0, 100)).toEqual({ granted: 60, free: 0 });
    expect(await draw(0, 1)).toEqual({ granted: 0, free: 0 });
    expect((await draw(999, 1)).granted).toBe(0);
    expect((await draw(1_000, 5)).granted).toBe(1);
    expect((await draw(31_000, 100)).granted).toBe(30);
    expect(await draw(31_000 + 2 * minute, 0)).toEqual({ granted: 0, free: 60 });
  });

  test('takes what was let through on credit, also when it was not there', async () => {
    const draw = fresh(10);
    expect(await draw(0, 0, 4)).toEqual({ granted: 0, free: 6 });
    const overdrawn = await draw(0, 5, 9);
    expect(overdrawn.granted).toBe(0);
    expect(overdrawn.free).toBeCloseTo(-3, 6);
    expect((await draw(4 * 6_000, 5)).granted).toBe(1);
  });

  test('takes back what was not needed, and never has more than its limit', async () => {
    const draw = fresh(10);
    await draw(0, 8);
    const back = await draw(0, 0, -5);
    expect(back.free).toBeCloseTo(7, 6);
    expect((await draw(0, 0, -50)).free).toBeCloseTo(10, 6);
    expect((await draw(0, 50)).granted).toBe(10);
  });

  test('never grants more than its limit and the share of the time that passed, over any stretch', async () => {
    const times = fc.array(fc.tuple(fc.oneof(fc.nat(200), fc.nat(70_000)), fc.integer({ min: 1, max: 30 })), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom(1, 7, 60, 1_000), async (steps, limit) => {
        const draw = fresh(limit);
        const grants: { at: number; granted: number }[] = [];
        let at = 0;
        for (const [gap, wanted] of steps) {
          at += gap;
          grants.push({ at, granted: (await draw(at, wanted)).granted });
        }
        for (const [i, from] of grants.entries()) {
          let sum = 0;
          for (const to of grants.slice(i)) {
            sum += to.granted;
            expect(sum).toBeLessThanOrEqual(limit + ((to.at - from.at) * limit) / minute + 1e-3);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('goes on with another limit from where it is', async () => {
    const name = 'retuned';
    const at = (limit: number, wanted: number) => drawFrom(store.sql, [{ name, limit, spent: 0, wanted }], start);
    expect((await at(10, 5))[0]!.granted).toBe(5);
    // Half of the minute is used, whatever the limit is.
    expect((await at(100, 80))[0]!.granted).toBe(50);
  });
});

describe('many at once', () => {
  test('are served by one statement, in the order they were named', async () => {
    const asks = ['z', 'a', 'm'].map((name, i) => ({ name: `${name} together`, limit: 10, spent: 0, wanted: i + 1 }));
    expect((await drawFrom(store.sql, asks, start)).map(({ granted }) => granted)).toEqual([1, 2, 3]);
    expect((await drawFrom(store.sql, asks.toReversed(), start)).map(({ free }) => free)).toEqual([4, 6, 8]);
  });

  test('get together what there is: nothing twice, nothing lost, and no deadlock', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `crowd ${i}`);
    const draws = Array.from({ length: 40 }, (_, i) => {
      const order = i % 2 === 0 ? names : names.toReversed();
      return drawFrom(
        store.sql,
        order.map(name => ({ name, limit: 100, spent: 0, wanted: 7 })),
        start,
      );
    });
    const granted = new Map<string, number>();
    for (const [i, drawn] of (await Promise.all(draws)).entries()) {
      const order = i % 2 === 0 ? names : names.toReversed();
      for (const [j, name] of order.entries()) granted.set(name, (granted.get(name) ?? 0) + drawn[j]!.granted);
    }
    expect([...granted.values()]).toEqual(names.map(() => 100));
  });

  test("go by the server's clock when no time is given", async () => {
    const ask = [{ name: 'now', limit: 60_000, spent: 0, wanted: 60_000 }];
    expect((await drawFrom(store.sql, ask))[0]!.granted).toBe(60_000);
    expect((await drawFrom(store.sql, ask))[0]!.granted).toBeLessThan(60_000);
  });
});
