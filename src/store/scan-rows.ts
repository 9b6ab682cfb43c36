/**
 * Scans as they are read: many of them as one text, which is taken apart here. A value that the client hands over by
 * itself costs 0.1 us, and a scan has 25 of them: read so, a scan takes a fifth of the time here and no longer there.
 * What it has in common with many others (country, device and so on) is taken apart once and remembered.
 */
import type postgres from 'postgres';
import type { AnyEvent } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import type { Sql } from './connect.ts';
import { earlierOf } from './line.ts';

const own = 's.position, w.stream, s.version, s.at_ms, s.org, s.qr, s.qr_version, s.agent, s.visitor';
const ownCount = 9;
const common = `s.rule, s.kind, s.country, s.device, s.os, s.browser, s.referrer, s.language, s.region, s.city,
  s.utm_source, s.utm_medium, s.utm_campaign, s.test, s.rules, s.earlier`;

/** All columns by their names, as files have them. */
export const scanColumns = `s.position, w.stream, s.version, s.at_ms, s.org, s.qr, s.qr_version, s.rule, s.kind, s.country,
  s.device, s.os, s.browser, s.referrer, s.language, s.agent, s.visitor, s.region, s.city, s.utm_source, s.utm_medium,
  s.utm_campaign, s.test, s.rules, s.earlier`;

/** A scan as Postgres writes a row: `(17,scans-1,…)`, null as nothing. */
const scanRow = `row(${own}, ${common})::text`;

/** The scans that meet a condition on `ledger.scans s join ledger.writers w`, by position, at most `limit`. */
export async function readScans(
  sql: Sql,
  where: postgres.PendingQuery<postgres.Row[]>,
  limit: number,
  order: 'asc' | 'desc' = 'asc',
): Promise<AnyEvent[]> {
  const [row] = await sql`
    select string_agg(scan, E'\n') as scans from (
      select ${sql.unsafe(scanRow)} as scan from ledger.scans s join ledger.writers w on w.id = s.writer
      where ${where} order by s.position ${sql.unsafe(order)} limit ${limit}
    ) scans`;
  return scansFrom(row!['scans'] ?? '');
}

type Common = Omit<Scan, 'qr' | 'qrVersion' | 'agent' | 'visitor'>;

/** Some 10 MB. What is forgotten is only taken apart again. */
const knownMax = 50_000;
const known = new Map<string, Common>();

const [comma, quote, zero] = [0x2c, 0x22, 0x30];

/** A place in a text of rows, and what stood there in the row before: a stream or an organisation mostly stays the same. */
class Place {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  number(): number {
    let number = 0;
    for (let code = this.#text.charCodeAt(this.at++); code !== comma; code = this.#text.charCodeAt(this.at++)) {
      number = number * 10 + code - zero;
    }
    return number;
  }

  /** The text up to the next comma; `before` where it is that again. */
  word(before: string): string {
    const end = this.at + before.length;
    if (before !== '' && this.#text.charCodeAt(end) === comma && this.#text.startsWith(before, this.at)) {
      this.at = end + 1;
      return before;
    }
    const start = this.at;
    this.at = this.#text.indexOf(',', start) + 1;
    return this.#text.slice(start, this.at - 1);
  }

  /** The rest of the row. */
  rest(): string {
    const start = this.at;
    const end = this.#text.indexOf('\n', start);
    this.at = end < 0 ? this.#text.length : end + 1;
    return this.#text.slice(start, end < 0 ? -1 : end - 1);
  }
}

/** The scans of a text with one row a line; no value holds a line feed. */
export function scansFrom(text: string): AnyEvent[] {
  const scans: AnyEvent[] = [];
  const place = new Place(text);
  let [stream, org] = ['', ''];
  while (place.at < text.length) {
    const start = ++place.at;
    const position = place.number();
    stream = place.word(stream);
    const version = place.number();
    const at = place.number();
    org = place.word(org);
    const qr = place.word('');
    // In quotes stands what holds a comma, a blank or the like; then nothing before it was right but the beginning.
    if (isQuoted(stream) || isQuoted(org) || isQuoted(qr)) {
      place.at = start;
      scans.push(quotedScan(place.rest()));
      [stream, org] = ['', ''];
      continue;
    }
    const [qrVersion, agent, visitor] = [place.number(), place.number(), place.number()];
    scans.push(made({ position, stream, version, at, org }, { qr, qrVersion, agent, visitor }, commonOf(place.rest())));
  }
  return scans;
}

