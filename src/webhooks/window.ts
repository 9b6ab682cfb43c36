/**
 * How many requests an endpoint has at once. It begins with a few, gets more while it answers well, and half as many
 * each time it fails or is slow, down to one: so a fast endpoint gets all it can take, and one that swallows every
 * request holds a single slot of those that all endpoints share.
 */
const windowFirst = 4;
/** 2,000 deliveries/s to an endpoint that answers within 30 ms; more at once would be an attack on a small one. */
const windowMax = 64;
/** An answer that takes longer is one to wait for, not one to ask more of. */
const slowMs = 5_000;

export class Window {
  #size = windowFirst;
  #failed = false;

  /** Requests that may be under way. */
  get size(): number {
    return this.#size;
  }

  /** Whether the last answer was none, or late: what it holds is held for long. */
  get isClogged(): boolean {
    return this.#failed;
  }

  /** Takes in how an attempt went. */
  after(isDelivered: boolean, latencyMs: number): void {
    this.#failed = !isDelivered || latencyMs > slowMs;
    this.#size = this.#failed ? Math.max(1, this.#size >> 1) : Math.min(windowMax, this.#size + 1);
  }
}
