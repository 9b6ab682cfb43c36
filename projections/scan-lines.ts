/**
 * Scans straight from the ledger's rows, as lines of text that Postgres puts together: reading a scan as a row of 25
 * columns and making an event of it costs four times as much as all that is done with it here. A line ends in what
 * many scans have in common, so that for most of them one look-up says which combination they are.
 */
import type { Scan, ScanKind } from '../events/scan.ts';
import type { Revision } from './counting.ts';
import type { Sql } from './projection.ts';
import { Intake } from './scan-intake.ts';
import { combinationOf } from './scan-items.ts';
import { quarterMs } from './scan-times.ts';

/** Scans put together into one text: fewer cost more each, more make texts that are slow to cut. */
const linesMax = 2_048;

/** All scans behind a position up to another one. */
export async function intakeFrom(
  sql: Sql,
  after: number,
  to: number,
  revisions: ReadonlyMap<number, Revision>,
): Promise<Intake> {
  const intake = new Intake();
  const numbers = new Map<string, number>();
  const rows = await sql`
    select string_agg(line, E'\\n' order by position) as lines
    from (
      select position, position / ${linesMax}::bigint as slab, concat(
        qr, E'\\t', org, E'\\t', test, E'\\t', at_ms / ${quarterMs}::bigint, E'\\t', visitor, E'\\t', qr_version, E'\\t', agent,
        E'\\t', kind, E'\\t', rules, E'\\t', earlier, E'\\t', country, E'\\t', region, E'\\t', city, E'\\t', device, E'\\t', os,
        E'\\t', browser, E'\\t', language, E'\\t', referrer, E'\\t', rule, E'\\t', utm_source, E'\\t', utm_medium, E'\\t',
        utm_campaign) as line
      from ledger.scans where position > ${after} and position <= ${to}
    ) scans
    group by slab order by slab`;
  for (const { lines } of rows) {
    for (const line of (lines as string).split('\n')) take(line);
  }
  return intake;

  function take(line: string): void {
    const ends: number[] = [];
    for (let end = line.indexOf('\t'); ends.length < 7; end = line.indexOf('\t', end + 1)) ends.push(end);
    const part = (i: number): string => line.slice(i === 0 ? 0 : ends[i - 1]! + 1, ends[i]);
    const agent = Number(part(6));
    const revision = revisions.get(agent);
    const common = line.slice(ends[6]! + 1);
    const key = revision ? `${agent}\t${common}` : common;
    let number = numbers.get(key);
    if (number === undefined) {
      number = intake.numberOf(combinationOf(scanFrom(common), revision));
      numbers.set(key, number);
    }
    intake.add(part(0), part(1), part(2) === 't', Number(part(3)), Number(part(4)), Number(part(5)), number);
  }
}

/** As much of a scan as its combination is made of. */
function scanFrom(common: string): Scan {
  const [kind, rules, earlier, country, region, city, device, os, browser, language, referrer, rule, ...utm] =
    common.split('\t');
  const [source, medium, campaign] = utm;
  return {
    kind: kind as ScanKind,
    ...(rules && { rules: Number(rules) }),
    ...(earlier && { earlier: Object.fromEntries(earlier.split(' ').map(pair => pair.split('='))) }),
    ...{ country, region, city, device, os, browser, language, referrer, rule },
    utm: { source, medium, campaign },
  } as unknown as Scan;
}
