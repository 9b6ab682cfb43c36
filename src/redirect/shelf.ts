/**
 * A million entries in little memory: each is kept as the bytes of its text in a few hundred buffers instead of as an
 * object, with two indexes of numbers beside them. Objects with their strings and their places in two maps would take
 * three times as much, and all of them would be walked by the garbage collector while phones wait.
 */
import { Buffer } from 'node:buffer';
import { keyOf, type Redirect } from '../../projections/redirects.ts';
import { entryFrom, textOf } from './entry-text.ts';
import { HashIndex } from './hash-index.ts';

/** Room for some 2,000 entries; longer ones get a buffer of their own. What is left of one is moved in 3 ms. */
const chunkBytes = 256 * 1024;
/** Before each entry: the bytes it may take, and those it takes, 0 when it stands elsewhere by now. */
const headBytes = 8;
/** Room for a version that gets longer, so that most changes are made in place. */
const spareBytes = 4;
/** Entries that are kept as objects too, because they were asked for: taking one out of its text costs 1.5 us. */
const openMax = 4_096;

interface Chunk {
  bytes: Buffer;
  /** Bytes that are given out, and how many of them hold an entry. */
  used: number;
  live: number;
}

const keysOf = (entry: Redirect): readonly string[] => (entry.also ? [keyOf(entry), ...entry.also] : [keyOf(entry)]);

export class Shelf {
  readonly #keys = new HashIndex();
  readonly #qrs = new HashIndex();
  readonly #chunks: Chunk[] = [];
  /** Chunks that hold nothing any more. */
  readonly #free: number[] = [];
  #current = -1;
  #size = 0;
  /** By the key that was asked for; the one that was opened first is closed first. */
  readonly #open = new Map<string, Redirect>();
  /** Who is going through all entries at the moment. */
  #walkers = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** The entry of a key, its own or one it goes by as well. */
  get(key: string): Redirect | undefined {
    const known = this.#open.get(key);
    if (known) return known;
    const found = this.#keys.find(key, place => {
      const entry = this.#read(place);
      return keyOf(entry) === key || entry.also?.includes(key) ? entry : undefined;
    });
    if (!found) return undefined;
    if (this.#open.size >= openMax) this.#open.delete(this.#open.keys().next().value!);
    this.#open.set(key, found);
    return found;
  }

  /** The entry of a code. */
  find(qr: string): Redirect | undefined {
    return this.#qrs.find(qr, place => {
      const entry = this.#read(place);
      return entry.qr === qr ? entry : undefined;
    });
  }

  /** Puts an entry in the place of the one its code had before; keys that it had stay its own. */
  put(entry: Redirect): void {
    const place = this.#qrs.find(entry.qr, place => (this.#read(place).qr === entry.qr ? place : undefined));
    const text = Buffer.from(textOf(entry));
    if (place === undefined) {
      const made = this.#store(text);
      this.#qrs.add(entry.qr, made);
      for (const key of keysOf(entry)) this.#keys.add(key, made);
      this.#size += 1;
      return;
    }
    const before = keysOf(this.#read(place));
    for (const key of before) this.#open.delete(key);
    const { bytes } = this.#chunkOf(place);
    const start = startOf(place);
    const capacity = bytes.readUInt32LE(start);
    if (text.length <= capacity) {
      bytes.writeUInt32LE(text.length, start + 4);
      bytes.fill(0, start + headBytes + text.copy(bytes, start + headBytes), start + headBytes + capacity);
      for (const key of keysOf(entry)) if (!before.includes(key)) this.#keys.add(key, place);
      return;
    }
    const moved = this.#store(text);
    this.#qrs.move(entry.qr, place, moved);
    for (const key of before) this.#keys.move(key, place, moved);
    for (const key of keysOf(entry)) if (!before.includes(key)) this.#keys.add(key, moved);
    this.#leave(place);
  }

  /** The texts of all entries, buffer by buffer. What is put meanwhile may or may not be among them, or be twice. */
  *texts(): Generator<string[]> {
    // Who moves from a buffer to one that was passed already would be missed.
    this.#walkers += 1;
    try {
      for (let i = 0; i < this.#chunks.length; i++) yield [...this.#textsIn(this.#chunks[i]!)].map(({ text }) => text);
    } finally {
      this.#walkers -= 1;
    }
  }

  /** Every byte it holds, also of what is no entry any more. */
  remains(): string {
    return this.#chunks.map(({ bytes }) => bytes.toString('latin1')).join('');
  }

  #chunkOf(place: number): Chunk {
    return this.#chunks[Math.floor(place / chunkBytes)]!;
  }

  #read(place: number): Redirect {
    const { bytes } = this.#chunkOf(place);
    const start = startOf(place);
    return entryFrom(bytes.toString('utf8', start + headBytes, start + headBytes + bytes.readUInt32LE(start + 4)));
  }

  /** Finds a place for a text and writes it there. */
  #store(text: Buffer): number {
    const capacity = text.length + spareBytes;
    const needed = headBytes + capacity;
    let chunk = this.#chunks[this.#current];
    if (!chunk || chunk.used + needed > chunk.bytes.length) {
      this.#current = this.#free.pop() ?? this.#chunks.length;
      chunk = { bytes: Buffer.alloc(Math.max(chunkBytes, needed)), used: 0, live: 0 };
      this.#chunks[this.#current] = chunk;
    }
    const start = chunk.used;
    chunk.bytes.writeUInt32LE(capacity, start);
    chunk.bytes.writeUInt32LE(text.length, start + 4);
    text.copy(chunk.bytes, start + headBytes);
    chunk.used += needed;
    chunk.live += needed;
    return this.#current * chunkBytes + start;
  }

  /** A place holds nothing any more; what else is in a buffer that is half empty moves out of it. */
  #leave(place: number): void {
    const chunk = this.#chunkOf(place);
    const start = startOf(place);
    chunk.live -= headBytes + chunk.bytes.readUInt32LE(start);
    // What was erased is not to be found in the memory either.
    chunk.bytes.fill(0, start + 4, start + headBytes + chunk.bytes.readUInt32LE(start));
    const number = Math.floor(place / chunkBytes);
    if (number === this.#current || chunk.live > chunk.used / 2 || this.#walkers > 0) return;
    for (const { text, start } of this.#textsIn(chunk)) {
      const entry = entryFrom(text);
      const from = number * chunkBytes + start;
      const moved = this.#store(Buffer.from(text));
      this.#qrs.move(entry.qr, from, moved);
      for (const key of keysOf(entry)) this.#keys.move(key, from, moved);
    }
    this.#chunks[number] = { bytes: Buffer.alloc(0), used: 0, live: 0 };
    this.#free.push(number);
  }

  *#textsIn({ bytes, used }: Chunk): Generator<{ text: string; start: number }> {
    for (let start = 0; start < used; start += headBytes + bytes.readUInt32LE(start)) {
      const length = bytes.readUInt32LE(start + 4);
      const at = start + headBytes;
      if (length > 0) yield { text: bytes.toString('utf8', at, at + length), start };
    }
  }
}

/** Where in its buffer an entry stands; one with a buffer of its own stands at its beginning. */
const startOf = (place: number): number => place % chunkBytes;
