/**
 * Sixty-four writers in four programs against readers without rest; `bun run campaign order` lets them work for longer.
 */
import { expect, test } from 'bun:test';
import { inOrder } from './order.ts';

test('every reader sees what was committed and nothing else, each event once, contiguous at every look', async () => {
  const report = await inOrder({ seed: 4, programs: 4, writers: 16, rounds: 15, readers: 4, cuts: 5 });
  expect(report.faults).toEqual([]);
  expect(report.kept).toBeGreaterThan(500);
  expect(report.refused).toBeGreaterThan(200);
  expect(report.unknown).toBeGreaterThan(0);
  expect(report.looks).toBeGreaterThan(100);
}, 180_000);
