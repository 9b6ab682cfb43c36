/**
 * What a question with filters is answered from: the scans of a span, condensed to groups (`scan-groups.ts`). That is
 * done when a span with many scans is over (`scan-dues.ts`), at the latest when somebody first asks so about it, and kept:
 * scans are looked at one by one once and never again. A row is used only while it holds as many scans as the sum of its
 * span counts, so that one that comes late is never missing. Spans with very many scans are put together from shorter
 * ones, which keeps the memory flat. Filters, exclusions and versions of the rules choose among groups when these are
 * read, so that none of them can make a row wrong.
 */
import type { Sql } from './projection.ts';
import type { Recent } from './recent.ts';
import { Choice, type Choosable, keepChoosable, learn, readChoosable, type Wish, wishedOf } from './scan-choices.ts';
import { type Extract, extractOf, sizeOf } from './scan-extracts.ts';
import { type Dense, readWhole, readWished, type Wished } from './scan-group-rows.ts';
import { type Group, Grouping, inOrder, merged, type Part, type StoredGroups, storedGroups } from './scan-groups.ts';
import { readBytes } from './scan-parts.ts';
import { Combinations } from './scan-tallies.ts';
import { finer, grains } from './scan-times.ts';
import { scansMax } from './scan-tree.ts';
import { inside, keyed, Outgrown, partsOf, readSums, scansIn, sumsOf } from './scan-walk.ts';

/** How far a question may go. */
export interface Condensing {
  /** Spans that end by this quarter are over. */
  readonly until: number;
  /** Scans that may still be looked at one by one; what is more is left for the next question. */
  left: number;
  /** Scans that are condensed at once; of more, shorter spans are put together. */
  readonly atOnce: number;
  /** Bytes that are put together; what takes more stays in shorter spans. */
  readonly bytesMax: number;
  /** What was found for questions before. */
  readonly recent: Recent;
  keep(row: CondensedRow): Promise<void>;
}

/** Without groups where shorter spans have them. */
export interface CondensedRow extends StoredGroups {
  readonly org: string;
  readonly subject: number;
  readonly grain: number;
  readonly start: number;
  readonly scans: number;
}

/** Not all scans of a question could be condensed at once. */
export class Unfinished extends Error {}

/**
 * Of a span with no more, scans are looked at one by one for each question. Of one with up to `scansMax` the groups are no
 * shorter than the scans, so they are not kept in the database; but what a question means of it is found in memory again:
 * with 10M scans the hours at both ends of a range have some 500 each, and took most of the time.
 */
export const lookedAtMax = 250;

/** Spans whose groups are read at once, and their scans: of heads, of some eight bytes, there are at most as many. */
const nodesMax = 500;
const scansAtOnce = 5_000_000;

/** What is wished for, summed up by spans, and by kinds; some spans at a time. */
export async function* readExtracts(
  sql: Sql,
  nodes: readonly Dense[],
  condensing: Condensing,
  known: Combinations,
  wish: Wish,
): AsyncGenerator<[Dense, Extract[]]> {
  const { recent } = condensing;
  const choice = new Choice(wish);
  for (let left = [...nodes]; left.length > 0; ) {
    const some: Dense[] = [];
    for (let scans = 0; left.length > 0 && some.length < nodesMax && scans < scansAtOnce; ) {
      const node = left.shift()!;
      scans += node.scans;
      some.push(node);
    }
    const choosable = await readChoosable(sql, some, known, recent);
    const found = await readChosen(sql, choosable, choice, known, recent);
    for (const node of some) {
      const extracts = found.get(node);
      const isDivided = choosable.get(node)?.heads.length === 0;
      const made = extracts || isDivided ? undefined : await condensed(sql, node, condensing, known);
      if (extracts) yield [node, extracts];
      else if (made && made.groups.length > 0) yield [node, summedUp(node, made, choice, wish, known, recent)];
      else left.unshift(...(await childrenOf(sql, node)));
    }
  }
}

/** What is wished for of spans that are condensed: what was read before, and what has to be read. */
async function readChosen(
  sql: Sql,
  choosable: ReadonlyMap<Dense, Choosable>,
  choice: Choice,
  known: Combinations,
  recent: Recent,
): Promise<Map<Dense, Extract[]>> {
  const found = new Map<Dense, Extract[]>();
  const keys = new Map<Dense, string>();
  const unread = new Map<Dense, Uint8Array>();
  for (const [node, groups] of choosable) {
    if (groups.heads.length === 0) continue;
    const key = choice.keyOf(node, groups);
    const kept = recent.get<Extract[]>(key);
    if (kept) found.set(node, kept);
    else unread.set(node, groups.heads);
    keys.set(node, key);
  }
  const wished: Wished = (node, place) => choice.of(node, choosable.get(node)!, place);
  for (const [node, groups] of await readWished(sql, unread, wished)) {
    await learn(sql, known, idsOf(groups), node.model, recent);
    const extracts = extractOf(node, groups, known);
    recent.keep(keys.get(node)!, extracts, sizeOf(extracts));
    found.set(node, extracts);
  }
  return found;
}

