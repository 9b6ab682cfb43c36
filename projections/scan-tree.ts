/**
 * Sums of scans, where there are enough of them: a month with more than `scansMax` scans has a sum of itself and of its
 * thirds, such a third sums of its days, such a day of its hours and such an hour of its quarters. So a span without a
 * sum has few scans and is answered from the scans themselves, and the number of sums grows with the scans divided by
 * that number. Of the last month of a subject those scans are summed that are in full parts, of the others all. Which sums
 * there are depends on the scans alone, not on the batches they came in.
 */
import type { Sql } from './projection.ts';
import { isCode } from './scan-intake.ts';
import type { Item } from './scan-items.ts';
import { type Batch, type Grown, type Place, partMax, readCombinations, readPlaces } from './scan-parts.ts';
import { addStored, type StoredSum, type Sums, storedSum } from './scan-sums.ts';
import { addItems, Combinations } from './scan-tallies.ts';
import { finer, type Grain, grains, type Span, spanOf } from './scan-times.ts';

/** 1,000 scans are read and counted in under 1 ms; their sum takes as long to read as some hundred of them. */
export const scansMax = 1_000;

/** Scans that belong into the sum of a span. */
interface Addition {
  readonly subject: number;
  readonly name: string;
  readonly org: string;
  readonly month: number;
  readonly span: Span;
  readonly items: readonly Item[];
  /** Whether these are all the scans of the span, so that there is no sum of it yet. */
  readonly whole: boolean;
}

interface Row extends StoredSum {
  readonly org: string;
  readonly subject: number;
  readonly grain: number;
  readonly start: number;
  readonly kinds: string;
  readonly first_part: number;
  readonly last_part: number;
}

/** Adds the scans of a batch to the sums that they belong into, and makes those that are due. */
export async function addToSums(sql: Sql, { grown, combinations }: Batch): Promise<void> {
  const due = grown.flatMap(dueOf);
  if (due.length === 0) return;
  const known = new Combinations(combinations);
  let additions = await rereads(sql, known, due);
  for (let grain: Grain | undefined = 'month'; grain && additions.length > 0; grain = finer(grain)) {
    additions = await addAt(sql, grain, additions, known);
  }
}

/** Scans that are to be read for an addition. */
interface Reread extends Place, Omit<Addition, 'items' | 'month'> {
  /** How many of them are counted already, and come first. */
  readonly counted: number;
  /** Scans that come behind them. */
  readonly rest: readonly Item[];
}

/**
 * What of a month is to be counted now. Scans of its last part are not before that is full, or a later month has begun:
 * they are read from there, and a sum is written once for `partMax` scans. When it was for each batch, 500 scans of as many
 * busy codes took 590 ms and 16 MB of the database's log instead of 21 ms and 0.3 MB.
 */
function dueOf({ subject, name, org, month, items, before, wasOver, isOver }: Grown): Reread[] {
  const after = before + items.length;
  const [from, to] = [wasOver ? before : before - (before % partMax), isOver ? after : after - (after % partMax)];
  if (from === to || to <= scansMax) return [];
  const due = { subject, name, org, month: month.from, span: month };
  const lastPart = Math.ceil(to / partMax) - 1;
  if (from <= scansMax) return [{ ...due, firstPart: 0, lastPart, counted: 0, rest: [], whole: true }];
  // What is in the first part may have come before.
  const first = Math.floor(from / partMax);
  const rest = items.slice((first + 1) * partMax - before, to - before);
  return [{ ...due, firstPart: first, lastPart: first, counted: from % partMax, rest, whole: false }];
}

/** Reads what is to be read, and learns what it says. */
async function rereads(sql: Sql, known: Combinations, due: readonly Reread[]): Promise<Addition[]> {
  const found = new Map(due.map(({ subject, span }) => [`${subject} ${span.from}`, [] as Item[]]));
  for await (const [{ subject, span, counted }, items] of readPlaces(sql, due)) {
    const all = found.get(`${subject} ${span.from}`)!;
    for (let i = counted; i < items.length; i++) all.push(items[i]!);
  }
  const missing = new Set<number>();
  const additions = due.map(({ counted, rest, ...addition }): Addition => {
    const items = found.get(`${addition.subject} ${addition.span.from}`)!;
    for (const { combination } of items) if (!known.has(combination)) missing.add(combination);
    for (const item of rest) items.push(item);
    return { ...addition, items };
  });
  for (const [id, combination] of await readCombinations(sql, [...missing])) known.set(id, combination);
  return additions;
}

