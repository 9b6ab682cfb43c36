/**
 * Scans of some codes, or of an organisation, within some time, summed up. Whole months, days, hours and quarters come
 * from their sums; where there is none, or only a part is meant, the few scans themselves are read. What is asked of
 * some scans only, by a filter, is answered from the scans: exactly, at a cost that grows with them, and in flat memory.
 */
import type { Sql } from './projection.ts';
import { isCode } from './scan-intake.ts';
import { type Combination, chosen, unknownIn } from './scan-items.ts';
import { anyPart, type Place, readBytes, readCombinations } from './scan-parts.ts';
import { addStored, type StoredSum, type Sums, sumFor } from './scan-sums.ts';
import { addItems, Combinations, servedName } from './scan-tallies.ts';
import { clipped, finer, type Grain, grains, isCovered, type Span, spansWithin } from './scan-times.ts';
import { scansMax } from './scan-tree.ts';

/** Whether a scan is meant, by what it has in common with others, the version that was served, and the subject. */
export type Matches = (combination: Combination, version: number, name: string) => boolean;

export interface Asked {
  /** Codes, or an organisation as `organizationSubject` names it. */
  readonly names: readonly string[];
  /** In order, and none overlaps another. */
  readonly spans: readonly Span[];
  readonly matches?: Matches | undefined;
  /** The kinds that are told in full, by the rules of a version; of others sums tell only how many. All when absent. */
  readonly inFull?: { readonly rules: number; readonly kinds: readonly string[] } | undefined;
}

/** What was found of a subject, by kinds: scans, and the versions and rules that were served. */
export type Share = Map<string, { scans: number; readonly served: Map<string, number> }>;

export interface Found {
  readonly sums: Sums;
  readonly shares: ReadonlyMap<string, Share>;
}

interface Node {
  readonly subject: number;
  readonly month: number;
  readonly span: Span;
}

/** A sum with its bytes in base64, or null where only its number is asked for. */
interface Row extends Pick<StoredSum, 'scans' | 'counts'> {
  readonly quarters: string;
  readonly visitors: string;
  readonly subject: number;
  readonly grain: number;
  readonly start: number;
  readonly kinds: string;
  readonly first_part: number;
  readonly last_part: number;
}

/** Sums up the scans that are meant by any of these questions, which don't overlap. */
export async function sumUp(sql: Sql, ...questions: readonly Asked[]): Promise<Found> {
  const found: Growing = { sums: new Map(), shares: new Map() };
  for (const question of questions) await add(sql, question, found);
  return found;
}

interface Growing extends Found {
  readonly shares: Map<string, Share>;
}

async function add(sql: Sql, { names, spans, matches, inFull }: Asked, found: Growing): Promise<void> {
  const rows = await sql`select qr, subject from scan_totals where qr = any(${names as string[]})`;
  const nameOf = new Map(rows.map(row => [row['subject'] as number, row['qr'] as string]));
  const months = spansWithin('month', spans);
  const top = [...nameOf.keys()].flatMap(subject => months.map(span => ({ subject, month: span.from, span })));
  const places = matches ? placesOf(top, spans) : await fromSums(sql, top, spans, inFull, nameOf, found);
  await fromItems(sql, places, nameOf, matches, found);
}

const placesOf = (nodes: readonly Node[], spans: readonly Span[], parts = anyPart): Place[] =>
  nodes.flatMap(({ subject, month, span }) =>
    clipped(spans, span).map(piece => ({ subject, month, span: piece, ...parts })),
  );

/** Adds what sums say; returns where scans have to be read. */
async function fromSums(
  sql: Sql,
  top: readonly Node[],
  spans: readonly Span[],
  inFull: Asked['inFull'],
  nameOf: ReadonlyMap<number, string>,
  found: Growing,
): Promise<Place[]> {
  const places: Place[] = [];
  const early = await readEarly(sql, top, spans, inFull);
  let nodes = top;
  for (let grain: Grain | undefined = 'month'; grain && nodes.length > 0; grain = finer(grain)) {
    const deeper = finer(grain);
    const rows = early?.[grain] ?? keyed(await readSums(sql, wanted(grain, nodes, spans), inFull));
    const next: Node[] = [];
    for (const node of nodes) {
      const sums = rows.get(`${node.subject} ${node.span.from}`);
      if (!sums) {
        // Of a month it says that there are few scans; below, that there are none.
        if (grain === 'month') places.push(...placesOf([node], spans));
      } else if (isCovered(spans, node.span)) {
        for (const row of sums) take(found, nameOf.get(node.subject)!, row);
      } else if (deeper && sums.reduce((n, { scans }) => n + scans, 0) > scansMax) {
        next.push(...inside(node, deeper, spans));
      } else {
        const firstPart = Math.min(...sums.map(row => row.first_part));
        places.push(...placesOf([node], spans, { firstPart, lastPart: Math.max(...sums.map(row => row.last_part)) }));
      }
    }
    nodes = next;
  }
  return places;
}

