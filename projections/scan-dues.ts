/**
 * Spans that are over and have many scans, and are not condensed yet, or not with all of them: what a question with
 * filters would have to wait for. They are found by looking, so that it does not matter when their scans have come.
 */
import type { Sql } from './projection.ts';
import type { Dense } from './scan-group-rows.ts';
import { isCode } from './scan-intake.ts';
import { grains, spanOf } from './scan-times.ts';

/** Days, thirds and months: an hour has so few scans that nobody waits for them. */
const grainMax = grains.indexOf('day');

/**
 * The finest first, for coarser ones are put together from these.
 * @param until spans that end by this quarter are over
 * @param scansMin of less it takes no time to condense them when somebody asks
 */
export async function dueSpans(sql: Sql, until: number, scansMin: number, limit: number): Promise<Dense[]> {
  // A span has begun before it is over; which of them are is said by the calendar.
  const rows = await sql`
    select * from (
      select org, subject, grain, start, sum(scans)::bigint as scans, min(first_part) as first_part,
        max(last_part) as last_part
      from scan_sums where grain <= ${grainMax} and start < ${until}
      group by org, subject, grain, start having sum(scans) >= ${scansMin}
    ) s
    join (select qr, subject, tableoid::int as model from scan_totals) t using (subject)
    where not exists (
      select from scan_condensed c
      where c.subject = s.subject and c.grain = s.grain and c.start = s.start and c.scans = s.scans
    )
    order by grain desc, subject, start`;
  return rows
    .map(({ org, subject, grain, start, scans, first_part, last_part, qr, model }): Dense => {
      const span = spanOf(grains[grain]!, start);
      const node = { subject, month: spanOf('month', start).from, grain: grains[grain]!, span };
      return { ...node, org, model, isCode: isCode(qr), scans, firstPart: first_part, lastPart: last_part };
    })
    .filter(({ span }) => span.to <= until)
    .slice(0, limit);
}