/** Adds at one grain; returns what belongs into the next finer one. */
async function addAt(sql: Sql, grain: Grain, additions: readonly Addition[], known: Combinations) {
  const stored = await storedAt(
    sql,
    grain,
    additions.filter(({ whole }) => !whole),
  );
  const rows: Row[] = [];
  const next: Addition[] = [];
  const due: Reread[] = [];
  const deeper = finer(grain);
  for (const addition of additions) {
    const { subject, span, items, whole } = addition;
    const before = stored.get(`${subject} ${span.from}`) ?? [];
    const made = summed(grain, addition, before, known);
    rows.push(...made);
    const scansBefore = before.reduce((sum, row) => sum + row.scans, 0);
    if (!deeper || scansBefore + items.length <= scansMax) continue;
    if (whole || scansBefore > scansMax) next.push(...split(addition, deeper));
    else {
      const firstPart = Math.min(...made.map(row => row.first_part), ...before.map(row => row.first_part));
      const lastPart = Math.max(...made.map(row => row.last_part), ...before.map(row => row.last_part));
      due.push({ ...addition, firstPart, lastPart, counted: 0, rest: [], whole: true });
    }
  }
  await write(sql, rows);
  if (!deeper) return [];
  return [...next, ...(await rereads(sql, known, due)).flatMap(addition => split(addition, deeper))];
}

function split(addition: Addition, grain: Grain): Addition[] {
  const pieces = new Map<number, Addition & { readonly items: Item[] }>();
  let piece: (Addition & { readonly items: Item[] }) | undefined;
  for (const item of addition.items) {
    // Mostly the span of the scan before.
    if (!piece || item.quarter < piece.span.from || item.quarter >= piece.span.to) {
      const span = spanOf(grain, item.quarter);
      piece = pieces.get(span.from) ?? { ...addition, span, items: [] };
      pieces.set(span.from, piece);
    }
    piece.items.push(item);
  }
  return [...pieces.values()];
}

/** The rows of a span after an addition: those that it changes. */
function summed(
  grain: Grain,
  { subject, name, org, span, items }: Addition,
  before: readonly Row[],
  known: Combinations,
): Row[] {
  const sums: Sums = new Map();
  const parts = addItems(sums, items, known, isCode(name));
  return [...sums].map(([kinds, sum]) => {
    const old = before.find(row => row.kinds === kinds);
    if (old) addStored(sum, old, span.from);
    const { firstPart, lastPart } = parts.get(kinds)!;
    const [first_part, last_part] = old
      ? [Math.min(old.first_part, firstPart), Math.max(old.last_part, lastPart)]
      : [firstPart, lastPart];
    return {
      ...{ org, subject, grain: grains.indexOf(grain), start: span.from, kinds, first_part, last_part },
      ...storedSum(sum, span.from),
    };
  });
}

async function storedAt(sql: Sql, grain: Grain, additions: readonly Addition[]): Promise<Map<string, Row[]>> {
  if (additions.length === 0) return new Map();
  const rows = await sql<Row[]>`
    select s.* from unnest(${additions.map(a => a.subject)}::int[], ${additions.map(a => a.span.from)}::int[])
      k (subject, start)
    join scan_sums s on s.subject = k.subject and s.grain = ${grains.indexOf(grain)} and s.start = k.start`;
  return Map.groupBy(rows, row => `${row.subject} ${row.start}`);
}

async function write(sql: Sql, rows: readonly Row[]): Promise<void> {
  const hex = (bytes: Uint8Array): string => `\\x${(bytes as Buffer).toString('hex')}`;
  const texts = rows.map(row => ({ ...row, quarters: hex(row.quarters), visitors: hex(row.visitors) }));
  await sql`
    insert into scan_sums select * from json_populate_recordset(null::scan_sums, ${JSON.stringify(texts)}::text::json)
    on conflict (subject, grain, start, kinds) do update set
      scans = excluded.scans, counts = excluded.counts, quarters = excluded.quarters, visitors = excluded.visitors,
      first_part = excluded.first_part, last_part = excluded.last_part`;
}
