import { describe, expect, test } from 'bun:test';
import { Budget } from '../../src/redirect/budget.ts';

const taken = (budget: Budget, name: string, now: number, count: number) =>
  Array.from({ length: count }, () => budget.take(name, now));

describe('a budget', () => {
  test('gives so many at once, and then one now and again', () => {
    const budget = new Budget({ max: 3, everyMs: 100 });
    expect(taken(budget, 'a', 1_000, 5)).toEqual([true, true, true, false, false]);
    expect(budget.waitMs('a', 1_000)).toBe(100);
    expect([budget.has('a', 1_099), budget.has('a', 1_100)]).toEqual([false, true]);
    expect(taken(budget, 'a', 1_100, 2)).toEqual([true, false]);
    expect(taken(budget, 'a', 1_350, 4)).toEqual([true, true, false, false]);
    expect(taken(budget, 'a', 9_999, 4)).toEqual([true, true, true, false]);
  });

  test('is each name’s own', () => {
    const budget = new Budget({ max: 1, everyMs: 100 });
    expect([budget.take('a', 0), budget.take('b', 0), budget.take('a', 0)]).toEqual([true, true, false]);
  });

  test('takes back what was not meant', () => {
    const budget = new Budget({ max: 2, everyMs: 100 });
    taken(budget, 'a', 0, 2);
    budget.giveBack('a');
    budget.giveBack('nobody');
    expect(taken(budget, 'a', 0, 2)).toEqual([true, false]);
  });

  test('forgets who has everything again, and of too many whoever came first', () => {
    const budget = new Budget({ max: 2, everyMs: 100, namesMax: 3 });
    expect(budget.isUntouched).toBe(true);
    for (const name of ['a', 'b', 'c', 'd']) taken(budget, name, 0, 2);
    expect(['a', 'b', 'd'].map(name => budget.has(name, 0))).toEqual([true, false, false]);
    for (let n = 0; n < 5; n++) budget.take('e', 1_000 * n);
    budget.take('e', 9_000);
    expect([budget.has('b', 9_000), budget.isUntouched]).toEqual([true, false]);
  });
});
