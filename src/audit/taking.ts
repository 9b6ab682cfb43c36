/**
 * Imported events on their way into the ledger, in their order: those of one request together as far as a batch reaches, a
 * stream at most once at a time. What goes out together is one batch of the ledger, for two could overtake each other, and
 * it is waited for. So what is written at any moment is the beginning of all, and whoever was interrupted can go on behind.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ScanFact } from '../../events/scan.ts';
import { periodOf } from '../../projections/projection.ts';
import { codesAllowance } from '../../projections/usage-rows.ts';
import type { Spend } from '../store/allowances.ts';
import type { AppendRequest } from '../store/batch.ts';
import type { Ledger } from '../store/ledger.ts';
import { batchRowsMax } from '../store/queue.ts';
import { PositionMap } from './position-map.ts';

export class Taking {
  readonly #ledger: Pick<Ledger, 'append'>;
  readonly #versions = new Map<string, number>();
  readonly #positions = new PositionMap();
  #group: AnyEvent[][] = [];
  #rows = 0;
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
    const stream = streamOf(event);
    const first = this.#group[0]?.at(0)?.position;
    const last = this.#group.at(-1)?.at(-1);
    const isNext = last !== undefined && isSameRequest(last, event);
    if (
      this.#rows >= batchRowsMax ||
      // What it speaks of has to have its place by then.
      (first !== undefined && this.#positions.lastIn(event) >= first) ||
      // A request writes a stream in one piece, and of two on the same stream the second would wait for another batch.
      (this.#streams.has(stream) && !(isNext && streamOf(last) === stream)) ||
      // Scans stand behind the facts of a commit, whatever their order was.
      (last !== undefined && isScan(last) !== isScan(event))
    ) {
      await this.flush();
    }
    if (isNext && this.#rows > 0) this.#group.at(-1)!.push(event);
    else this.#group.push([event]);
    this.#rows += 1;
    this.#streams.add(stream);
    if (claims.length > 0) this.#claims.set(stream, [...(this.#claims.get(stream) ?? []), ...claims]);
  }

  async flush(): Promise<void> {
    const group = this.#group.map(events => events.map(event => this.#positions.moved(event)));
    const written = await Promise.all(
      group.map((events, i) => this.#ledger.append({ ...this.#requestOf(events), isJoined: i > 0 })),
    );
    for (const [i, events] of this.#group.entries()) {
      for (const [n, event] of events.entries()) this.#positions.add(event.position, written[i]![n]!.position);
    }
    this.#group = [];
    this.#rows = 0;
    this.#claims = new Map();
    this.#streams = new Set();
  }

  #requestOf(events: readonly AnyEvent[]): AppendRequest {
    const { at, org, actor, request } = events[0]!;
    const envelope = { at, org, actor, request, writes: [] };
    if (isScan(events[0]!)) {
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

const isScan = ({ type }: AnyEvent): boolean => type === 'scan.recorded';

/** Scans come together in a stream of their own, whichever node has recorded them. */
const streamOf = (event: AnyEvent): string => (isScan(event) ? `scans-imported-${event.org}` : event.stream);

/** Whether two events were written by one request, or are scans, which share one whoever has made them. */
const isSameRequest = (a: AnyEvent, b: AnyEvent): boolean =>
  isScan(a) || isScan(b)
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
