import { expect, test } from 'bun:test';
import { inSlices } from '../src/slices.ts';

/** Keeps the processor busy. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('what takes long lets others in between, and its results stay in order', async () => {
  let isDone = false;
  let turns = 0;
  const others = (async () => {
    for (; !isDone; turns++) await new Promise(resolve => setImmediate(resolve));
  })();
  const items = Array.from({ length: 20 }, (_, i) => i);
  const results = await inSlices(items, (item, i) => {
    busy(6);
    return `${item} ${i}`;
  });
  isDone = true;
  await others;
  expect(results).toEqual(items.map(i => `${i} ${i}`));
  expect(turns).toBeGreaterThanOrEqual(items.length - 1);
});

test('what is quick is done in the same turn', async () => {
  let isNext = false;
  setImmediate(() => {
    isNext = true;
  });
  expect(await inSlices([1], item => item + 1)).toEqual([2]);
  expect(await inSlices([], item => item)).toEqual([]);
  expect(isNext).toBe(false);
});

test('the first item that throws ends it', async () => {
  const seen: number[] = [];
  const failing = inSlices([1, 2, 3], item => {
    seen.push(item);
    if (item === 2) throw new Error('two');
  });
  await expect(failing).rejects.toThrow('two');
  expect(seen).toEqual([1, 2]);
});
