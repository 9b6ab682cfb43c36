/** When what requests leave behind is collected. */
import { expect, test } from 'bun:test';
import { YoungGarbage } from '../src/young-garbage.ts';

function collections(requests: number, everyMs: number): number {
  let count = 0;
  const garbage = new YoungGarbage(() => (count += 1), everyMs);
  for (let i = 0; i < requests; i++) garbage.count();
  return count;
}

test('a hundred requests are collected together', () => {
  expect(collections(99, 0)).toBe(0);
  expect(collections(100, 0)).toBe(1);
  expect(collections(299, 0)).toBe(2);
});

test('not before its time, however many come', () => {
  expect(collections(10_000, 3_600_000)).toBe(0);
});
