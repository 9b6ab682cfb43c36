/**
 * Limits that hold over all nodes. The nodes here are real limiters on the real buckets in Postgres; only the time is
 * set by hand, for both sides alike, so that a minute passes at once. Two real programs stand in `two-nodes.test.ts`.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Limit, RateLimiter } from '../../src/http/rate-limiter.ts';
import { type Ask, drawFrom } from '../../src/store/buckets.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const minute = 60_000;
let now = 0;
let serial = 0;
const errors: unknown[] = [];
const nodes: RateLimiter[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(each => each.close()));
  expect(errors.splice(0)).toEqual([]);
});

const draw = (asks: readonly Ask[]) => drawFrom(store.sql, asks, Date.UTC(2026, 3, 8) + now);
function node(drawing: typeof draw = draw): RateLimiter {
  const each = new RateLimiter({ draw: drawing, clock: () => now, onError: error => errors.push(error) });
  nodes.push(each);
  return each;
}
const fresh = (limit: number): Limit => ({ name: `key ${++serial}`, limit });
const countOf = async (asked: Promise<{ allowed: boolean }>[]) =>
  (await Promise.all(asked)).filter(({ allowed }) => allowed).length;
const ask = (of: RateLimiter, limits: Limit[], count: number) => Array.from({ length: count }, () => of.take(limits));

describe('on one node', () => {
  test.each([1, 2, 5, 60, 1_000])('a key makes its minute of %d requests at once, and no more', async limit => {
    const [limiter, key] = [node(), fresh(limit)];
    const verdicts = [];
    for (let i = 0; i < limit; i++) verdicts.push(await limiter.take([key]));
    expect(verdicts.map(({ remaining }) => remaining)).toEqual(Array.from({ length: limit }, (_, i) => limit - 1 - i));
    expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
    const refused = await limiter.take([key]);
    expect(refused).toMatchObject({ allowed: false, name: key.name, limit, remaining: 0 });
    expect(refused.retryMs).toBeWithin(0, Math.max(minute / limit, minute * 0.002) + 0.01);
    expect(refused.resetMs).toBeCloseTo(minute, 3);
  });

  test('many at once are as many as one after the other', async () => {
    for (const limit of [1, 3, 100, 1_000]) {
      const key = fresh(limit);
      expect(await countOf(ask(node(), [key], limit + 200))).toBe(limit);
    }
  });

  test('a key is let in after exactly the time it was told, and not before', async () => {
    const times = fc.array(fc.oneof(fc.constant(0), fc.nat(200), fc.nat(70_000)), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 20 }), async (gaps, limit) => {
        const [limiter, key] = [node(), fresh(limit)];
        for (const gap of gaps) {
          now += gap;
          const { allowed, retryMs } = await limiter.take([key]);
          if (allowed) continue;
          const due = now + retryMs;
          now = due - 0.01;
          expect((await limiter.take([key])).allowed).toBe(false);
          // A microsecond for the rounding of times as large as these.
          now = due + 0.001;
          expect((await limiter.take([key])).allowed).toBe(true);
          return;
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a key never gets more than its limit and the share of the time that passed, over any stretch', async () => {
    const times = fc.array(fc.oneof(fc.constant(0), fc.nat(200), fc.nat(70_000)), { minLength: 1, maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom(1, 7, 60), async (gaps, limit) => {
        const [limiter, key] = [node(), fresh(limit)];
        const allowed: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if ((await limiter.take([key])).allowed) allowed.push(now);
        }
        for (const [i, from] of allowed.entries()) {
          for (const [j, to] of allowed.slice(i).entries()) {
            // A token may be a tenth of a second old, in which the bucket got back what it stands for.
            expect(j + 1).toBeLessThanOrEqual(limit + 1 + ((to - from + 100) * limit) / minute);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('refusing costs no look at the buckets, and a crowd of requests few', async () => {
    const [limiter, key] = [node(), fresh(1_000)];
    await countOf(ask(limiter, [key], 1_000));
    const { draws } = limiter;
    expect(draws).toBeLessThan(60);
    expect(await countOf(ask(limiter, [key], 5_000))).toBe(0);
    expect(limiter.draws).toBeLessThanOrEqual(draws + 1);
  });

  test('a key that asks now and then waits for no look at the buckets', async () => {
    let [isOpen, looks, answers] = [true, 0, 0];
    const door = async (asks: readonly Ask[]) => {
      looks += 1;
      await until(() => isOpen, 10_000);
      const drawn = await draw(asks);
      answers += 1;
      return drawn;
    };
    const [limiter, key] = [node(door), fresh(10_000)];
    await limiter.take([key]);
    await until(() => answers === 1, 5_000);
    isOpen = false;
    for (let i = 0; i < 20; i++) expect((await limiter.take([key])).remaining).toBe(9_998 - i);
    await until(() => looks === 2, 5_000);
    for (let i = 0; i < 5; i++) expect((await limiter.take([key])).remaining).toBe(9_978 - i);
    isOpen = true;
    await until(() => answers === 3, 5_000);
    expect((await draw([{ ...key, spent: 0, wanted: 0 }]))[0]!.free).toBeCloseTo(10_000 - 26, 3);
  });

  test('a limit that was raised or lowered holds at once, from where it is', async () => {
    const [limiter, { name }] = [node(), fresh(10)];
    expect(await countOf(ask(limiter, [{ name, limit: 10 }], 20))).toBe(10);
    now += 30_000;
    expect(await countOf(ask(limiter, [{ name, limit: 100 }], 200))).toBe(50);
    now += 30_000;
    expect(await countOf(ask(limiter, [{ name, limit: 2 }], 20))).toBe(1);
  });

  test('what was drawn before a limit was lowered is not let through beyond the new one', async () => {
    const [limiter, key] = [node(), fresh(1_000)];
    expect(await countOf(ask(limiter, [key], 20))).toBe(20);
    expect(await countOf(ask(limiter, [{ ...key, limit: 5 }], 20))).toBeLessThanOrEqual(5);
  });

  test('of two limits a request takes one each, or none where one of them is used up', async () => {
    const [limiter, team, a, b] = [node(), fresh(10), fresh(4), fresh(100)];
    expect(await countOf(ask(limiter, [team, a], 10))).toBe(4);
    expect((await limiter.take([team, a])).name).toBe(a.name);
    expect(await countOf(ask(limiter, [team, b], 10))).toBe(6);
    expect((await limiter.take([team, b])).name).toBe(team.name);
    expect((await limiter.take([b])).remaining).toBe(93);
  });

  test('a limit of 0 lets nothing through, and says to come back in a minute', async () => {
    const verdict = await node().take([fresh(0)]);
    expect(verdict).toMatchObject({ allowed: false, limit: 0, remaining: 0, retryMs: minute, resetMs: minute });
  });

  test('a limit that is 0 for a while, with a request before it that is not settled yet, is as it was again', async () => {
    const [limiter, { name }] = [node(), fresh(600)];
    expect((await limiter.take([{ name, limit: 600 }])).allowed).toBe(true);
    expect(await countOf(ask(limiter, [{ name, limit: 0 }], 3))).toBe(0);
    // Who waits for another bucket makes the node settle for all that it has to.
    expect(await countOf(ask(limiter, [fresh(1)], 2))).toBe(1);
    now += 60_000;
    const verdict = await limiter.take([{ name, limit: 600 }]);
    expect(verdict).toMatchObject({ allowed: true, limit: 600, remaining: 599 });
    const [row] = await store.sql`select arrival from limits.buckets where name = ${name}`;
    expect(row?.['arrival'] ?? 0).toBeFinite();
  });
});

describe('on several nodes', () => {
  test.each([
    [2, 10],
    [2, 1_000],
    [3, 1_000],
    [5, 20_000],
  ])('%d nodes let through the same %d together that one would, within 1 %', async (count, limit) => {
    const key = fresh(limit);
    const all = Array.from({ length: count }, () => node());
    const waves = Array.from({ length: 4 }, () => all.flatMap(each => ask(each, [key], Math.ceil(limit / count))));
    const allowed = await countOf(waves.flat());
    expect(allowed).toBeGreaterThanOrEqual(Math.floor(limit * 0.99));
    // At its first request a node has not heard of the others yet.
    expect(allowed).toBeLessThanOrEqual(Math.max(limit * 1.01, limit + count));
  });

  test('a node that comes late is let through what the others left', async () => {
    const key = fresh(1_000);
    const [early, late] = [node(), node()];
    expect(await countOf(ask(early, [key], 700))).toBe(700);
    // What it drew and did not need is given back.
    now += 101;
    await until(async () => (await draw([{ ...key, spent: 0, wanted: 0 }]))[0]!.free > 300, 5_000);
    expect(await countOf(ask(late, [key], 700))).toBeWithin(301, 307);
  });

  test('over ten minutes of more requests than there may be, as many are let through as come back', async () => {
    const limit = 600;
    const key = fresh(limit);
    const [a, b] = [node(), node()];
    let allowed = 0;
    for (let ms = 0; ms < 10 * minute; ms += 500) {
      now += 500;
      allowed += await countOf([...ask(a, [key], 8), ...ask(b, [key], ms % 4_000 === 0 ? 12 : 2)]);
    }
    const due = limit + 10 * limit;
    expect(allowed).toBeWithin(Math.floor(due * 0.99), Math.ceil(due * 1.01));
  });

  test('what a node drew and does not need is everybody else’s again', async () => {
    const key = fresh(1_000);
    const [idle, busy] = [node(), node()];
    await countOf(ask(idle, [key], 100));
    now += 1;
    await idle.close();
    nodes.splice(nodes.indexOf(idle), 1);
    expect(await countOf(ask(busy, [key], 1_000))).toBeWithin(898, 903);
  });
});

describe('when the buckets can not be asked', () => {
  test('each node goes by what it knows, and settles for it afterwards', async () => {
    const key = fresh(100);
    let isDown = true;
    const limiter = node(asks => (isDown ? Promise.reject(new Error('no store')) : draw(asks)));
    expect(await countOf(ask(limiter, [key], 300))).toBe(100);
    expect(errors.splice(0).length).toBeGreaterThan(0);
    isDown = false;
    now += 1_001;
    await countOf(ask(limiter, [key], 5));
    await until(async () => (await draw([{ ...key, spent: 0, wanted: 0 }]))[0]!.free < 3, 5_000);
  });
});

test('keys that were not seen for a minute are forgotten when there are too many, the others not', async () => {
  const limiter = node(async asks => asks.map(({ limit, spent }) => ({ granted: 0, free: limit - spent })));
  for (let i = 0; i < 99_999; i++) await limiter.take([{ name: `old ${i}`, limit: 1 }]);
  await until(() => limiter.draws > 0, 5_000);
  await limiter.close();
  now += minute + 1;
  await limiter.take([{ name: 'busy', limit: 1 }]);
  await limiter.take([{ name: 'new', limit: 1 }]);
  expect((await limiter.take([{ name: 'busy', limit: 1 }])).allowed).toBe(false);
});
