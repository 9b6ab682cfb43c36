/**
 * What a node knows of one bucket that all nodes share, and holds of it. While there is plenty, requests are let through
 * on credit and settled for later; where it gets scarce, they are let through on tokens that were drawn before, so that
 * no two nodes ever give away the same one. An empty bucket is known to be empty until it can have something again, so
 * refusing costs no look at it.
 */

const windowMs = 60_000;
/** Credit, as a part of the limit: what one node may be ahead of the bucket. */
const creditPart = 0.005;
/** From here down nothing is let through on credit: others may be taking theirs at the same time. */
const scarcePart = 0.1;
/** What was heard longer ago says little: one request on credit, and the next waits until something is heard. */
const freshMs = 1_000;
/** An empty bucket is left alone until so much of it is back: a look for each request would be many. */
const stepPart = 0.002;
/** A node that drew all it wanted and is back so soon wants twice as many. */
const hotMs = 50;
/** Tokens that were not needed for so long are given back, since another node may need them. */
export const keepMs = 100;

/** What can be done about a request. */
export type Offer = 'token' | 'credit' | 'wait' | 'refuse';

export class Bucket {
  readonly name: string;
  #limit: number;
  /** Drawn and not used yet. */
  #tokens = 0;
  /** Let through and not settled for yet. */
  #debt = 0;
  /** What the bucket had when it was last heard of, and when that was; null before. */
  #free: number | null = null;
  #heardAt = Number.NEGATIVE_INFINITY;
  #emptyUntil = Number.NEGATIVE_INFINITY;
  #lease: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  #isPressed = false;
  /** What was said to be spent at the draw that is under way, and what was wanted. */
  #said = 0;
  #wanted = 0;
  /** Nothing can be drawn until then: the node goes by what it knows. */
  #aloneUntil = Number.NEGATIVE_INFINITY;

