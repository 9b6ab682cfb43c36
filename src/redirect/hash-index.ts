/**
 * From a text to a number, for millions of them: two arrays of numbers instead of a map, 16 bytes a text at most and
 * nothing for the garbage collector to walk. The texts themselves are not kept: two of one hash are told apart by
 * whoever knows what stands at their places.
 */
import { keyedHash } from './keyed-hash.ts';

/** Of the slots this share may be taken; beyond it searches get long. */
const loadMax = 0.7;

export class HashIndex {
  /** Places by slot, plus one; 0 is a free slot. */
  #places = new Uint32Array(1024);
  #hashes = new Uint32Array(1024);
  #size = 0;

  /** What `at` makes of the first place of this text that it makes anything of. */
  find<T>(text: string, at: (place: number) => T | undefined): T | undefined {
    const hash = keyedHash(text);
    const mask = this.#places.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot]!;
      if (place === 0) return undefined;
      if (this.#hashes[slot] !== hash) continue;
      const found = at(place - 1);
      if (found !== undefined) return found;
    }
  }

  /** Adds a text that has no place yet. */
  add(text: string, place: number): void {
    if (++this.#size > this.#places.length * loadMax) this.#grow();
    this.#insert(keyedHash(text), place + 1);
  }

  /** A text's place is another from now on. */
  move(text: string, from: number, to: number): void {
    const hash = keyedHash(text);
    const mask = this.#places.length - 1;
    for (let slot = hash & mask; this.#places[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] !== hash || this.#places[slot] !== from + 1) continue;
      this.#places[slot] = to + 1;
      return;
    }
  }

  #insert(hash: number, placed: number): void {
    const mask = this.#places.length - 1;
    let slot = hash & mask;
    while (this.#places[slot] !== 0) slot = (slot + 1) & mask;
    this.#places[slot] = placed;
    this.#hashes[slot] = hash;
  }

  #grow(): void {
    const [places, hashes] = [this.#places, this.#hashes];
    this.#places = new Uint32Array(places.length * 2);
    this.#hashes = new Uint32Array(places.length * 2);
    for (let slot = 0; slot < places.length; slot++) {
      if (places[slot] !== 0) this.#insert(hashes[slot]!, places[slot]!);
    }
  }
}
