/**
 * Imported events on their way into the ledger, in their order: those of one request together, a stream at most once at a
 * time. What is written at any moment is the beginning of all, so that whoever was interrupted can go on behind it.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ScanFact } from '../../events/scan.ts';
import { periodOf } from '../../projections/projection.ts';
import { codesAllowance } from '../../projections/usage-rows.ts';
import type { Spend } from '../store/allowances.ts';
import type { AppendRequest } from '../store/batch.ts';
import type { Ledger } from '../store/ledger.ts';
import { PositionMap } from './position-map.ts';

/** Requests under way at once; more of them share no larger a commit. */
const groupMax = 500;

export class Taking {
  readonly #ledger: Pick<Ledger, 'append'>;
  readonly #versions = new Map<string, number>();
  readonly #positions = new PositionMap();
  #group: AnyEvent[][] = [];
  #claims = new Map<string, readonly string[]>();
  #streams = new Set<string>();

  constructor(ledger: Pick<Ledger, 'append'>) {
    this.#ledger = ledger;
  }

  /** Passes by an event that stands in the ledger already, at this place. */
  passBy(event: AnyEvent, position: number): void {
    this.#advance(streamOf(event), 1);
    this.#positions.add(event.position, position);
  }

  async add(event: AnyEvent, claims: readonly string[]): Promise<void> {
    // What it speaks of has to have its place by then.
    const first = this.#group[0]?.at(0)?.position;
    if (first !== undefined && this.#positions.lastIn(event) >= first) await this.flush();
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
    if (claims.length > 0) this.#claims.set(event.stream, [...(this.#claims.get(event.stream) ?? []), ...claims]);
  }

  async flush(): Promise<void> {
    const group = this.#group.map(events => events.map(event => this.#positions.moved(event)));
    const written = await Promise.all(group.map(events => this.#ledger.append(this.#requestOf(events))));
    for (const [i, events] of this.#group.entries()) {
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
      const stream = streamOf(events[0]!);
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
      spends: spendsOf(events),
    };
  }

  /** The version that a stream has before so many more events. */
  #advance(stream: string, count: number): number {
    const version = this.#versions.get(stream) ?? 0;
    this.#versions.set(stream, version + count);
    return version;
  }
}

/** Scans come together in a stream of their own, whichever node has recorded them. */
const streamOf = ({ type, stream, org }: AnyEvent): string =>
  type === 'scan.recorded' ? `scans-imported-${org}` : stream;

/** Whether two events were written by one request, or are scans, which share one whoever has made them. */
const isSameRequest = (a: AnyEvent, b: AnyEvent): boolean =>
  a.type === 'scan.recorded' || b.type === 'scan.recorded'
    ? a.type === b.type
    : a.request !== null && a.request === b.request && a.at === b.at && a.actor === b.actor;

/** What codes use of their month's allowance counts here as it did there; nothing is refused that was granted once. */
function spendsOf(events: readonly AnyEvent[]): Spend[] {
  return events.flatMap(event => {
    if (event.type !== 'qr.created' || event.data.test) return [];
    const [org, period] = [event.org!, periodOf(event.at)];
    const names = [
      codesAllowance(org, period),
      ...(event.data.team ? [codesAllowance(org, period, event.data.team)] : []),
    ];
    return names.map(name => ({ name, amount: 1, maximum: Number.MAX_SAFE_INTEGER }));
  });
}
