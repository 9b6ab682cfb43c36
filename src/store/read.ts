/**
 * Reading the ledger: a stream to decide on, a page to follow. What is sealed in it is opened on the way. Because positions are gapless and become visible in
 * order, a reader that asks for what comes after its checkpoint misses nothing.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import { archivedBehind, joined } from './archives.ts';
import type { Answer } from './batch.ts';
import type { Sql } from './connect.ts';
import { earlierOf } from './line.ts';
import { opened } from './seal.ts';
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
export const scanColumns = `s.position, w.stream, s.version, s.at_ms, s.org, s.qr, s.qr_version, s.rule, s.kind, s.country,
  s.device, s.os, s.browser, s.referrer, s.language, s.agent, s.visitor, s.region, s.city, s.utm_source, s.utm_medium,
  s.utm_campaign, s.test, s.rules, s.earlier`;

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
  const rows = await sql`
    select ${sql.unsafe(scanColumns)} from ledger.scans s join ledger.writers w on w.id = s.writer
    where s.position = ${position}`;
  const found = rows.length > 0 ? rows : await archivedBehind(sql, position - 1, position, 1);
  return found.map(toScan)[0];
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
    select ${sql.unsafe(scanColumns)} from ledger.scans s join ledger.writers w on w.id = s.writer
    where s.position = any(${wanted}::bigint[])
      and s.position between ${Math.min(...wanted)} and ${Math.max(...wanted)}`;
  const [a, b] = await Promise.all([facts, scans]);
  return [...(await openAll(sql, a.map(toFact))), ...b.map(toScan)];
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

/** The same as it is stored, sealed. */
export async function readStoredRun(sql: Sql, family: Family, from: number, limit: number): Promise<Run> {
  // The head is read first: everything up to it was visible before the second statement began.
  const head = await readHead(sql);
  if (head <= from) return { from, to: from, events: [] };
  const events =
    family === 'facts'
      ? (
          await sql`
            select ${sql.unsafe(factColumns)} from ledger.events
            where position > ${from} and position <= ${head}
            order by position limit ${limit}`
        ).map(toFact)
      : (await scansBehind(sql, from, head, limit)).map(toScan);
  return { from, to: events.length < limit ? head : events.at(-1)!.position, events };
}

/** Rows of scans behind a position up to another one, wherever they are kept. */
async function scansBehind(sql: Sql, from: number, to: number, limit: number): Promise<Row[]> {
  const rows = await sql<Row[]>`
    select ${sql.unsafe(scanColumns)} from ledger.scans s join ledger.writers w on w.id = s.writer
    where s.position > ${from} and s.position <= ${to}
    order by s.position limit ${limit}`;
  const old = await archivedBehind(sql, from, to, limit);
  return old.length === 0 ? rows : joined(rows, old).slice(0, limit);
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
  for (let from = after, width = windowMin; from < head && found.length < limit; width *= 8) {
    const to = Math.min(head, from + width);
    found.push(...(await readWindow(sql, filter, from, to, limit - found.length)));
    from = to;
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
  const scans = sql`
    select ${sql.unsafe(scanColumns)} from ledger.scans s join ledger.writers w on w.id = s.writer
    where s.org = ${org} and s.position > ${from} and s.position <= ${to}
      ${stream ? sql`and w.stream = ${stream}` : sql``} ${within}
    order by s.position limit ${limit}`;
  const [a, b] = await Promise.all([facts, types && !types.includes('scan.recorded') ? [] : withArchived(scans)]);
  const events = [...a.map(toFact), ...b.map(toScan)].sort((x, y) => x.position - y.position);
  return openAll(sql, events.slice(0, limit));

  async function withArchived(reading: PromiseLike<readonly Row[]>): Promise<readonly Row[]> {
    const rows = await reading;
    const old = (await archivedBehind(sql, from, to)).filter(
      row =>
        row['org'] === org &&
        (stream === undefined || row['stream'] === stream) &&
        (filter.from === undefined || (row['at_ms'] as number) >= filter.from) &&
        (filter.before === undefined || (row['at_ms'] as number) < filter.before),
    );
    return old.length === 0 ? rows : joined(rows, old);
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

export function toScan(row: Row): AnyEvent {
  return {
    position: row['position'],
    stream: row['stream'],
    version: row['version'],
    type: 'scan.recorded',
    at: row['at_ms'],
    org: row['org'],
    actor: 'scanner',
    request: null,
    data: toScanData(row),
  } as AnyEvent;
}

function toScanData(row: Row): Scan {
  const data: Record<string, unknown> = {
    qr: row['qr'],
    qrVersion: row['qr_version'],
    rule: row['rule'],
    kind: row['kind'],
    country: row['country'],
    device: row['device'],
    os: row['os'],
    browser: row['browser'],
    referrer: row['referrer'],
    language: row['language'],
    agent: row['agent'],
    visitor: row['visitor'],
  };
  // One by one, because most scans have none of these and a scan is read in under 2 us.
  if (row['region'] !== null) data['region'] = row['region'];
  if (row['city'] !== null) data['city'] = row['city'];
  const [source, medium, campaign] = [row['utm_source'], row['utm_medium'], row['utm_campaign']];
  if (source !== null || medium !== null || campaign !== null) {
    data['utm'] = {
      ...(source !== null && { source }),
      ...(medium !== null && { medium }),
      ...(campaign !== null && { campaign }),
    };
  }
  if (row['test']) data['test'] = true;
  if (row['rules'] !== null) data['rules'] = row['rules'];
  if (row['earlier'] !== null) data['earlier'] = earlierOf(row['earlier'] as string);
  return data as unknown as Scan;
}
