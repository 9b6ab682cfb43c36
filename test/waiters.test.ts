import { describe, expect, test } from 'bun:test';
import { Waiters } from '../src/waiters.ts';

const late = new Error('late');

describe('a reader who waits', () => {
  test('is let go when the position is reached, and not before', async () => {
    const waiters = new Waiters();
    const gone: number[] = [];
    const all = [3, 5, 7].map(position => waiters.wait(position, 5_000, late).then(() => gone.push(position)));
    waiters.reached(2);
    expect(waiters.size).toBe(3);
    waiters.reached(5);
    expect(waiters.size).toBe(1);
    waiters.reached(7);
    await Promise.all(all);
    expect(gone).toEqual([3, 5, 7]);
  });

  test('is told when it takes too long, or will never be', async () => {
    const waiters = new Waiters();
    await expect(waiters.wait(1, 1, late)).rejects.toBe(late);
    const never = new Error('stopped');
    const waiting = waiters.wait(2, 5_000, late);
    waiters.fail(never);
    await expect(waiting).rejects.toBe(never);
    expect(waiters.size).toBe(0);
  });
});
