/**
 * Reading the ledger: a stream to decide on, a page to follow. What is sealed in it is opened on the way. Because
 * positions are gapless and become visible in order, a reader that asks for what comes after its checkpoint misses
 * nothing.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import { type ArchivedRow, archivedBehind, archivedRows, archivesWithin, joined } from './archives.ts';
import type { Answer } from './batch.ts';
import type { Sql } from './connect.ts';
import { readScans, toScan } from './scan-rows.ts';
import { opened } from './seal.ts';
import { spansOf } from './times.ts';
import { openAll } from './vault.ts';

/** A run of events: all of a family in the positions after `from` up to `to`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly events: readonly AnyEvent[];
}

/** Which events of an organisation the feed asks for. */
export interface PageFilter {
  readonly org: string;
  readonly types?: readonly string[] | undefined;
  readonly stream?: string | undefined;
  /** Times in milliseconds: from then on, and before. */
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

const factColumns = 'position, stream, version, type, at_ms, org, actor, request, data';

/** All events of a stream, oldest first. */
export async function readStream(sql: Sql, stream: string): Promise<AnyEvent[]> {
  const rows = await sql`
    select ${sql.unsafe(factColumns)}, case when data ->> 'sealed' is not null then vault.pad(position) end as pad
    from ledger.events where stream = ${stream} order by version`;
  return rows.map(row => opened(toFact(row), row['pad']));
}

/** All facts of these types, oldest first; for types of which there are few. */
export async function readFacts(sql: Sql, types: readonly string[]): Promise<AnyEvent[]> {
  if (types.length === 0) return [];
  const rows = await sql`
    select ${sql.unsafe(factColumns)} from ledger.events where type = any(${types as string[]}) order by position`;
  return rows.map(toFact);
}

/** The scan at a position; undefined when something else or nothing stands there. */
export async function readScan(sql: Sql, position: number): Promise<AnyEvent | undefined> {
  return (await scansBehind(sql, position - 1, position, 1))[0];
}

/** Version of a stream of scans: how many are on record in it. */
export async function readScanVersion(sql: Sql, stream: string): Promise<number> {
  const [row] = await sql`select version from ledger.writers where stream = ${stream}`;
  return row?.['version'] ?? 0;
}

/** The events at these positions, of either family; where nothing stands there is nothing. */
export async function readPositions(sql: Sql, positions: readonly number[]): Promise<AnyEvent[]> {
  if (positions.length === 0) return [];
  const wanted = [...positions];
  const facts = sql`
    select ${sql.unsafe(factColumns)} from ledger.events where position = any(${wanted}::bigint[]) order by position`;
  // By their range too, so that scans long ago are not opened for those of today.
  const scans = sql`
    s.position = any(${wanted}::bigint[])
    and s.position between ${Math.min(...wanted)} and ${Math.max(...wanted)}`;
  const [a, b] = await Promise.all([facts, readScans(sql, scans, wanted.length)]);
  const found = [...(await openAll(sql, a.map(toFact))), ...b];
  const known = new Set(found.map(({ position }) => position));
  const left = new Set(wanted.filter(position => !known.has(position)));
  if (left.size === 0) return found;
  for (const archive of await archivesWithin(sql, Math.min(...left) - 1, Math.max(...left))) {
    for await (const rows of archivedRows(archive, Math.min(...left) - 1, Math.max(...left))) {
      found.push(...rows.filter(({ position }) => left.has(position)).map(toScan));
    }
  }
  return found;
}

/** Position of the last commit. */
export async function readHead(sql: Sql): Promise<number> {
  const [row] = await sql`select position from ledger.head`;
  return row!['position'];
}

/** The next events of a family after a position, at most `limit`, and how far that is complete. */
export async function readRun(sql: Sql, family: Family, from: number, limit: number): Promise<Run> {
  const run = await readStoredRun(sql, family, from, limit);
  return { ...run, events: await openAll(sql, run.events) };
}

/**
 * The same as it is stored, sealed; of facts only some types, if they are named. It is read in windows of positions that
 * grow, because for a range without an end Postgres may decide to sort all that is behind it for each run.
 */
export async function readStoredRun(
  sql: Sql,
  family: Family,
  from: number,
  limit: number,
  types?: readonly string[],
): Promise<Run> {
  // The head is read first: everything up to it was visible before the next statement began.
  const head = await readHead(sql);
  let events: AnyEvent[] = [];
  for (let at = from, width = limit; at < head && events.length < limit; width *= 4) {
    const to = Math.min(head, at + width);
    const left = limit - events.length;
    const found =
      family === 'facts' ? await factsBehind(sql, at, to, left, types) : await scansBehind(sql, at, to, left);
    events = events.length === 0 ? found : events.concat(found);
    at = to;
  }
  return { from, to: events.length < limit ? Math.max(from, head) : events.at(-1)!.position, events };
}

async function factsBehind(sql: Sql, after: number, to: number, limit: number, types?: readonly string[]) {
  const rows = await sql`
    select ${sql.unsafe(factColumns)} from ledger.events
    where position > ${after} and position <= ${to} ${types ? sql`and type = any(${[...types]})` : sql``}
    order by position limit ${limit}`;
  return rows.map(toFact);
}

/** All facts of these types behind a position up to another one. */
export async function factsWithin(
  sql: Sql,
  after: number,
  to: number,
  types: readonly string[],
): Promise<readonly AnyEvent[]> {
  return openAll(sql, await factsBehind(sql, after, to, to - after, types));
}

/** All scans of these organisations behind a position up to another one, wherever they are kept. */
export async function scansWithin(sql: Sql, after: number, to: number, orgs: readonly string[]): Promise<AnyEvent[]> {
  if (orgs.length === 0) return [];
  const where = sql`s.position > ${after} and s.position <= ${to} and s.org = any(${[...orgs]})`;
  const scans = await readScans(sql, where, to - after);
  const isMeant = ({ org }: ArchivedRow): boolean => orgs.includes(org as string);
  const old = await archivedBehind(sql, after, to, { isMeant });
  return old.length === 0 ? scans : joined(scans, old.map(toScan));
}

/** Scans behind a position up to another one, wherever they are kept. */
async function scansBehind(sql: Sql, after: number, to: number, limit: number): Promise<AnyEvent[]> {
  const scans = await readScans(sql, sql`s.position > ${after} and s.position <= ${to}`, limit);
  const old = await archivedBehind(sql, after, to, { limit });
  return old.length === 0 ? scans : joined(scans, old.map(toScan)).slice(0, limit);
}

/** Positions looked at first for a page; more, if they don't fill it. */
const windowMin = 10_000;

/**
 * A page of an organisation's ledger, both families, by position. It is looked for in windows of positions that grow:
 * an organisation with many events finds its page in the first one, one with few passes over blocks that hold none.
 */
export async function readPage(sql: Sql, filter: PageFilter, after: number, limit: number): Promise<AnyEvent[]> {
  // The two queries see different moments: only up to here is each of them complete.
  const head = await readHead(sql);
  const found: AnyEvent[] = [];
  let width = windowMin;
  for await (const span of spansOf(sql, filter, after, head)) {
    for (let from = span.after; from < span.to && found.length < limit; width *= 8) {
      const to = Math.min(span.to, from + width);
      found.push(...(await readWindow(sql, filter, from, to, limit - found.length)));
      from = to;
    }
    if (found.length >= limit) break;
  }
  return found;
}

async function readWindow(sql: Sql, filter: PageFilter, from: number, to: number, limit: number) {
  const { org, types, stream } = filter;
  const within = sql`
    ${filter.from === undefined ? sql`` : sql`and at_ms >= ${filter.from}`}
    ${filter.before === undefined ? sql`` : sql`and at_ms < ${filter.before}`}`;
  const facts = sql`
    select ${sql.unsafe(factColumns)} from ledger.events
    where org = ${org} and position > ${from} and position <= ${to}
      ${types ? sql`and type = any(${[...types]})` : sql``} ${stream ? sql`and stream = ${stream}` : sql``} ${within}
    order by position limit ${limit}`;
  const [a, b] = await Promise.all([facts, types === undefined || types.includes('scan.recorded') ? scans() : []]);
  const events = [...a.map(toFact), ...b].sort((x, y) => x.position - y.position);
  return openAll(sql, events.slice(0, limit));

  async function scans(): Promise<AnyEvent[]> {
    const where = sql`
      s.org = ${org} and s.position > ${from} and s.position <= ${to}
      ${stream ? sql`and w.stream = ${stream}` : sql``} ${within}`;
    const found = await readScans(sql, where, limit);
    const old = await archivedBehind(sql, from, to, { isMeant, limit });
    return old.length === 0 ? found : joined(found, old.map(toScan));
  }

  /** The same conditions for a row of a file. */
  function isMeant(row: ArchivedRow): boolean {
    const at = row['at_ms'] as number;
    return (
      row['org'] === org &&
      (stream === undefined || row['stream'] === stream) &&
      (filter.from === undefined || at >= filter.from) &&
      (filter.before === undefined || at < filter.before)
    );
  }
}

/** An answer as it is kept; of one that told of something erased nothing but the key is left. */
export type KeptAnswer =
  | Answer
  | (Omit<Answer, 'fingerprint' | 'body'> & { readonly fingerprint: null; readonly body: null });

/** The answer once given to an idempotency key, if any. */
export async function readAnswer(sql: Sql, org: string, key: string): Promise<KeptAnswer | undefined> {
  const [row] = await sql`
    select org, key, fingerprint, status, headers, body from ledger.answers where org = ${org} and key = ${key}`;
  return row as KeptAnswer | undefined;
}

type Row = Record<string, unknown>;

function toFact(row: Row): AnyEvent {
  return {
    position: row['position'],
    stream: row['stream'],
    version: row['version'],
    type: row['type'],
    at: row['at_ms'],
    org: row['org'],
    actor: row['actor'],
    request: row['request'],
    data: row['data'],
  } as AnyEvent;
}

/** Those of these names that are given away, to whomever: see `deciders/claims.ts`. */
export async function takenNames(sql: Sql, names: readonly string[]): Promise<string[]> {
  const rows = await sql`select name from ledger.claims where name = any(${[...names]})`;
  return rows.map(row => row['name'] as string);
}
