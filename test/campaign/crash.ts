/**
 * A thousand kills at random moments, with Postgres paused for half a minute, a full disk and a spoilt store of the broker
 * after each hundred. As root it mounts a small disk of its own for Postgres; else files are limited instead.
 */
import { crashAgainAndAgain } from '../e2e/crashes.ts';
import type { Finding } from './finding.ts';

const pointsDefault = 1_000;

export async function campaign(seed: number, points = pointsDefault): Promise<readonly Finding[]> {
  const onPoint = (point: number, kind: string) => console.log(`  ${String(point).padStart(5)}  ${kind}`);
  const report = await crashAgainAndAgain({ seed, points, restEvery: 50, pauseMs: 30_000, onPoint });
  for (const fault of report.faults) console.log(`  ${fault}`);
  const found = (what: string) => report.faults.filter(fault => fault.startsWith(what)).length;
  const count = (what: string, value: number, holds = true): Finding => ({
    what,
    value: value.toLocaleString('en'),
    holds,
  });
  return [
    ...Object.entries(report.points).map(([kind, times]) => count(`point: ${kind}`, times)),
    { what: 'the disk was full by', value: report.disk, holds: report.disk !== '' },
    count('requests', report.requests),
    count('writes answered', report.writes, report.writes > points),
    count('of these when asked for again with the same key', report.again, report.again > 0),
    count('scans answered', report.scans, report.scans > points),
    count('events on record, contiguous', report.events),
    count('rests: scans, redirects, stream, replay from zero, chain and tree', report.rests),
    count('answered and lost', found('lost'), found('lost') === 0),
    count('done twice', found('done twice'), found('done twice') === 0),
    count('anything else that should not be', report.faults.length - found('lost') - found('done twice')),
    { what: 'nothing of all that', value: String(report.faults.length), holds: report.faults.length === 0 },
  ];
}
