/**
 * The ledger as it is stored, byte for byte: each row's canonical line, and the entry that the Merkle tree has of it,
 * which is the line behind its position. The line is put together by Postgres, which takes a third of the time that
 * parsing the columns and joining them here takes; `line.ts` says what it is, and a test holds the two together.
 */
import type { Scan } from '../../events/scan.ts';
import { type ArchivedRow, archivedBehind, joined } from './archives.ts';
import type { Sql } from './connect.ts';
import { scanLine as scanLineOf } from './line.ts';
import { toScan } from './scan-rows.ts';

export interface Entry {
  readonly position: number;
  /** Null for what belongs to the instance. */
  readonly org: string | null;
  /** Canonical line of the stored row, line feed included. */
  readonly line: string;
}

/** What is hashed as a leaf of the tree. */
export const entryText = ({ position, line }: Pick<Entry, 'position' | 'line'>): string => `${position}\t${line}`;

const columns = (names: string): string =>
  names
    .trim()
    .split(/\s+/)
    .map(name => `coalesce(${name}::text, '')`)
    .join(', ');
const factLine = `concat_ws(E'\\t', ${columns('stream version type at_ms org actor request data')}) || E'\\n'`;
const scanLine = `concat_ws(E'\\t', ${columns(`w.stream s.version s.at_ms s.org s.qr s.qr_version s.rule s.kind s.country
  s.device s.os s.browser s.referrer s.language s.agent s.visitor s.region s.city s.utm_source s.utm_medium
  s.utm_campaign s.test s.rules s.earlier`)}) || E'\\n'`;

/** All entries in the positions after `after` up to `to`, in order; of one organisation only, where one is named. */
export async function readEntries(sql: Sql, after: number, to: number, org?: string): Promise<Entry[]> {
  const [facts, scans] = await Promise.all([
    sql<Entry[]>`
      select position, org, ${sql.unsafe(factLine)} as line from ledger.events
      where position > ${after} and position <= ${to} ${org === undefined ? sql`` : sql`and org = ${org}`}
      order by position`,
    sql<Entry[]>`
      select s.position, s.org, ${sql.unsafe(scanLine)} as line
      from ledger.scans s join ledger.writers w on w.id = s.writer
      where s.position > ${after} and s.position <= ${to} ${org === undefined ? sql`` : sql`and s.org = ${org}`}
      order by s.position`,
  ]);
  const old = await archivedEntries(sql, after, to, org);
  return merged(facts, old.length === 0 ? scans : joined(scans, old));
}

/** Entries of scans that are kept in files, asked for after the table; see `archives.ts`. */
async function archivedEntries(sql: Sql, after: number, to: number, org: string | undefined): Promise<Entry[]> {
  const isMeant = (row: ArchivedRow): boolean => org === undefined || row['org'] === org;
  const events = (await archivedBehind(sql, after, to, { isMeant })).map(toScan);
  return events.map(({ position, stream, version, at, org, data }) => ({
    ...{ position, org },
    line: scanLineOf({ ...(data as Scan), stream, version, at, org: org! }),
  }));
}

/** Positions looked at together: more of them where an organisation has few events. */
const windowMin = 16_384;
const windowMax = 4_194_304;

/** All entries of an organisation behind a position up to another, some thousand at a time. */
export async function* entriesOf(sql: Sql, org: string, from: number, to: number): AsyncGenerator<readonly Entry[]> {
  let width = windowMin;
  for (let after = from; after < to; ) {
    const end = Math.min(to, after + width);
    const entries = await readEntries(sql, after, end, org);
    if (entries.length > 0) yield entries;
    width = entries.length < windowMin / 4 ? Math.min(2 * width, windowMax) : windowMin;
    after = end;
  }
}

/** The same as they are hashed, one a line. */
export async function* entryTextsOf(sql: Sql, org: string, from: number, to: number): AsyncGenerator<string> {
  for await (const page of entriesOf(sql, org, from, to)) yield page.map(entryText).join('');
}

/** Two lists in order as one. */
function merged(facts: readonly Entry[], scans: readonly Entry[]): Entry[] {
  if (scans.length === 0) return [...facts];
  const all: Entry[] = [];
  let f = 0;
  for (const scan of scans) {
    while (f < facts.length && facts[f]!.position < scan.position) all.push(facts[f++]!);
    all.push(scan);
  }
  while (f < facts.length) all.push(facts[f++]!);
  return all;
}
