/**
 * Thirty kills and five other misfortunes under load, drawn from a seed; `bun run campaign crash` has a thousand.
 */
import { expect, test } from 'bun:test';
import { crashAgainAndAgain } from './crashes.ts';

test('whatever is killed, paused, filled up or spoilt: nothing answered is lost and nothing is there twice', async () => {
  const report = await crashAgainAndAgain({ seed: 4, points: 30, restEvery: 100, pauseMs: 2_000 });
  expect(report.faults).toEqual([]);
  expect(Object.values(report.points).reduce((sum, count) => sum + count, 0)).toBe(35);
  // Somebody was cut off, and came again with the same key.
  expect(report.again).toBeGreaterThan(10);
  expect(report.writes).toBeGreaterThan(100);
}, 220_000);
