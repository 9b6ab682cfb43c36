/**
 * What scan analytics are answered from. Each scan is kept in twelve bytes (`scan-items.ts`), by code and by
 * organisation, in parts of a calendar month (`scan-parts.ts`); where there are many of them, sums stand beside them, of
 * the month down to the quarter of an hour (`scan-tree.ts`). So no answer reads more than a bounded number of rows,
 * however many scans there were. Visitors are sketches that unite, so that uniques of a month are never a sum of days.
 */
import { currentRules, revisionsIn } from './counting.ts';
import { type Projection, type Sql, schemaOf } from './projection.ts';
import { intakeFrom, readColumns } from './scan-columns.ts';
import { intakeOf } from './scan-intake.ts';
import { addToParts } from './scan-parts.ts';
import { addToSums } from './scan-tree.ts';

/** Of the tables; raised when they, or what stands in them, change. */
const layout = 1;

export const scans: Projection = {
  name: 'scans',
  // Other rules make other sums: history is counted anew, beside the old sums, when a version of them comes.
  version: 100 * layout + currentRules,
  family: 'scans',
  // Each batch writes the last part and the count of each of its codes, so that few batches cost less; and often enough
  // that a scan which another process reads is there within 500 ms.
  paceMs: 400,
  // A code's row is written once a batch: 50,000 at a time over 10,000 codes made 97,000 scans/s, these 257,000.
  batchMax: 200_000,
  handles: ['scan.recorded'],
  knows: ['counting.revised'],
  keeps: ['scan_condensed'],
  tables: `
    -- What scans of anybody may have in common; whose scans those are stands in the other tables only
    create table scan_combinations (
      id integer primary key,
      combination text collate "C" not null unique
    );
    -- Half empty, so that a batch that counts for all codes of a page finds room there and leaves the indexes alone
    create table scan_totals (
      qr text collate "C" primary key,
      org text collate "C" not null,
      subject integer not null unique,
      scans bigint not null,
      last_month integer not null
    ) with (fillfactor = 45);
    create table scan_parts (
      org text collate "C" not null,
      subject integer not null,
      month integer not null,
      part integer not null,
      scans integer not null,
      first integer not null,
      last integer not null,
      items bytea not null,
      primary key (subject, month, part)
    );
    -- Short enough to stand in its row, and appended to without being compressed each time
    alter table scan_parts alter column items set storage external;
    create table scan_sums (
      org text collate "C" not null,
      subject integer not null,
      grain smallint not null,
      start integer not null,
      kinds text collate "C" not null,
      scans bigint not null,
      counts json not null,
      quarters bytea not null,
      visitors bytea not null,
      first_part integer not null,
      last_part integer not null,
      primary key (subject, grain, start, kinds)
    );
    -- What questions with filters are answered from; made and kept when somebody asks so
    create table scan_condensed (
      org text collate "C" not null,
      subject integer not null,
      grain smallint not null,
      start integer not null,
      scans bigint not null,
      heads bytea not null,
      bodies bytea not null,
      primary key (subject, grain, start)
    );
    -- Uncompressed, so that pieces of it can be read by themselves
    alter table scan_condensed alter column heads set storage external, alter column bodies set storage external;
    -- Nearly random bytes: trying to compress them each time is for nothing
    alter table scan_sums alter column visitors set storage external, alter column quarters set storage external;
  `,

  async apply(sql, events, known = []) {
    await addToSums(sql, await addToParts(sql, intakeOf(events, revisionsIn(known))));
  },

  async digest(sql, after, to, known) {
    const revisions = revisionsIn(known);
    const columns = await readColumns(sql, after, to, revisions);
    // Put together when they are written, while Postgres reads the next ones.
    return async tx => addToSums(tx, await addToParts(tx, intakeFrom(columns, revisions)));
  },
};

/** Counted scans of codes, in all time. Codes that were never scanned are absent. */
export async function scanTotals(sql: Sql, qrs: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql`select qr, scans from scan_totals where qr = any(${qrs as string[]})`;
  return new Map(rows.map(row => [row['qr'], row['scans']]));
}

/** The same with the position up to which they are counted, in one look. */
export async function scanTotalsAt(
  sql: Sql,
  qrs: readonly string[],
): Promise<{ position: number; totals: Map<string, number> }> {
  const rows = await sql`
    select c.position, t.qr, t.scans
    from projections.checkpoints c left join scan_totals t on t.qr = any(${qrs as string[]})
    where c.schema = ${schemaOf(scans)}`;
  const counted = rows.filter(row => row['qr'] !== null).map(row => [row['qr'], row['scans']] as [string, number]);
  return { position: rows[0]?.['position'] ?? 0, totals: new Map(counted) };
}
