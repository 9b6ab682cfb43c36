/**
 * So many at once and then one now and again, for each of many names: a bucket that fills slowly. Only names that took
 * something are remembered, and of those only as many as fit: in a flood of names the oldest are forgotten.
 */

export interface BudgetOptions {
  readonly max: number;
  /** How long it takes until one more may be taken. */
  readonly everyMs: number;
  /** Names that are remembered: 100 bytes each. */
  readonly namesMax?: number;
}

export class Budget {
  readonly #options: Required<BudgetOptions>;
  /** By name: when everything that was taken will be there again. */
  readonly #fullAt = new Map<string, number>();

  constructor(options: BudgetOptions) {
    this.#options = { namesMax: 100_000, ...options };
  }

  /** Whether anybody has taken anything: nothing has to be looked up while nobody has. */
  get isUntouched(): boolean {
    return this.#fullAt.size === 0;
  }

  /** Whether there is something left for a name. */
  has(name: string, now: number): boolean {
    const { max, everyMs } = this.#options;
    return (this.#fullAt.get(name) ?? 0) - now <= (max - 1) * everyMs;
  }

  /** Takes one; false when there is none left, and then nothing is taken. */
  take(name: string, now: number): boolean {
    // Whoever has everything again is as good as new.
    const [oldest] = this.#fullAt;
    if (oldest && oldest[1] <= now) this.#fullAt.delete(oldest[0]);
    if (!this.has(name, now)) return false;
    const { everyMs, namesMax } = this.#options;
    const fullAt = Math.max(this.#fullAt.get(name) ?? 0, now) + everyMs;
    // Put at the end: who took last is forgotten last.
    this.#fullAt.delete(name);
    this.#fullAt.set(name, fullAt);
    if (this.#fullAt.size > namesMax) this.#fullAt.delete(this.#fullAt.keys().next().value!);
    return true;
  }

  /** As if the last one had not been taken. */
  giveBack(name: string): void {
    const fullAt = this.#fullAt.get(name);
    if (fullAt === undefined) return;
    this.#fullAt.set(name, fullAt - this.#options.everyMs);
  }

  /** How long a name has to wait for the next one, in milliseconds. */
  waitMs(name: string, now: number): number {
    const { max, everyMs } = this.#options;
    return Math.max(0, (this.#fullAt.get(name) ?? 0) - now - (max - 1) * everyMs);
  }
}
