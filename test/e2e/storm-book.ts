/**
 * The test's own book of a storm: what was asked and answered, what was changed and when that was answered, and from
 * both whether an answer was stale or went back behind an earlier one. It shares no code with the program.
 */

export type Kind = 'scan' | 'head' | 'bot' | 'prefetch';

export interface StormCode {
  readonly id: string;
  readonly slug: string;
  /** The last change that was sent. */
  sent: number;
  /** When each change was answered, by its number. */
  readonly answeredAt: Map<number, number>;
}

export interface Asked {
  readonly kind: Kind;
  /** Where the answer led; undefined without an answer. */
  location?: string;
}

export const destinationOf = (code: StormCode, change: number): string => `https://example.com/${code.slug}/${change}`;

export class StormBook {
  readonly asked: Asked[] = [];
  answered = 0;
  turnedAway = 0;
  misled = 0;
  stale = 0;
  back = 0;
  slowestMs = 0;
  /** Hears of each answer that was stale: which change was missing at which node, and for how long already. */
  onStale: (missing: string, lateMs: number) => void = () => {};
  /** Since when nothing keeps a change from a node; infinite while something does. */
  calmFrom = 0;
  /** The newest change that each node has shown, by code. */
  readonly #shown: readonly Map<StormCode, number>[] = [new Map(), new Map()];
  readonly #allowedMs: number;

  /** `allowedMs`: what every node may take to know a change. */
  constructor(allowedMs: number) {
    this.#allowedMs = allowedMs;
  }

  /** What a node had shown is no measure for it after its end. */
  forget(node: number): void {
    this.#shown[node]!.clear();
  }

  /** Begins a request; what it returns takes the answer. */
  ask(node: number, code: StormCode, kind: Kind): { number: number; answer(status: number, location: string): void } {
    const number = this.asked.push({ kind }) - 1;
    const begunAt = performance.now();
    const shown = this.#shown[node]!;
    const floor = shown.get(code) ?? 0;
    const { calmFrom } = this;
    const answer = (status: number, location: string): void => {
      if (status !== 302) {
        this.turnedAway += 1;
        return;
      }
      this.asked[number]!.location = location;
      this.answered += 1;
      const change = Number(location.slice(location.lastIndexOf('/') + 1));
      if (location !== destinationOf(code, change) || change > code.sent) this.misled += 1;
      if (change < floor) this.back += 1;
      shown.set(code, Math.max(shown.get(code) ?? 0, change));
      this.#compare(node, code, change, begunAt - calmFrom, begunAt);
    };
    return { number, answer };
  }

  /**
   * How long the oldest change that the answer did not know yet had been answered when it was asked for, and the way to
   * the node had been free.
   */
  #compare(node: number, code: StormCode, change: number, calmMs: number, begunAt: number): void {
    for (let next = change + 1; next <= code.sent; next++) {
      const at = code.answeredAt.get(next);
      if (at === undefined) continue;
      const lateMs = Math.min(begunAt - at, calmMs);
      this.slowestMs = Math.max(this.slowestMs, lateMs);
      if (lateMs <= this.#allowedMs) return;
      this.stale += 1;
      this.onStale(`${code.slug}/${next} at node ${node}`, lateMs);
      return;
    }
  }
}
