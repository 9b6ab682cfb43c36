/**
 * One reader's place in the whole ledger: both families, each event once, in the order of positions. Families are stored
 * and carried apart, so this is two cursors, of which only what both have reached comes out. Where one of them has heard
 * nothing, which is how a family is silent, the ledger is asked whether that is so.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { Run } from '../store/read.ts';
import { Cursor, type CursorOptions } from './cursor.ts';

/** What a subscription asks of its place in the ledger. */
export type Place = Pick<Cursor, 'position' | 'sureAt' | 'dueMs' | 'next' | 'seek' | 'distrust' | 'close'>;

export class Braid implements Place {
  readonly #strands: readonly [Cursor, Cursor];
  #position: number;

  constructor(options: Omit<CursorOptions, 'family'>, onNews: () => void) {
    this.#position = options.after;
    this.#strands = [
      new Cursor({ ...options, family: 'facts' }, onNews),
      new Cursor({ ...options, family: 'scans' }, onNews),
    ];
  }

  /** Everything up to here is done with. */
  get position(): number {
    return this.#position;
  }

  /** When it was known last that nothing is missing up to there, by `performance.now()`. */
  get sureAt(): number {
    return Math.min(...this.#strands.map(({ sureAt }) => sureAt));
  }

  /** How long until the ledger is to be looked at without a reason, in milliseconds. */
  get dueMs(): number {
    return Math.min(...this.#strands.map(({ dueMs }) => dueMs));
  }

  /** The run of both families that follows the position; undefined when there is none yet. */
  async next(): Promise<Run | undefined> {
    const [facts, scans] = this.#strands;
    let [a, b] = await Promise.all([facts.next(), scans.next()]);
    // At most one look a run, and none where a process hears of its own commits: those speak of both families.
    if (a && !b) b = await lookedUp(scans);
    if (b && !a) a = await lookedUp(facts);
    if (!a || !b) return undefined;
    const to = Math.min(a.to, b.to);
    return { from: this.#position, to, events: merged(a.events, b.events, to) };
  }

  /** Goes on after `position`, which may lie anywhere. */
  seek(position: number): void {
    this.#position = position;
    for (const strand of this.#strands) strand.seek(position);
  }

  /** Drops what came live, so that the next run is read from the ledger. */
  distrust(): void {
    for (const strand of this.#strands) strand.distrust();
  }

  close(): void {
    for (const strand of this.#strands) strand.close();
  }
}

function lookedUp(strand: Cursor): Promise<Run | undefined> {
  strand.doubt();
  return strand.next();
}

/** Both in one order, as far as both are known. */
function merged(a: readonly AnyEvent[], b: readonly AnyEvent[], to: number): AnyEvent[] {
  const events: AnyEvent[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    const next = left && (!right || left.position < right.position) ? left : right;
    if (!next || next.position > to) return events;
    if (next === left) i += 1;
    else j += 1;
    events.push(next);
  }
}