  constructor(name: string, limit: number) {
    this.name = name;
    this.#limit = limit;
    this.#lease = this.#creditMax;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Another limit from now on; what is used of the minute stays used. */
  set limit(limit: number) {
    if (limit === this.#limit) return;
    if (limit === 0 || this.#limit === 0) {
      // There is no share of nothing: what was known, drawn or let through begins anew.
      this.#free = null;
      this.#tokens = 0;
      this.#debt = 0;
      this.#isPressed = false;
    }
    const scale = limit / this.#limit;
    if (this.#free !== null) this.#free = limit - (this.#limit - this.#free) * scale;
    // What was drawn of a larger limit is worth less of a smaller one.
    this.#tokens = Math.floor(this.#tokens * Math.min(1, scale));
    this.#limit = limit;
    this.#lease = this.#creditMax;
    this.#emptyUntil = Number.NEGATIVE_INFINITY;
  }

  get #creditMax(): number {
    return Math.max(1, Math.floor(this.#limit * creditPart));
  }

  /** What the bucket has when all is settled, as far as this node knows. */
  #left(now: number): number {
    const back = ((now - this.#heardAt) * this.#limit) / windowMs;
    const had = this.#free === null ? this.#limit : Math.min(this.#limit, this.#free + back);
    return had - this.#debt - this.#said;
  }

  /** Requests that could be made at a time; tokens that are held while the bucket has filled up count no more. */
  remaining(now: number): number {
    return Math.max(0, Math.min(this.#limit, Math.floor(this.#tokens + this.#left(now) + 1e-6)));
  }

  /** Until the full limit is there again. */
  resetMs(now: number): number {
    if (this.#limit === 0) return windowMs;
    return (Math.max(0, this.#limit - this.#tokens - this.#left(now)) * windowMs) / this.#limit;
  }

  /** Until a request that is refused now would be let in. */
  retryMs(now: number): number {
    return this.#limit === 0 ? windowMs : Math.max(0.001, this.#emptyUntil - now);
  }

  offer(now: number): Offer {
    if (this.#limit === 0) return 'refuse';
    if (this.#isStale(now)) this.#giveBack();
    if (this.#tokens >= 1) return 'token';
    if (now < this.#emptyUntil) return 'refuse';
    const left = this.#left(now) - this.#wanted;
    if (now < this.#aloneUntil) {
      if (left >= 1) return 'credit';
      this.#emptyUntil = now + ((1 - left) * windowMs) / this.#limit;
      return 'refuse';
    }
    const credit = this.#isHot(now) ? 0 : now - this.#heardAt > freshMs ? 1 : this.#creditMax;
    return left >= Math.max(1, this.#limit * scarcePart) && this.#debt + this.#said < credit ? 'credit' : 'wait';
  }

  /** Whether it is asked so often that all is let through on tokens, which never are too many. */
  #isHot(now: number): boolean {
    return now - this.#drawnAt < hotMs;
  }

  /** Tokens of long ago: the bucket may be full again without them. */
  #isStale(now: number): boolean {
    return this.#tokens >= 1 && now - Math.max(this.#usedAt, this.#heardAt) >= keepMs;
  }

  #giveBack(): void {
    this.#debt -= this.#tokens;
    this.#tokens = 0;
  }

  /** Lets a request through. */
  take(now: number): void {
    if (this.#tokens >= 1) this.#tokens -= 1;
    else this.#debt += 1;
    this.#usedAt = now;
  }

  /** Somebody waits for tokens. */
  press(): void {
    this.#isPressed = true;
  }

  /** Whether tokens should be drawn before somebody has to wait for them. */
  isLow(now: number): boolean {
    if (now - this.#usedAt >= hotMs) return false;
    if (this.#isHot(now)) return this.#tokens * 4 <= this.#lease;
    return this.#creditMax >= 4 && this.#debt * 2 >= this.#creditMax;
  }

  /** Whether there is something to settle at all. */
  isUnsettled(now: number): boolean {
    if (this.#limit === 0) return false;
    return this.#debt !== 0 || this.#isPressed || this.isLow(now) || this.#isStale(now);
  }

  /** Nobody will come any more: what it holds is not needed. */
  letGo(): void {
    this.#giveBack();
    this.#usedAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether nothing of it need be remembered. */
  isIdle(now: number): boolean {
    return this.#tokens === 0 && this.#debt === 0 && now - Math.max(this.#heardAt, this.#usedAt) > windowMs;
  }

  /** Whether it will have to be settled. */
  get isOpen(): boolean {
    return this.#limit > 0 && (this.#debt !== 0 || this.#tokens >= 1);
  }

  /** What to say at a draw. */
  ask(now: number): { readonly name: string; readonly limit: number; readonly spent: number; readonly wanted: number } {
    if (this.#isStale(now) && !this.#isPressed) this.#giveBack();
    let wanted = 0;
    if (this.#isPressed || this.isLow(now)) {
      if (this.#isHot(now)) this.#lease = Math.min(this.#lease * 2, this.#limit);
      else this.#lease = this.#creditMax;
      // A quarter of what is there: the others may need theirs too.
      wanted = Math.max(1, Math.min(this.#lease, Math.floor(this.#left(now) / 4)));
      this.#drawnAt = now;
    }
    this.#said = this.#debt;
    this.#wanted = wanted;
    this.#debt = 0;
    this.#isPressed = false;
    return { name: this.name, limit: this.#limit, spent: this.#said, wanted };
  }

  /** What was heard of it. */
  heard(granted: number, free: number, now: number): void {
    this.#said = 0;
    this.#wanted = 0;
    this.#tokens += granted;
    this.#free = free;
    this.#heardAt = now;
    this.#aloneUntil = Number.NEGATIVE_INFINITY;
    if (this.#tokens >= 1 || free >= 1) return;
    const step = Math.max(1, this.#limit * stepPart);
    this.#emptyUntil = now + ((step - free) * windowMs) / this.#limit;
  }

  /** Nothing was heard: all that was said is to be said again, and until then this node is on its own. */
  unheard(until: number): void {
    this.#debt += this.#said;
    this.#said = 0;
    this.#wanted = 0;
    this.#aloneUntil = until;
  }
}
