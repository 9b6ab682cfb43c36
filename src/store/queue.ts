/**
 * What waits for its turn to be written, in order of arrival. It promises that requests which touch the same stream, name
 * or key are never on their way at once and never change their order: the later one may depend on the earlier.
 */
import type { AnyEvent } from '../../events/index.ts';
import { type AppendRequest, type Rendered, render } from './batch.ts';
import { type Parcel, pack } from './carrier.ts';

/**
 * Rows of one batch. Beyond this the cost of a row no longer falls, and while Postgres writes one batch the next is
 * prepared. Requests that come in one turn, share no mark, have no more rows together and are joined are one batch, if
 * nothing else is under way: an import builds on that.
 */
export const batchRowsMax = 1000;

/**
 * Rows that are worth a batch of their own although another one is under way. Of fewer, what a commit costs whatever is in
 * it (some 360 us in Postgres, a third of that for the disk) is more than is gained.
 */
const ownBatchMin = 12;

/** Rows of a request that is worth packing while it waits: it will hardly share its batch. */
const packedMin = 500;

export interface Waiting {
  readonly request: AppendRequest;
  readonly rendered: Rendered;
  readonly rows: number;
  /** What no other request under way may share with it. */
  readonly marks: readonly string[];
  /** Of a request so large that it will be a batch of its own, made while Postgres is still busy with others. */
  readonly packed: Parcel | undefined;
  done(events: readonly AnyEvent[]): void;
  failed(error: unknown): void;
}

export class Queue {
  #items: Waiting[] = [];
  #rows = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Whether there is enough for a batch beside one that is under way. */
  get isWorthwhile(): boolean {
    return this.#rows >= ownBatchMin;
  }

  push(request: AppendRequest, done: Waiting['done'], failed: Waiting['failed']): void {
    const rendered = render(request);
    const rows = rendered.lines.length + rendered.scanLines.length;
    const packed = rows >= packedMin ? pack([{ request, rendered }], false) : undefined;
    this.#items.push({ request, rendered, rows, marks: marksOf(request), packed, done, failed });
    this.#rows += rows;
  }

  /** The next batch; stays behind what is under way. Empty when everything has to wait for that. */
  take(underWay: readonly (readonly Waiting[])[]): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const most = underWay.length === 0 ? this.#mostOfFirst() : batchRowsMax;
    const taken = new Set<string>();
    for (const sent of underWay) for (const { marks } of sent) for (const mark of marks) taken.add(mark);
    let rows = 0;
    let isFull = false;
    for (const item of this.#items) {
      isFull ||= batch.length > 0 && rows + item.rows > (item.request.isJoined ? batchRowsMax : most);
      if (isFull) {
        later.push(item);
        continue;
      }
      // What comes after it on the same streams must stay behind it.
      if (item.marks.some(mark => taken.has(mark))) later.push(item);
      else {
        batch.push(item);
        rows += item.rows;
      }
      for (const mark of item.marks) taken.add(mark);
    }
    this.#items = later;
    this.#rows -= rows;
    return batch;
  }

  /**
   * Of many rows the first batch takes half: the other half follows at once, and from then on Postgres writes one while the
   * callers of the other go on. 32 callers got through a fifth more than in one batch for which both waited in turn.
   */
  #mostOfFirst(): number {
    return this.#rows < 2 * ownBatchMin ? batchRowsMax : Math.min(Math.ceil(this.#rows / 2), batchRowsMax);
  }
}

/** What two requests under way must not share. */
function marksOf(request: AppendRequest): string[] {
  const marks = request.writes.map(write => write.stream);
  for (const claim of request.claims ?? []) marks.push(`claim ${claim.name}`);
  if (request.answer) marks.push(`answer ${request.answer.org} ${request.answer.key}`);
  if (request.scans) marks.push('scans');
  return marks;
}
