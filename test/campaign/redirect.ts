/**
 * Scans at two redirect nodes, through everything that can happen to database, broker and programs, fifteen times each;
 * the short form is `test/e2e/redirect-storm.test.ts`.
 */
import { storm } from '../e2e/redirect-storm.ts';
import { troubles } from '../e2e/storm-world.ts';
import type { Finding } from './finding.ts';

const size = { points: 150, between: 250, scanners: 32, thinkMs: 20, allowedMs: 1_000, outageMs: 6_000 };
/** Stale answers that are told one by one. */
const toldMax = 30;

export async function campaign(seed: number, points = size.points): Promise<readonly Finding[]> {
  const { points: _, ...rest } = size;
  const report = await storm({ seed, rounds: Math.ceil(points / troubles.length), ...rest });
  const row = (what: string, value: number, holds = true): Finding => ({
    ...{ what, value: value.toLocaleString('en'), holds },
  });
  return [
    row('outages, restarts and kills', report.troubles),
    row('changes of codes', report.changes, report.changes > 0),
    row('scans answered', report.answers, report.answers > 0),
    row('answered and not on record', report.lost, report.lost === 0),
    row('on record twice', report.twice, report.twice === 0),
    row('on record as something else, or as leading elsewhere', report.wrong, report.wrong === 0),
    row('on record, cut off before the answer came', report.unanswered),
    row("people's scans on record", report.people),
    row('of these counted by analytics', report.counted, report.counted === report.people),
    row('turned away', report.turnedAway, report.turnedAway === 0),
    row('led elsewhere than the code ever has', report.misled, report.misled === 0),
    row('led back to what was before', report.back, report.back === 0),
    row('stale a second after a change, or after what kept it away', report.stale, report.stale === 0),
    row('the latest that a change was not seen yet, in ms', report.slowestMs),
    ...report.staleWhen.slice(0, toldMax).map(what => ({ what: `stale: ${what}`, value: '', holds: false })),
  ];
}
