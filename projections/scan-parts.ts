/**
 * Scans by subject: a code, or all codes of an organisation. They are kept in the order of the ledger, by calendar month
 * and then in parts of a bounded number, so that taking more in rewrites one short row, and a span of time is found
 * again without reading what lies far from it. Numbers are given in the order of the ledger too, so that rows don't tell
 * in which batches the events have come.
 */
import { currentRules } from './counting.ts';
import type { Sql } from './projection.ts';
import type { Intake, Subject } from './scan-intake.ts';
import { type Combination, combinationFrom, type Item, itemBytes, kindIn, packed, unpacked } from './scan-items.ts';
import { type Span, spanOf } from './scan-times.ts';

/** Scans in a part: 1.5 KB, the most that a row holds without being stored elsewhere. */
export const partMax = 128;

/** Scans of a subject in a month, as they were added. */
export interface Grown {
  readonly subject: number;
  readonly name: string;
  readonly org: string;
  readonly month: Span;
  readonly items: readonly Item[];
  /** Scans that were there before. */
  before: number;
  /** Whether the subject had scans of a later month before, and whether it has now. */
  readonly wasOver: boolean;
  readonly isOver: boolean;
}

export interface Batch {
  readonly grown: readonly Grown[];
  readonly combinations: ReadonlyMap<number, Combination>;
}

/** Puts scans into their parts. */
export async function addToParts(sql: Sql, { subjects, texts }: Intake): Promise<Batch> {
  const ids = await numbered(sql, texts);
  const combinations = texts.map(combinationFrom);
  const isCounted = combinations.map(({ kinds }) => kindIn(kinds, currentRules) === 'scan');
  for (const subject of subjects.values()) {
    for (const items of subject.months.values()) {
      for (const item of items) {
        if (isCounted[item.combination]) subject.counted += 1;
        item.combination = ids[item.combination]!;
      }
    }
  }
  const grown = await located(sql, [...subjects.values()]);
  await append(sql, grown);
  return { grown, combinations: new Map(ids.map((id, number) => [id, combinations[number]!])) };
}

/** The numbers of these combinations, given to those that are new. */
async function numbered(sql: Sql, texts: readonly string[]): Promise<number[]> {
  const known = await sql`select id, combination from scan_combinations where combination = any(${texts as string[]})`;
  const ids = new Map(known.map(row => [row['combination'] as string, row['id'] as number]));
  const fresh = texts.filter(text => !ids.has(text));
  if (fresh.length > 0) {
    const [row] = await sql`select coalesce(max(id), 0) as last from scan_combinations`;
    for (const [i, text] of fresh.entries()) ids.set(text, row!['last'] + 1 + i);
    const rows = JSON.stringify(fresh.map(combination => ({ id: ids.get(combination), combination })));
    await sql`
      insert into scan_combinations
      select id, combination from json_populate_recordset(null::scan_combinations, ${rows}::text::json)`;
  }
  return texts.map(text => ids.get(text)!);
}

/**
 * Counts the scans of subjects, numbers those that are new, and tells how many scans there are of each month that has new
 * ones or is over now.
 */
async function located(sql: Sql, subjects: readonly Subject[]): Promise<Grown[]> {
  const names = subjects.map(({ name }) => name);
  const known = await sql`select qr, subject, last_month from scan_totals where qr = any(${names})`;
  const old = new Map(known.map(row => [row['qr'] as string, row]));
  let last = 0;
  if (old.size < names.length) {
    const [row] = await sql`select coalesce(max(subject), 0) as last from scan_totals`;
    last = row!['last'];
  }
  const found = subjects.map(({ name, months }) => {
    const lastBefore: number = old.get(name)?.['last_month'] ?? 0;
    return { subject: old.get(name)?.['subject'] ?? ++last, lastBefore, last: Math.max(lastBefore, ...months.keys()) };
  });
  await sql`
    insert into scan_totals
    select * from unnest(${names}::text[], ${subjects.map(({ org }) => org)}::text[], ${found.map(f => f.subject)}::int[],
      ${subjects.map(({ counted }) => counted)}::int[], ${found.map(f => f.last)}::int[])
    on conflict (qr) do update set scans = scan_totals.scans + excluded.scans, last_month = excluded.last_month`;

  const grown = subjects.flatMap(({ name, org, months }, i): Grown[] => {
    const { subject, lastBefore, last } = found[i]!;
    const isLeft = old.has(name) && lastBefore < last && !months.has(lastBefore);
    return [...months, ...(isLeft ? [[lastBefore, []] as const] : [])].map(([month, items]) => ({
      ...{ subject, name, org, month: spanOf('month', month), items, before: 0 },
      ...{ wasOver: month < lastBefore, isOver: month < last },
    }));
  });
  const begun = grown.filter(({ name }) => old.has(name));
  if (begun.length === 0) return grown;
  const tails = await sql`
    select k.subject, k.month, t.part * ${partMax} + t.scans as scans
    from unnest(${begun.map(g => g.subject)}::int[], ${begun.map(g => g.month.from)}::int[]) k (subject, month)
    cross join lateral (
      select part, scans from scan_parts p where p.subject = k.subject and p.month = k.month
      order by part desc limit 1
    ) t`;
  const before = new Map(tails.map(row => [`${row['subject']} ${row['month']}`, row['scans'] as number]));
  for (const g of begun) g.before = before.get(`${g.subject} ${g.month.from}`) ?? 0;
  return grown;
}

