/**
 * Takes an exported organisation into this ledger: the same facts in the same order, with their streams, times, actors
 * and requests, and its scans. They get places of their own, personal data is sealed anew, and what was erased stays
 * so. The file is checked before anything is written.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ScanFact } from '../../events/scan.ts';
import { Unproven } from '../proofs/note.ts';
import type { AppendRequest } from '../store/batch.ts';
import { putBlob } from '../store/blobs.ts';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { opened } from '../store/seal.ts';
import { eventOfEntry } from './entry-event.ts';
import { type Claims, checkExport } from './export-check.ts';
import { type Piece, readExport } from './export-file.ts';
import { readBytes } from './files.ts';
import { PositionMap } from './position-map.ts';

/** Requests under way at once; more of them share no larger a commit. */
const groupMax = 500;

export interface Imported {
  readonly org: string;
  readonly facts: number;
  readonly scans: number;
}

export async function importLedger(
  { sql, ledger }: { readonly sql: Sql; readonly ledger: Ledger },
  path: string,
  claims: Claims,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Imported> {
  const checked = await check(path, claims);
  await refuseKnown(sql, checked);
  const taking = new Taking(ledger);
  let [facts, scans] = [0, 0];
  let pad: Uint8Array | undefined;
  const names = new Map<string, string[]>();
  for await (const piece of readExport(readBytes(path))) {
    if ('record' in piece) {
      if ('blob' in piece.record) {
        const { blob: sha256, type, base64 } = piece.record;
        await putBlob(sql, { sha256, type, bytes: Uint8Array.from(Buffer.from(base64, 'base64')) });
      } else if ('pad' in piece.record) pad = Buffer.from(piece.record.pad, 'base64');
      else if ('claim' in piece.record) {
        const { claim, stream } = piece.record;
        names.set(stream, [...(names.get(stream) ?? []), claim]);
      }
      continue;
    }
    const event = opened(eventOfEntry(piece.entry), pad);
    pad = undefined;
    const claimed = names.get(event.stream) ?? [];
    names.delete(event.stream);
    await taking.add(event, claimed);
    if (event.type === 'scan.recorded') scans += 1;
    else facts += 1;
    onProgress(facts + scans, checked.events);
  }
  await taking.flush();
  return { org: checked.org, facts, scans };
}

interface Checked {
  readonly org: string;
  readonly events: number;
  readonly claims: readonly string[];
}

/** The whole file, before anything is written. */
async function check(path: string, claims: Claims): Promise<Checked> {
  const checking = checkExport(readExport(readBytes(path)), claims);
  const names: string[] = [];
  for (;;) {
    const { done, value } = await checking.next();
    if (done) return { org: value.org, events: value.events, claims: names };
    const { record } = value as Extract<Piece, { record: unknown }>;
    if (record && 'export' in record && record.withoutPads) {
      throw new Unproven('This export was made for checking: what is personal in it can not be read.');
    }
    if (record && 'claim' in record) names.push(record.claim);
  }
}

async function refuseKnown(sql: Sql, { org, claims }: Checked): Promise<void> {
  const [known] = await sql`select from ledger.events where org = ${org} limit 1`;
  if (known) throw new Unproven(`${org} is in this ledger already.`);
  const taken = await sql`select name from ledger.claims where name = any(${[...claims]}::text[]) limit 3`;
  if (taken.length > 0) throw new Unproven(`Taken here already: ${taken.map(row => row['name']).join(', ')}.`);
}

/** Events on their way into the ledger, in order: those of one request together, a stream at most once at a time. */
class Taking {
  readonly #ledger: Ledger;
  readonly #versions = new Map<string, number>();
  readonly #positions = new PositionMap();
  #group: AnyEvent[][] = [];
  #claims = new Map<string, readonly string[]>();
  #streams = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async add(event: AnyEvent, claims: readonly string[]): Promise<void> {
    const last = this.#group.at(-1)?.at(-1);
    const isScan = event.type === 'scan.recorded';
    const isNext = last !== undefined && isSameRequest(last, event) && (!isScan || this.#group[0]!.length < groupMax);
    // Scans stand behind the facts of a commit, whatever their order was.
    const isOther = last !== undefined && (last.type === 'scan.recorded') !== isScan;
    if (!isNext && (isOther || isScan || this.#streams.has(event.stream) || this.#group.length >= groupMax)) {
      await this.flush();
    }
    if (isNext && this.#group.length > 0) this.#group.at(-1)!.push(event);
    else this.#group.push([event]);
    this.#streams.add(event.stream);
    if (claims.length > 0) this.#claims.set(event.stream, claims);
  }

  async flush(): Promise<void> {
    const group = this.#group.map(events => events.map(event => this.#positions.moved(event)));
    const written = await Promise.all(group.map(events => this.#ledger.append(this.#requestOf(events))));
    for (const [i, events] of group.entries()) {
      for (const [n, event] of events.entries()) this.#positions.add(event.position, written[i]![n]!.position);
    }
    this.#group = [];
    this.#claims = new Map();
    this.#streams = new Set();
  }

  #requestOf(events: readonly AnyEvent[]): AppendRequest {
    const { at, org, actor, request } = events[0]!;
    const envelope = { at, org, actor, request, writes: [] };
    if (events[0]!.type === 'scan.recorded') {
      const stream = `scans-imported-${org}`;
      const expected = this.#advance(stream, events.length);
      const scans = events.map(event => ({ at: event.at, org: event.org!, data: event.data as ScanFact['data'] }));
      return { ...envelope, scans: { stream, expected, scans } };
    }
    const byStream = Map.groupBy(events, event => event.stream);
    return {
      ...envelope,
      writes: [...byStream].map(([stream, facts]) => ({
        stream,
        expected: this.#advance(stream, facts.length),
        facts: facts.map(({ type, data }) => ({ type, data })),
      })),
      claims: [...byStream.keys()].flatMap(stream => (this.#claims.get(stream) ?? []).map(name => ({ name, stream }))),
    };
  }

  /** The version that a stream has before so many more events. */
  #advance(stream: string, count: number): number {
    const version = this.#versions.get(stream) ?? 0;
    this.#versions.set(stream, version + count);
    return version;
  }
}

/** Whether two events were written by one request, or are scans, which share one whoever has made them. */
const isSameRequest = (a: AnyEvent, b: AnyEvent): boolean =>
  a.type === 'scan.recorded' || b.type === 'scan.recorded'
    ? a.type === b.type
    : a.request !== null && a.request === b.request && a.at === b.at && a.actor === b.actor;
