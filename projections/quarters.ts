/**
 * Scans by quarter of an hour, as counts side by side: a year is read and added up by the ten thousand, for which a map
 * took four times as long. It is iterated in the order of time.
 */
export class Quarters {
  #from = 0;
  #counts = new Uint32Array(0);

  /** Of pairs of a quarter and its scans. */
  static of(pairs: Iterable<readonly [number, number]>): Quarters {
    const quarters = new Quarters();
    for (const [quarter, scans] of pairs) quarters.add(quarter, scans);
    return quarters;
  }

  add(quarter: number, scans: number): void {
    let place = quarter - this.#from;
    if (place < 0 || place >= this.#counts.length) place = this.#grow(quarter);
    this.#counts[place]! += scans;
  }

  /** Calls with each quarter that has scans, as a map would: the count first. */
  forEach(call: (scans: number, quarter: number) => void): void {
    for (let i = 0; i < this.#counts.length; i++) if (this.#counts[i]! > 0) call(this.#counts[i]!, this.#from + i);
  }

  *[Symbol.iterator](): Generator<[number, number]> {
    for (let i = 0; i < this.#counts.length; i++) if (this.#counts[i]! > 0) yield [this.#from + i, this.#counts[i]!];
  }

  /** Makes room for a quarter, and as much again in its direction; returns its place. */
  #grow(quarter: number): number {
    const { length } = this.#counts;
    if (length === 0) {
      this.#from = quarter;
      this.#counts = new Uint32Array(96);
      return 0;
    }
    const from = quarter < this.#from ? quarter - length : this.#from;
    const to = quarter < this.#from ? this.#from + length : quarter + 1 + length;
    const counts = new Uint32Array(to - from);
    counts.set(this.#counts, this.#from - from);
    this.#from = from;
    this.#counts = counts;
    return quarter - from;
  }
}

/**
 * Quarters as rows hold them, in the order of time. Each that has scans is their number and whether others without any
 * lie before it, and if so the distance from the one before: in a busy month one byte a quarter.
 */
export class QuarterWriter {
  readonly bytes: number[] = [];
  #last: number;

  /** @param start what distances are counted from */
  constructor(start: number) {
    this.#last = start - 1;
  }

  /** Behind those that were added before. */
  add(quarter: number, scans: number): void {
    const gap = quarter - this.#last;
    writeNumber(this.bytes, 2 * scans + (gap === 1 ? 0 : 1));
    if (gap !== 1) writeNumber(this.bytes, gap);
    this.#last = quarter;
  }
}

/** Seven bits a byte, the lowest first (LEB128): most numbers are small. */
export function writeNumber(bytes: number[], number: number): void {
  let left = number;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
}

/** Adds what a writer with the same start has written. */
export function addQuarters(quarters: Pick<Quarters, 'add'>, bytes: Uint8Array, start: number): void {
  let quarter = start - 1;
  let scans = 0;
  let number = 0;
  let place = 1;
  // By index: `for of` over a typed array takes many times as long on Bun.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    number += (byte & 127) * place;
    place *= 128;
    if (byte > 127) continue;
    if (scans > 0) {
      quarter += number;
      quarters.add(quarter, scans);
      scans = 0;
    } else if (number % 2 === 1) {
      scans = (number - 1) / 2;
    } else {
      quarter += 1;
      quarters.add(quarter, number / 2);
    }
    number = 0;
    place = 1;
  }
}
