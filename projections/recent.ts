/**
 * What answers have found lately, in memory: so much of it and no more, and what was asked for longest ago goes first.
 * Whoever keeps something says in its key what it was made of, so that nothing in here is ever out of date.
 */
export class Recent {
  readonly #kept = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param bytesMax of all that is kept, as those who keep it say */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get<T>(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (!found) return undefined;
    // The last of a map is the one that was put there last.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value as T;
  }

  keep(key: string, value: unknown, bytes: number): void {
    this.#forget(key);
    if (bytes > this.#bytesMax) return;
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
