/**
 * `kill -9` while webhooks are sent, in short; the long form is the campaign `webhooks`.
 */
import { expect, test } from 'bun:test';
import { killAgainAndAgain } from './webhook-kills.ts';

test('whatever kills the program, every event is delivered or listed as exhausted, and none is stuck', async () => {
  const seed = Date.now() % 1_000_000;
  const report = await killAgainAndAgain({
    seed,
    events: 2_000,
    endpoints: 20,
    kills: 3,
    speed: 20_000,
    settleMs: 40_000,
  });
  expect(report).toMatchObject({ seed, events: 2_000, kills: 3, lost: 0, claimed: 0, pending: 0, forged: 0 });
  expect(report.delivered + report.exhausted + report.untold).toBe(2_000);
  expect(report.exhausted).toBeGreaterThan(0);
  // Sent and not put on record when it was killed: what was under way and the last moments' answers.
  expect(report.repeated).toBeLessThan(report.kills * 200);
}, 220_000);