async function append(sql: Sql, grown: readonly Grown[]): Promise<void> {
  const columns = { subject: [], month: [], part: [], scans: [], first: [], last: [], start: [] } as Record<
    string,
    number[]
  >;
  const [orgs, pieces]: [string[], Buffer[]] = [[], []];
  // Of the scans before.
  let bytes = 0;
  for (const { subject, org, month, items, before } of grown) {
    for (let done = 0; done < items.length; ) {
      const part = Math.floor((before + done) / partMax);
      const some = items.slice(done, (part + 1) * partMax - before);
      for (const item of some) item.part = part;
      columns['subject']!.push(subject);
      columns['month']!.push(month.from);
      columns['part']!.push(part);
      columns['scans']!.push(some.length);
      let [first, last] = [some[0]!.quarter, some[0]!.quarter];
      for (const { quarter } of some) {
        if (quarter < first) first = quarter;
        if (quarter > last) last = quarter;
      }
      columns['first']!.push(first);
      columns['last']!.push(last);
      columns['start']!.push(bytes);
      orgs.push(org);
      const piece = packed(some);
      pieces.push(piece);
      bytes += piece.length;
      done += some.length;
    }
  }
  const { subject, month, part, scans, first, last, start } = columns as { [C in keyof typeof columns]: number[] };
  await sql`
    insert into scan_parts
    select org, subject, month, part, scans, first, last,
      substring(${Buffer.concat(pieces)}::bytea from start + 1 for scans * ${itemBytes})
    from unnest(${orgs}::text[], ${subject!}::int[], ${month!}::int[], ${part!}::int[], ${scans!}::int[], ${first!}::int[],
      ${last!}::int[], ${start!}::int[]) p (org, subject, month, part, scans, first, last, start)
    on conflict (subject, month, part) do update set
      scans = scan_parts.scans + excluded.scans, first = least(scan_parts.first, excluded.first),
      last = greatest(scan_parts.last, excluded.last), items = scan_parts.items || excluded.items`;
}

/** Where scans of a subject and month are to be read again. */
export interface Place {
  readonly subject: number;
  readonly month: number;
  readonly span: Span;
  readonly firstPart: number;
  readonly lastPart: number;
}

export const anyPart: Pick<Place, 'firstPart' | 'lastPart'> = { firstPart: 0, lastPart: 2 ** 31 - 1 };

const placesMax = 500;
/** 8 MB at most. */
const partsMax = 5_000;

/** The scans of these places, in the order of the parts, some at a time: the memory is flat however many there are. */
export async function* readPlaces<P extends Place>(sql: Sql, places: readonly P[]): AsyncGenerator<[P, Item[]]> {
  for (let left = [...places]; left.length > 0; ) {
    const some = left.splice(0, placesMax);
    const limit = Math.floor(partsMax / some.length);
    const rows = await sql`
      select k.i, p.part, p.items
      from ${asPlaces(sql, some)} cross join lateral (${partsOf(sql, limit)}) p`;
    const found = Map.groupBy(rows, row => row['i'] as number);
    for (const [i, parts] of found) {
      const place = some[i - 1]!;
      const items = parts.flatMap(({ part, items }) => unpacked(items, part));
      yield [place, items.filter(({ quarter }) => quarter >= place.span.from && quarter < place.span.to)];
      if (parts.length === limit) left.unshift({ ...place, firstPart: parts.at(-1)!['part'] + 1 });
    }
  }
}

/**
 * The parts of these places as they are, put together, some places at a time: some of the scans lie outside of the span.
 * A part a row, and an object a scan, took nearly twice as long where most of the scans are not meant.
 */
export async function* readBytes<P extends Place>(sql: Sql, places: readonly P[]): AsyncGenerator<[P, Uint8Array][]> {
  for (let left = [...places]; left.length > 0; ) {
    const some = left.splice(0, placesMax);
    const limit = Math.floor(partsMax / some.length);
    const rows = await sql`
      select k.i, p.parts, p.last, encode(p.items, 'base64') as items
      from ${asPlaces(sql, some)}
      cross join lateral (
        select count(*)::int as parts, max(part) as last, string_agg(items, ''::bytea order by part) as items
        from (${partsOf(sql, limit)}) parts
      ) p
      where p.parts > 0`;
    const isCut = rows.filter(({ parts }) => parts === limit);
    left.unshift(...isCut.map(({ i, last }) => ({ ...some[i - 1]!, firstPart: last + 1 })));
    if (rows.length > 0) yield rows.map(({ i, items }) => [some[i - 1]!, Buffer.from(items, 'base64')]);
  }
}

const asPlaces = (sql: Sql, places: readonly Place[]) => sql`
  unnest(${places.map(p => p.subject)}::int[], ${places.map(p => p.month)}::int[],
    ${places.map(p => p.firstPart)}::int[], ${places.map(p => p.lastPart)}::int[],
    ${places.map(p => p.span.from)}::int[], ${places.map(p => p.span.to)}::int[])
    with ordinality k (subject, month, first_part, last_part, begin, until, i)`;

const partsOf = (sql: Sql, limit: number) => sql`
  select part, items from scan_parts s
  where s.subject = k.subject and s.month = k.month and s.part between k.first_part and k.last_part
    and s.last >= k.begin and s.first < k.until
  order by part limit ${limit}`;

/** The combinations of these numbers. */
export async function readCombinations(sql: Sql, ids: readonly number[]): Promise<Map<number, Combination>> {
  if (ids.length === 0) return new Map();
  const rows = await sql`select id, combination from scan_combinations where id = any(${ids as number[]}::int[])`;
  return new Map(rows.map(row => [row['id'], combinationFrom(row['combination'])]));
}
