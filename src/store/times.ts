/**
 * Where in the ledger a time can be. Times ascend with positions nearly, but not quite: nodes have clocks of their own,
 * scans come home from a spool hours later, and a whole organisation comes out of a file. So each block of positions has
 * the earliest and the latest time in it, which is right whatever the order, and blocks that can't hold what is sought
 * are not looked at. They are summed up behind the ledger, off the append path; what is not summed up yet may hold
 * anything.
 */
import { type ArchivedRow, archivedBehind } from './archives.ts';
import type { Sql } from './connect.ts';

/** As many entries as the trees grow by in a step; a million events have 61 blocks. */
const width = 16_384;
/** Blocks in one statement: some 80 ms of Postgres, and as many as a page mostly needs. */
const atOnce = 16;

/** Positions behind `after` up to `to`. */
export interface Span {
  readonly after: number;
  readonly to: number;
}

/** Milliseconds: from then on, and before. */
export interface Within {
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

/** Whether a block ends behind one position and not behind the other. */
export const endsBlock = (after: number, to: number): boolean => Math.floor(after / width) < Math.floor(to / width);

/** Sums up blocks that are complete at a position, some at once; those before them are summed up already. */
export async function sumUpTimes(sql: Sql, to: number): Promise<void> {
  const first = await firstOpen(sql);
  const last = Math.min(Math.floor(to / width), first + atOnce) - 1;
  if (last < first) return;
  const within = sql`position > ${first * width} and position <= ${(last + 1) * width}`;
  // Positions have no gaps: where some are missing, their scans are in a file.
  await sql`
    insert into ledger.times
    select block,
      case when count(at_ms) = ${width} then min(at_ms) else 0 end,
      case when count(at_ms) = ${width} then max(at_ms) else ${Number.MAX_SAFE_INTEGER}::bigint end
    from generate_series(${first}::bigint, ${last}::bigint) block
      left join (
        select (position - 1) / ${width} as block, at_ms from ledger.events where ${within}
        union all
        select (position - 1) / ${width}, at_ms from ledger.scans where ${within}
      ) entries using (block)
    group by block
    on conflict do nothing`;
}

async function firstOpen(sql: Sql): Promise<number> {
  const [row] = await sql`select coalesce(max(block) + 1, 0) as block from ledger.times`;
  return row!['block'];
}

/** The spans behind a position up to another one in which such times can be, in order. */
export async function* spansOf(
  sql: Sql,
  { from, before }: Within,
  after: number,
  to: number,
  blocks = atOnce,
): AsyncGenerator<Span> {
  if (from === undefined && before === undefined) {
    yield { after, to };
    return;
  }
  const open = await firstOpen(sql);
  let at = Math.floor(after / width);
  while (at < open && at * width < to) {
    const rows = await sql`
      select block from ledger.times
      where block >= ${at} and block < ${open}
        ${from === undefined ? sql`` : sql`and max_ms >= ${from}`}
        ${before === undefined ? sql`` : sql`and min_ms < ${before}`}
      order by block limit ${blocks}`;
    for (let i = 0; i < rows.length; ) {
      const block: number = rows[i]!['block'];
      let end = block + 1;
      while (rows[++i]?.['block'] === end) end += 1;
      yield* clipped(block * width, end * width);
      at = end;
    }
    if (rows.length < blocks) at = open;
  }
  yield* clipped(open * width, Number.POSITIVE_INFINITY);

  function* clipped(first: number, last: number): Generator<Span> {
    const span = { after: Math.max(first, after), to: Math.min(last, to) };
    if (span.after < span.to) yield span;
  }
}

/** The same, last one first: a billion events have 61,000 blocks, and what hangs together is one span. */
export const spansBack = async (sql: Sql, within: Within, after: number, to: number): Promise<Span[]> =>
  (await Array.fromAsync(spansOf(sql, within, after, to, Number.MAX_SAFE_INTEGER))).reverse();

/** Positions looked at first; more, if nothing is there. */
const windowMin = 10_000;

/** Position of an organisation's last event before a time, up to a position; 0 when there is none. */
export async function lastBefore(sql: Sql, org: string, before: number, head: number): Promise<number> {
  for (const span of await spansBack(sql, { before }, 0, head)) {
    for (let to = span.to, width = windowMin; to > span.after; width *= 8) {
      const from = Math.max(span.after, to - width);
      const last = await lastWithin(sql, org, before, from, to);
      if (last > 0) return last;
      to = from;
    }
  }
  return 0;
}

async function lastWithin(sql: Sql, org: string, before: number, from: number, to: number): Promise<number> {
  const meant = sql`org = ${org} and at_ms < ${before} and position > ${from} and position <= ${to}`;
  const [row] = await sql`
    select greatest(
      (select max(position) from ledger.events where ${meant}), (select max(position) from ledger.scans where ${meant}), 0
    ) as last`;
  const isMeant = (scan: ArchivedRow): boolean => scan['org'] === org && Number(scan['at_ms']) < before;
  const [old] = await archivedBehind(sql, from, to, { isMeant, limit: 1, isLast: true });
  return Math.max(row!['last'], old?.position ?? 0);
}
