/**
 * The way through the tree of sums: from months down to quarters, to what stands for a span as a whole, and to the few
 * scans that have to be read where nothing does. Whatever is asked takes this way, so that no answer reads more than a
 * bounded number of rows.
 */
import type { Sql } from './projection.ts';
import { anyPart, type Place } from './scan-parts.ts';
import type { StoredSum } from './scan-sums.ts';
import { clipped, finer, type Grain, grains, isCovered, type Span, spansWithin } from './scan-times.ts';
import { scansMax } from './scan-tree.ts';

/** The kinds that are told in full, by the rules of a version; of others sums tell only how many. All when absent. */
export type InFull = { readonly rules: number; readonly kinds: readonly string[] } | undefined;

/** A span of a subject. */
export interface Node {
  readonly subject: number;
  readonly month: number;
  readonly grain: Grain;
  readonly span: Span;
}

/** A span on the way, and the last part that its sums may count: what is in later ones is found scan by scan. */
interface Step extends Node {
  readonly upTo: number;
}

/** Sums have been raised between two looks at them, and count scans that were found one by one; another try is in order. */
export class Outgrown extends Error {}

/** A sum with its bytes in base64, or null where only its number is asked for. */
export interface Row extends Pick<StoredSum, 'scans' | 'counts'> {
  readonly quarters: string;
  readonly visitors: string;
  readonly subject: number;
  readonly grain: number;
  readonly start: number;
  readonly kinds: string;
  readonly first_part: number;
  readonly last_part: number;
}

export interface Walk {
  readonly subjects: Iterable<number>;
  /** What of the subjects is meant; in order, and none overlaps another. */
  readonly spans: readonly Span[];
  readonly inFull: InFull;
  /** Spans that end later are not taken as a whole; never when absent. */
  readonly until?: number;
  /** Whether a month may have scans that its sums don't count yet: those of its last part. */
  isOpen(month: Node): boolean;
  /** Takes the sums of a span that is meant as a whole; false when its scans are to be read instead, which are few. */
  take(node: Node, sums: readonly Row[]): boolean;
}

/** Goes through the sums; returns where scans have to be read. */
export async function walk(sql: Sql, options: Walk): Promise<Place[]> {
  const { subjects, spans, inFull, until = Infinity, isOpen, take } = options;
  const isWhole = (span: Span) => span.to <= until && isCovered(spans, span);
  const wanted = (nodes: readonly Node[]): Wanted[] => nodes.map(node => ({ ...node, whole: isWhole(node.span) }));
  const top = topOf(subjects, spans);
  const places: Place[] = [];
  const early = await readEarly(sql, wanted(top), spans, inFull, wanted);
  let nodes = top;
  for (let grain: Grain | undefined = 'month'; grain && nodes.length > 0; grain = finer(grain)) {
    const rows = early?.[grain] ?? keyed(await readSums(sql, wanted(nodes), inFull));
    const next: Step[] = [];
    for (const node of nodes) {
      const sums = sumsOf(node, rows);
      // What no sum counts; of a month without sums, which has few scans, that is all.
      if (grain === 'month' && (!sums || isOpen(node))) places.push(...placesOf([node], spans, behind(sums)));
      if (!sums || (isWhole(node.span) && take(node, sums))) continue;
      if (finer(grain) && !isWhole(node.span) && scansIn(sums) > scansMax) {
        next.push(...inside({ ...node, ...partsOf(sums) }, spans));
      } else {
        places.push(...placesOf([node], spans, partsOf(sums)));
      }
    }
    nodes = next;
  }
  return places;
}

/** The months that these spans touch. */
export function topOf(subjects: Iterable<number>, spans: readonly Span[]): Step[] {
  const months = spansWithin('month', spans);
  return [...subjects].flatMap(subject =>
    months.map(span => ({ subject, month: span.from, grain: 'month' as const, span, upTo: Infinity })),
  );
}

export const scansIn = (sums: readonly Row[]): number => sums.reduce((n, { scans }) => n + scans, 0);

