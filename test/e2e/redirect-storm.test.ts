/**
 * A storm over two redirect nodes, in short; the long form is the campaign `redirect`.
 */
import { expect, test } from 'bun:test';
import { storm } from './redirect-storm.ts';

test('through outages, restarts and kills, what is answered is on record once, and no answer is stale', async () => {
  const seed = Date.now() % 1_000_000;
  // A second is the campaign's measure; here the machine has other tests to run.
  const size = { rounds: 1, between: 100, scanners: 16, thinkMs: 5, outageMs: 1 };
  const report = await storm({ seed, ...size, allowedMs: 2_000 });
  expect(report).toMatchObject({ seed, lost: 0, twice: 0, wrong: 0, turnedAway: 0, misled: 0, back: 0, stale: 0 });
  expect(report.counted).toBe(report.people);
  expect(report.answers).toBeGreaterThan(1_000);
  expect(report.changes).toBeGreaterThan(20);
}, 220_000);
