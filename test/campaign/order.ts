/**
 * Sixty-four writers in four programs whose transactions rest, are withdrawn and are cut off, some 200,000 marks in all,
 * against eight readers without rest.
 */
import { inOrder } from '../e2e/order.ts';
import type { Finding } from './finding.ts';

/** 192,000 marks, in 11 to 15 minutes on two cores. */
const roundsDefault = 3_000;

export async function campaign(seed: number, rounds = roundsDefault): Promise<readonly Finding[]> {
  const report = await inOrder({ seed, programs: 4, writers: 16, rounds, readers: 8, cuts: 200 });
  for (const fault of report.faults.slice(0, 20)) console.log(`  ${fault}`);
  const count = (what: string, value: number, holds = true): Finding => ({
    what,
    value: value.toLocaleString('en'),
    holds,
  });
  return [
    count('answered', report.kept, report.kept > 0),
    count('refused, rolled back or cut off in mid-transaction', report.refused, report.refused > 0),
    count('cut off while being appended, so that nobody knows', report.unknown),
    count('events on record', report.events),
    count('looks of nine readers', report.looks),
    count('events missed, repeated, out of order or never committed', report.faults.length, report.faults.length === 0),
  ];
}