/** The parts that the scans of these sums are in. */
export const partsOf = (sums: readonly Row[]): Pick<Place, 'firstPart' | 'lastPart'> => ({
  firstPart: Math.min(...sums.map(row => row.first_part)),
  lastPart: Math.max(...sums.map(row => row.last_part)),
});

/** The parts of a month that its sums don't count: the last one, and what has come since they were read. */
const behind = (sums: readonly Row[] | undefined): Pick<Place, 'firstPart' | 'lastPart'> =>
  sums ? { ...anyPart, firstPart: partsOf(sums).lastPart + 1 } : anyPart;

export const placesOf = (nodes: readonly Node[], spans: readonly Span[], parts = anyPart): Place[] =>
  nodes.flatMap(({ subject, month, span }) =>
    clipped(spans, span).map(piece => ({ subject, month, span: piece, ...parts })),
  );

/** The spans of the next grain that these spans touch within a node. */
export function inside(node: Node & Pick<Place, 'lastPart'>, spans: readonly Span[]): Step[] {
  const { subject, month, span, lastPart } = node;
  const grain = finer(node.grain)!;
  return spansWithin(grain, clipped(spans, span)).map(span => ({ subject, month, grain, span, upTo: lastPart }));
}

/** A sum that may be there, and whether all of it is meant. */
interface Wanted extends Node {
  readonly whole: boolean;
}

export const keyed = (rows: readonly Row[]) => Map.groupBy(rows, row => `${row.subject} ${row.start}`);

/** The sums of a node, if there are any. */
export function sumsOf({ subject, span, upTo }: Step, rows: ReadonlyMap<string, Row[]>): Row[] | undefined {
  const sums = rows.get(`${subject} ${span.from}`);
  if (sums && partsOf(sums).lastPart > upTo) throw new Outgrown('scans are being added up');
  return sums;
}

/** Sums that are asked for at once, whether they will be needed or not: one trip instead of four. */
const earlyMax = 2_000;

/** All sums that may be needed, by grain; undefined when they are too many to ask for at once. */
async function readEarly(
  sql: Sql,
  top: readonly Wanted[],
  spans: readonly Span[],
  inFull: InFull,
  wanted: (nodes: readonly Node[]) => Wanted[],
) {
  const all: Wanted[] = [];
  for (let here = top; here.length > 0; ) {
    all.push(...here);
    if (all.length > earlyMax) return undefined;
    const divided = here.filter(({ whole, grain }) => !whole && finer(grain));
    here = wanted(divided.flatMap(node => inside({ ...node, lastPart: Infinity }, spans)));
  }
  const rows = Map.groupBy(await readSums(sql, all, inFull), row => grains[row.grain]!);
  return Object.fromEntries(grains.map(grain => [grain, keyed(rows.get(grain) ?? [])])) as Record<
    Grain,
    Map<string, Row[]>
  >;
}

/** Bytes come as base64: as Postgres sends them they are half as long again, which is most of what an answer takes. */
export async function readSums(sql: Sql, nodes: readonly Wanted[], inFull: InFull): Promise<Row[]> {
  const isTold = inFull
    ? sql`k.whole = 1 and split_part(s.kinds, ' ', ${inFull.rules}) = any(${inFull.kinds as string[]})`
    : sql`k.whole = 1`;
  const body = (column: string, text: string) =>
    sql`case when ${isTold} then ${sql.unsafe(text)} end as ${sql.unsafe(column)}`;
  return sql<Row[]>`
    select s.subject, s.grain, s.start, s.kinds, s.scans, s.first_part, s.last_part,
      ${body('counts', 's.counts')}, ${body('quarters', "encode(s.quarters, 'base64')")},
      ${body('visitors', "encode(s.visitors, 'base64')")}
    from unnest(${nodes.map(node => node.subject)}::int[], ${nodes.map(node => grains.indexOf(node.grain))}::int[],
      ${nodes.map(node => node.span.from)}::int[], ${nodes.map(node => Number(node.whole))}::int[])
      k (subject, grain, start, whole)
    join scan_sums s on s.subject = k.subject and s.grain = k.grain and s.start = k.start`;
}
