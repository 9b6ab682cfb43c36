/**
 * Scans of some codes, or of an organisation, within some time, summed up. Whole months, days, hours and quarters come
 * from their sums; where there is none, or only a part is meant, the few scans themselves are read. What is asked of
 * some scans only, by a filter, is answered in the same way from groups of scans instead (`scan-condensing.ts`).
 */
import type { Sql } from './projection.ts';
import { learn, type Wish } from './scan-choices.ts';
import { type Condensing, lookedAtMax, readExtracts } from './scan-condensing.ts';
import type { Extract } from './scan-extracts.ts';
import type { Dense } from './scan-group-rows.ts';
import type { Group } from './scan-groups.ts';
import { isCode } from './scan-intake.ts';
import { type Combination, chosen, kindIn, unknownIn } from './scan-items.ts';
import { type Place, readBytes } from './scan-parts.ts';
import { addStored, type Sums, sumFor } from './scan-sums.ts';
import { addItems, Combinations, servedName } from './scan-tallies.ts';
import type { Span } from './scan-times.ts';
import { type InFull, Outgrown, partsOf, placesOf, type Row, scansIn, topOf, type Walk, walk } from './scan-walk.ts';

/** Whether a scan is meant, by what it has in common with others, the version that was served, and the subject. */
export type Matches = (combination: Combination, version: number, name: string) => boolean;

export interface Asked {
  /** Codes, or an organisation as `organizationSubject` names it. */
  readonly names: readonly string[];
  /** In order, and none overlaps another. */
  readonly spans: readonly Span[];
  readonly matches?: Matches | undefined;
  /** The kinds that are told in full, by the rules of a version; of others sums tell only how many. All when absent. */
  readonly inFull?: InFull;
  /** How what is asked of some scans only may be condensed; without it scans are looked at one by one. */
  readonly condensing?: Condensing | undefined;
}

/** What was found of a subject, by kinds: scans, and the versions and rules that were served. */
export type Share = Map<string, { scans: number; readonly served: Map<string, number> }>;

export interface Found {
  readonly sums: Sums;
  readonly shares: ReadonlyMap<string, Share>;
}

/** A question takes some milliseconds, and sums are raised every 400. */
const triesMax = 5;

/**
 * Sums up the scans that are meant by any of these questions, which don't overlap. Rejects with `Outgrown` where sums are
 * raised each time before the answer is complete.
 */
export async function sumUp(sql: Sql, ...questions: readonly Asked[]): Promise<Found> {
  for (let tries = 1; ; tries++) {
    try {
      const found: Growing = { sums: new Map(), shares: new Map() };
      for (const question of questions) await add(sql, question, found);
      return found;
    } catch (error) {
      if (!(error instanceof Outgrown) || tries === triesMax) throw error;
    }
  }
}

const nothing = new Uint8Array(0);
const noneInFull = { rules: 1, kinds: [] };

interface Growing extends Found {
  readonly shares: Map<string, Share>;
}

interface Subject {
  readonly name: string;
  readonly org: string;
  readonly subject: number;
  readonly last_month: number;
  readonly model: number;
}
type Subjects = ReadonlyMap<number, Subject>;

const openIn =
  (subjects: Subjects): Walk['isOpen'] =>
  ({ subject, month }) =>
    month >= subjects.get(subject)!.last_month;

async function add(sql: Sql, asked: Asked, found: Growing): Promise<void> {
  const { names, spans, matches, condensing } = asked;
  const rows = await sql<
    Subject[]
  >`select qr as name, org, subject, last_month, tableoid::int as model from scan_totals where qr = any(${names as string[]})`;
  const subjects: Subjects = new Map(rows.map(row => [row.subject, row]));
  const known = new Combinations();
  const places = !matches
    ? await fromSums(sql, subjects, asked, found)
    : condensing
      ? await fromGroups(sql, subjects, { ...asked, matches, condensing }, known, found)
      : placesOf(topOf(subjects.keys(), spans), spans);
  await fromItems(sql, places, subjects, known, asked, found);
}

