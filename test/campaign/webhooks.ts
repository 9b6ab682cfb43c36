/**
 * 100,000 events for 200 endpoints, of which three of ten fail in one way or another, while the program is killed with
 * `kill -9` at random moments and its clock runs through days of retrying.
 */
import { killAgainAndAgain } from '../e2e/webhook-kills.ts';
import type { Finding } from './finding.ts';

/** At this speed five days of failing pass in six minutes, and all of it stays within the 30 days that the log goes back. */
const size = { events: 100_000, endpoints: 200, kills: 15, speed: 1_500, settleMs: 900_000 };

export async function campaign(seed: number): Promise<readonly Finding[]> {
  const report = await killAgainAndAgain({ seed, ...size });
  const { events, delivered, exhausted, lost, claimed, pending, forged, kills, repeated, requests, disabled } = report;
  const count = (what: string, value: number, holds = true): Finding => ({
    what,
    value: value.toLocaleString('en'),
    holds,
  });
  return [
    count('events', events, events === size.events),
    count('kill -9', kills, kills === size.kills),
    count('requests', requests),
    count('delivered, as the receiver knows', delivered - claimed),
    count('listed as exhausted', exhausted, delivered + exhausted === events),
    count('lost: neither delivered nor listed', lost, lost === 0),
    count('said to be delivered, and the receiver knows nothing of it', claimed, claimed === 0),
    count('webhooks with something stuck', pending, pending === 0),
    count("refused by the receivers' own library", forged, forged === 0),
    count('repeated after a yes, under the same id', repeated, repeated < kills * 1_000),
    count('endpoints disabled', disabled),
  ];
}
