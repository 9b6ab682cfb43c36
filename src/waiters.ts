/**
 * Readers who wait for a position to be reached: each is let go when it is, when that has become impossible, or when it
 * takes too long. Who waits is known, so that nobody is kept waiting for a pace.
 */

interface Waiter {
  readonly position: number;
  settle(error?: Error): void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when the position is reached; rejects with `late` after `timeoutMs`. */
  wait(position: number, timeoutMs: number, late: Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.settle(late), timeoutMs);
      const waiter: Waiter = {
        position,
        settle: error => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          if (error) reject(error);
          else resolve();
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** Lets those go who waited for this position or an earlier one. */
  reached(position: number): void {
    for (const waiter of this.#waiting) if (waiter.position <= position) waiter.settle();
  }

  /** Lets all go with an error. */
  fail(error: Error): void {
    for (const waiter of this.#waiting) waiter.settle(error);
  }
}