/** Adds what sums say; returns where scans have to be read. */
const fromSums = (sql: Sql, subjects: Subjects, { spans, inFull }: Asked, found: Growing): Promise<Place[]> =>
  walk(sql, {
    ...{ subjects: subjects.keys(), spans, inFull, isOpen: openIn(subjects) },
    take: ({ subject }, sums) => {
      for (const row of sums) take(found, subjects.get(subject)!.name, extractFrom(row), row.start);
      return true;
    },
  });

/** Adds the groups that are meant of spans that have many scans and are over; returns where scans have to be read. */
async function fromGroups(
  sql: Sql,
  subjects: Subjects,
  asked: Asked & { matches: Matches; condensing: Condensing },
  known: Combinations,
  found: Growing,
): Promise<Place[]> {
  const { spans, condensing } = asked;
  const nodes: Dense[] = [];
  const places = await walk(sql, {
    ...{ subjects: subjects.keys(), spans, inFull: noneInFull, until: condensing.until, isOpen: openIn(subjects) },
    take: (node, rows) => {
      const scans = scansIn(rows);
      if (scans <= lookedAtMax) return false;
      const { org, name, model } = subjects.get(node.subject)!;
      nodes.push({ ...node, org, model, isCode: isCode(name), scans, ...partsOf(rows) });
      return true;
    },
  });
  // Code by code, each in the order of time: so least is asked and made room for twice.
  nodes.sort((a, b) => a.subject - b.subject || a.span.from - b.span.from);
  const wish = wishOf(asked, subjects);
  for await (const [{ subject, span }, extracts] of readExtracts(sql, nodes, condensing, known, wish)) {
    for (const extract of extracts) take(found, subjects.get(subject)!.name, extract, span.from);
  }
  return places;
}

/** Of kinds that are not told no more than how many there are. */
const wishOf =
  ({ matches, inFull }: Asked & { matches: Matches }, subjects: Subjects): Wish =>
  ({ subject }, said, version) => {
    if (!matches(said, version, subjects.get(subject)!.name)) return 'none';
    return !inFull || inFull.kinds.includes(kindIn(said.kinds, inFull.rules)) ? 'all' : 'number';
  };

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

function extractFrom({ kinds, scans, counts, quarters, visitors }: Row): Extract {
  if (counts === null) return { kinds, scans, counts, quarters: nothing, visitors: nothing };
  return { kinds, scans, counts, quarters: bytesOf(quarters), visitors: bytesOf(visitors) };
}

function take(found: Growing, name: string, { kinds, scans, counts, ...bytes }: Extract, start: number): void {
  const sum = sumFor(found.sums, kinds);
  if (counts) addStored(sum, { scans, counts, ...bytes }, start);
  else sum.scans += scans;
  if (!isCode(name)) return;
  const share = shareFor(found.shares, name, kinds);
  share.scans += scans;
  for (const [served, n] of Object.entries(counts?.served ?? {})) {
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

/** Adds scans of a combination and version to the share of the code that they are of. */
function share(
  shares: Map<string, Share>,
  name: string,
  known: Combinations,
  { combination, version }: Pick<Group, 'combination' | 'version'>,
  scans: number,
): void {
  if (!isCode(name)) return;
  const { kinds, rule } = known.get(combination);
  const share = shareFor(shares, name, kinds);
  const served = servedName(version, rule);
  share.scans += scans;
  share.served.set(served, (share.served.get(served) ?? 0) + scans);
}

/** Adds scans one by one. */
async function fromItems(
  sql: Sql,
  places: readonly Place[],
  subjects: Subjects,
  known: Combinations,
  { matches, condensing }: Asked,
  { sums, shares }: Growing,
): Promise<void> {
  for await (const some of readBytes(sql, places)) {
    const { model } = subjects.get(some[0]![0].subject)!;
    const said = some.flatMap(([, bytes]) => unknownIn(bytes, known));
    await learn(sql, known, said, model, condensing?.recent);
    for (const [{ subject, span }, bytes] of some) {
      const { name } = subjects.get(subject)!;
      const items = chosen(bytes, span, (id, version) => !matches || matches(known.get(id), version, name));
      addItems(sums, items, known, isCode(name));
      for (const item of items) share(shares, name, known, item, 1);
    }
  }
}