const isQuoted = (word: string): boolean => word.charCodeAt(0) === quote;

function quotedScan(row: string): AnyEvent {
  const values = valuesOf(row);
  const [position, stream, version, at, org, qr, qrVersion, agent, visitor] = values as string[] & { 8: string };
  return made(
    { position: Number(position), stream: stream!, version: Number(version), at: Number(at), org: org! },
    { qr: qr!, qrVersion: Number(qrVersion), agent: Number(agent), visitor: Number(visitor) },
    commonFrom(values.slice(ownCount)),
  );
}

type Envelope = Pick<AnyEvent, 'position' | 'stream' | 'version' | 'at' | 'org'>;

type Own = Pick<Scan, 'qr' | 'qrVersion' | 'agent' | 'visitor'>;

function made(envelope: Envelope, scan: Own, common: Common): AnyEvent {
  const { position, stream, version, at, org } = envelope;
  const { rule, kind, country, device, os, browser, referrer, language } = common;
  const { qr, qrVersion, agent, visitor } = scan;
  const data: Scan = { qr, qrVersion, rule, kind, country, device, os, browser, referrer, language, agent, visitor };
  // One by one, because most scans have none of these.
  if (common.region !== undefined) data.region = common.region;
  if (common.city !== undefined) data.city = common.city;
  if (common.utm !== undefined) data.utm = common.utm;
  if (common.test !== undefined) data.test = common.test;
  if (common.rules !== undefined) data.rules = common.rules;
  if (common.earlier !== undefined) data.earlier = common.earlier;
  return { position, stream, version, type: 'scan.recorded', at, org, actor: 'scanner', request: null, data };
}

function commonOf(text: string): Common {
  const found = known.get(text);
  if (found) return found;
  if (known.size >= knownMax) known.clear();
  const common = commonFrom(valuesOf(text));
  known.set(text, common);
  return common;
}

/** The values of a row; in quotes, a quote or a backslash is there twice. */
function valuesOf(row: string): string[] {
  const values: string[] = [];
  const value = /"((?:[^"\\]|""|\\\\)*)"(?:,|$)|([^,]*)(?:,|$)/y;
  do {
    const [, quoted, bare] = value.exec(row)!;
    values.push(bare ?? quoted!.replace(/(["\\])\1/g, '$1'));
  } while (value.lastIndex < row.length);
  if (row.endsWith(',')) values.push('');
  return values;
}

/** A scan of a row with its columns, as files have it. */
export function toScan(row: Record<string, unknown>): AnyEvent {
  const [position, stream, version, at, org, qr, qrVersion, agent, visitor] = named(own).map(name => row[name]);
  const values = named(common).map(name => String(row[name] ?? ''));
  return made(
    { position, stream, version, at, org } as Envelope,
    { qr, qrVersion, agent, visitor } as Own,
    commonFrom(values),
  );
}

const named = (columns: string): string[] => columns.split(/,\s*/).map(column => column.slice(2));

function commonFrom(values: readonly string[]): Common {
  const [rule, kind, country, device, os, browser, referrer, language, ...rare] = values.map(value => value || null);
  const [region, city, source, medium, campaign, test, rules, earlier] = rare;
  return {
    ...{ rule, kind, country, device, os, browser, referrer, language },
    ...(region && { region }),
    ...(city && { city }),
    ...((source || medium || campaign) && {
      utm: { ...(source && { source }), ...(medium && { medium }), ...(campaign && { campaign }) },
    }),
    ...((test === 't' || test === 'true') && { test: true as const }),
    ...(rules && { rules: Number(rules) }),
    ...(earlier && { earlier: earlierOf(earlier) }),
  } as Common;
}
