/**
 * How many requests an endpoint has at once: more while it answers well, half as many each time it does not.
 */
import { expect, test } from 'bun:test';
import { Window } from '../../src/webhooks/window.ts';

const after = (...answers: [boolean, number][]): Window => {
  const window = new Window();
  for (const [isDelivered, latencyMs] of answers) window.after(isDelivered, latencyMs);
  return window;
};
const good = [true, 20] as [boolean, number];

test('it begins small, grows by one with each good answer, and has an end', () => {
  expect(after().size).toBe(4);
  expect(after(good, good, good).size).toBe(7);
  expect(after(...Array.from({ length: 500 }, () => good)).size).toBe(64);
});

test('a failure halves it, down to one', () => {
  const failure = [false, 20] as [boolean, number];
  expect(after(...Array.from({ length: 500 }, () => good), failure).size).toBe(32);
  expect(after(failure, failure, failure, failure).size).toBe(1);
});

test('an answer that takes long counts as one, whatever it says', () => {
  expect(after([true, 5_001]).size).toBe(2);
  expect([after([true, 5_001]).isClogged, after([true, 5_000]).isClogged, after([false, 1], good).isClogged]).toEqual([
    true,
    false,
    false,
  ]);
});