/** A sum that may be there, and whether all of it is meant. */
interface Wanted extends Node {
  readonly grain: number;
  readonly whole: boolean;
}

const wanted = (grain: Grain, nodes: readonly Node[], spans: readonly Span[]): Wanted[] =>
  nodes.map(node => ({ ...node, grain: grains.indexOf(grain), whole: isCovered(spans, node.span) }));

const keyed = (rows: readonly Row[]) => Map.groupBy(rows, row => `${row.subject} ${row.start}`);

/** Sums that are asked for at once, whether they will be needed or not: one trip instead of four. */
const earlyMax = 2_000;

/** All sums that may be needed, by grain; undefined when they are too many to ask for at once. */
async function readEarly(sql: Sql, top: readonly Node[], spans: readonly Span[], inFull: Asked['inFull']) {
  const all: Wanted[] = [];
  let nodes = top;
  for (let grain: Grain | undefined = 'month'; grain && nodes.length > 0; grain = finer(grain)) {
    const here = wanted(grain, nodes, spans);
    all.push(...here);
    if (all.length > earlyMax) return undefined;
    const deeper = finer(grain);
    nodes = deeper ? here.filter(({ whole }) => !whole).flatMap(node => inside(node, deeper, spans)) : [];
  }
  const rows = Map.groupBy(await readSums(sql, all, inFull), row => grains[row.grain]!);
  return Object.fromEntries(grains.map(grain => [grain, keyed(rows.get(grain) ?? [])])) as Record<
    Grain,
    Map<string, Row[]>
  >;
}

const inside = (node: Node, deeper: Grain, spans: readonly Span[]): Node[] =>
  spansWithin(deeper, clipped(spans, node.span)).map(span => ({ subject: node.subject, month: node.month, span }));

/** Bytes come as base64: as Postgres sends them they are half as long again, which is most of what an answer takes. */
async function readSums(sql: Sql, nodes: readonly Wanted[], inFull: Asked['inFull']): Promise<Row[]> {
  const isTold = inFull
    ? sql`k.whole = 1 and split_part(s.kinds, ' ', ${inFull.rules}) = any(${inFull.kinds as string[]})`
    : sql`k.whole = 1`;
  const body = (column: string, text: string) =>
    sql`case when ${isTold} then ${sql.unsafe(text)} end as ${sql.unsafe(column)}`;
  return sql<Row[]>`
    select s.subject, s.grain, s.start, s.kinds, s.scans, s.first_part, s.last_part,
      ${body('counts', 's.counts')}, ${body('quarters', "encode(s.quarters, 'base64')")},
      ${body('visitors', "encode(s.visitors, 'base64')")}
    from unnest(${nodes.map(node => node.subject)}::int[], ${nodes.map(node => node.grain)}::int[],
      ${nodes.map(node => node.span.from)}::int[], ${nodes.map(node => Number(node.whole))}::int[])
      k (subject, grain, start, whole)
    join scan_sums s on s.subject = k.subject and s.grain = k.grain and s.start = k.start`;
}

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

function take(found: Growing, name: string, row: Row): void {
  const sum = sumFor(found.sums, row.kinds);
  const isTold = row.counts !== null;
  if (isTold) addStored(sum, { ...row, quarters: bytesOf(row.quarters), visitors: bytesOf(row.visitors) }, row.start);
  else sum.scans += row.scans;
  if (!isCode(name)) return;
  const share = shareFor(found.shares, name, row.kinds);
  share.scans += row.scans;
  if (!isTold) return;
  for (const [served, n] of Object.entries(row.counts.served ?? {})) {
    share.served.set(served, (share.served.get(served) ?? 0) + n);
  }
}

function shareFor(shares: Map<string, Share>, name: string, kinds: string) {
  const share: Share = shares.get(name) ?? new Map();
  shares.set(name, share);
  const known = share.get(kinds);
  if (known) return known;
  const made = { scans: 0, served: new Map<string, number>() };
  share.set(kinds, made);
  return made;
}

/** Adds scans one by one. */
async function fromItems(
  sql: Sql,
  places: readonly Place[],
  nameOf: ReadonlyMap<number, string>,
  matches: Matches | undefined,
  { sums, shares }: Growing,
): Promise<void> {
  const known = new Combinations();
  for await (const [{ subject, span }, bytes] of readBytes(sql, places)) {
    for (const [id, combination] of await readCombinations(sql, unknownIn(bytes, known))) known.set(id, combination);
    const name = nameOf.get(subject)!;
    const items = chosen(bytes, span, (id, version) => !matches || matches(known.get(id), version, name));
    addItems(sums, items, known, isCode(name));
    if (!isCode(name)) continue;
    for (const { combination, version } of items) {
      const { kinds, rule } = known.get(combination);
      const share = shareFor(shares, name, kinds);
      const served = servedName(version, rule);
      share.scans += 1;
      share.served.set(served, (share.served.get(served) ?? 0) + 1);
    }
  }
}