/** What is wished for of a span that was condensed just now. */
function summedUp(
  node: Dense,
  { groups, choosable }: Condensed,
  choice: Choice,
  wish: Wish,
  known: Combinations,
  recent: Recent,
): Extract[] {
  const extracts = extractOf(node, wishedOf(node, groups, wish, known), known);
  if (choosable) recent.keep(choice.keyOf(node, choosable), extracts, sizeOf(extracts));
  return extracts;
}

const idsOf = (groups: readonly Group[]): number[] => groups.map(({ combination }) => combination);

/** Condenses a span ahead of questions; one that grows meanwhile is left for another time. */
export async function condense(sql: Sql, node: Dense, condensing: Condensing): Promise<void> {
  await condensed(sql, node, condensing, new Combinations()).catch(error => {
    if (!(error instanceof Outgrown)) throw error;
  });
}

interface Condensed {
  readonly groups: readonly Group[];
  /** Where all scans of the sum were found. */
  readonly choosable?: Choosable;
}

/** The groups of a span, condensed and kept; none where its shorter spans have them instead. */
async function condensed(sql: Sql, node: Dense, condensing: Condensing, known: Combinations): Promise<Condensed> {
  const isDivided = node.scans > condensing.atOnce && finer(node.grain) !== undefined;
  const found = await (isDivided ? putTogether : lookedAt)(sql, node, condensing, known);
  await learn(sql, known, idsOf(found), node.model, condensing.recent);
  const groups = inOrder(found, id => known.get(id));
  const { org, subject, span, scans } = node;
  // It may have grown since the sum was read.
  if (groups.length > 0 && groups.reduce((n, group) => n + group.scans, 0) !== scans) return { groups };
  const stored = storedGroups(groups);
  if (scans > scansMax) {
    await condensing.keep({ org, subject, grain: grains.indexOf(node.grain), start: span.from, scans, ...stored });
  }
  return { groups, choosable: keepChoosable(node, stored.heads, groups.length, known, condensing.recent) };
}

async function lookedAt(sql: Sql, node: Dense, condensing: Condensing): Promise<Group[]> {
  if (node.scans > scansMax) {
    if (condensing.left <= 0) throw new Unfinished('not all scans are condensed yet');
    condensing.left -= node.scans;
  }
  const grouping = new Grouping(node.span);
  for await (const some of readBytes(sql, [node])) for (const [, bytes] of some) grouping.add(bytes);
  return grouping.groups();
}

async function putTogether(sql: Sql, node: Dense, condensing: Condensing, known: Combinations): Promise<Group[]> {
  const parts: Part[] = [];
  let bytes = 0;
  for (const child of await childrenOf(sql, node)) {
    const groups = (await readWhole(sql, child)) ?? (await condensed(sql, child, condensing, known)).groups;
    bytes += groups.reduce((n, { quarters, visitors }) => n + quarters.length + visitors.length, 0);
    if (groups.length === 0 || bytes > condensing.bytesMax) return [];
    parts.push({ start: child.span.from, groups });
  }
  return merged(parts, node.span.from);
}

/** The shorter spans of a span, as far as they have scans. */
async function childrenOf(sql: Sql, node: Dense): Promise<Dense[]> {
  const nodes = inside(node, [node.span]);
  const sums = keyed(
    await readSums(
      sql,
      nodes.map(child => ({ ...child, whole: false })),
      undefined,
    ),
  );
  return nodes.flatMap(child => {
    const rows = sumsOf(child, sums);
    return rows ? [{ ...node, ...child, scans: scansIn(rows), ...partsOf(rows) }] : [];
  });
}

/** Keeps what was condensed, unless more has been kept meanwhile. */
export async function keepCondensed(sql: Sql, { org, subject, grain, start, scans, heads, bodies }: CondensedRow) {
  await sql`
    insert into scan_condensed values (${org}, ${subject}, ${grain}, ${start}, ${scans}, ${heads}, ${bodies})
    on conflict (subject, grain, start) do update
      set scans = excluded.scans, heads = excluded.heads, bodies = excluded.bodies
      where scan_condensed.scans < excluded.scans`;
}
