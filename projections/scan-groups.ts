/**
 * Scans of a span by what they say. Those of one combination and version are a group: how many there are, in which
 * quarters, and a sketch of their visitors. So a filter has to look at what different scans say, and not at each of
 * them: a group never takes more than 8 KB of sketch and a byte or two for each quarter, however many its scans are.
 * Everything in it is exact, or as exact as the scans are, so that groups of any spans can be put together.
 */
import { addQuarters, QuarterWriter, writeNumber } from './quarters.ts';
import { type Combination, fields, itemBytes } from './scan-items.ts';
import type { Span } from './scan-times.ts';
import { addSketch, sketchFrom, sketchOf } from './sketches.ts';
import { REGISTERS } from './uniques.ts';

export interface Group {
  readonly combination: number;
  /** Of the code, as it was served. */
  readonly version: number;
  readonly scans: number;
  /** As a `QuarterWriter` writes them that starts with the span. */
  readonly quarters: Uint8Array;
  /** As `sketchOf` writes them. */
  readonly visitors: Uint8Array;
}

const keyOf = (combination: number, version: number): number => combination * 0x1_0000 + version;

/** Takes scans in as parts hold them, and makes groups of those in a span. */
export class Grouping {
  readonly #span: Span;
  /** The place of a group among the others. */
  readonly #places = new Map<number, number>();
  #size = 0;
  #groups = new Int32Array(1_024);
  #quarters = new Int32Array(1_024);
  #visitors = new Int32Array(1_024);

  constructor(span: Span) {
    this.#span = span;
  }

  add(bytes: Uint8Array): void {
    const { from, to } = this.#span;
    this.#makeRoom(bytes.length / itemBytes);
    const [groups, quarters, visitors] = [this.#groups, this.#quarters, this.#visitors];
    let size = this.#size;
    for (let at = 0; at + itemBytes <= bytes.length; at += itemBytes) {
      const quarter = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      if (quarter < from || quarter >= to) continue;
      const combination = bytes[at + 6]! | (bytes[at + 7]! << 8) | (bytes[at + 8]! << 16) | (bytes[at + 9]! << 24);
      const key = keyOf(combination >>> 0, bytes[at + 10]! | (bytes[at + 11]! << 8));
      let place = this.#places.get(key);
      if (place === undefined) {
        place = this.#places.size;
        this.#places.set(key, place);
      }
      groups[size] = place;
      quarters[size] = quarter;
      visitors[size] = bytes[at + 3]! | (bytes[at + 4]! << 8) | (bytes[at + 5]! << 16);
      size += 1;
    }
    this.#size = size;
  }

  #makeRoom(scans: number): void {
    if (this.#size + scans <= this.#groups.length) return;
    const grown = (numbers: Int32Array<ArrayBuffer>) => {
      const more = new Int32Array(2 * (this.#size + scans));
      more.set(numbers);
      return more;
    };
    this.#groups = grown(this.#groups);
    this.#quarters = grown(this.#quarters);
    this.#visitors = grown(this.#visitors);
  }

  /** In the order in which they were met. */
  groups(): Group[] {
    const ends = new Int32Array(this.#places.size);
    for (let i = 0; i < this.#size; i++) ends[this.#groups[i]!]! += 1;
    for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
    const [quarters, visitors] = [new Int32Array(this.#size), new Int32Array(this.#size)];
    // Side by side, each group's from its end to its beginning.
    const next = ends.slice();
    for (let i = this.#size - 1; i >= 0; i--) {
      const at = --next[this.#groups[i]!]!;
      quarters[at] = this.#quarters[i]!;
      visitors[at] = this.#visitors[i]!;
    }
    return [...this.#places].map(([key, place]) => {
      const [begin, end] = [next[place]!, ends[place]!];
      return {
        combination: Math.floor(key / 0x1_0000),
        version: key % 0x1_0000,
        scans: end - begin,
        quarters: timesOf(quarters.subarray(begin, end).sort(), this.#span.from),
        visitors: sketchFrom(visitors.subarray(begin, end).sort()),
      };
    });
  }
}

function timesOf(quarters: Int32Array, start: number): Uint8Array {
  const times = new QuarterWriter(start);
  for (let i = 0; i < quarters.length; ) {
    const first = i;
    while (i < quarters.length && quarters[i] === quarters[first]) i++;
    times.add(quarters[first]!, i - first);
  }
  return Uint8Array.from(times.bytes);
}

/** Groups of a span. */
export interface Part {
  readonly start: number;
  readonly groups: readonly Group[];
}

/** Groups of the spans that make up a longer one, in the order of time. */
export function merged(parts: readonly Part[], start: number): Group[] {
  const same = Map.groupBy(
    parts.flatMap(({ start, groups }) => groups.map(group => ({ start, group }))),
    ({ group: { combination, version } }) => keyOf(combination, version),
  );
  const registers = new Uint8Array(REGISTERS);
  return [...same.values()].map(pieces => {
    const { combination, version, visitors } = pieces[0]!.group;
    const times = new QuarterWriter(start);
    let scans = 0;
    for (const { start, group } of pieces) {
      scans += group.scans;
      addQuarters(times, group.quarters, start);
    }
    const group = { combination, version, scans, quarters: Uint8Array.from(times.bytes) };
    if (pieces.length === 1) return { ...group, visitors };
    registers.fill(0);
    for (const { group } of pieces) addSketch(registers, group.visitors);
    // A copy, for what it was written into has room for the longest.
    return { ...group, visitors: Uint8Array.from(sketchOf(registers)) };
  });
}

/** Groups in the order of what they say: those that are meant together lie side by side, and are read at once. */
export function inOrder(groups: readonly Group[], combinationOf: (id: number) => Combination): Group[] {
  const said = new Map(groups.map(({ combination }) => [combination, textOf(combinationOf(combination))]));
  const keyed = groups.map(group => ({ group, key: said.get(group.combination)! }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.group.version - b.group.version));
  return keyed.map(({ group }) => group);
}

const textOf = (combination: Combination): string =>
  [combination.kinds, ...fields.map(field => combination[field])].join('\t');

/** Groups as a row holds them: their numbers in one place, so that of what is not meant no more has to be read. */
export interface StoredGroups {
  readonly heads: Uint8Array;
  readonly bodies: Uint8Array;
}

export function storedGroups(groups: readonly Group[]): StoredGroups {
  const heads: number[] = [];
  for (const { combination, version, scans, quarters, visitors } of groups) {
    for (const number of [combination, version, scans, quarters.length, visitors.length]) writeNumber(heads, number);
  }
  return {
    heads: Buffer.from(heads),
    bodies: Buffer.concat(groups.flatMap(({ quarters, visitors }) => [quarters, visitors])),
  };
}

/** A group without its body, and where that is to be found. */
export interface Head extends Pick<Group, 'combination' | 'version' | 'scans'> {
  readonly at: number;
  readonly quartersSize: number;
  readonly visitorsSize: number;
}

export function headsIn(bytes: Uint8Array): Head[] {
  const heads: Head[] = [];
  let at = 0;
  eachHead(bytes, (combination, version, scans, quartersSize, visitorsSize) => {
    heads.push({ combination, version, scans, at, quartersSize, visitorsSize });
    at += quartersSize + visitorsSize;
  });
  return heads;
}

/** Calls with the numbers of each head, as `storedGroups` has written them: an object each takes three times as long. */
export function eachHead(
  bytes: Uint8Array,
  call: (combination: number, version: number, scans: number, quartersSize: number, visitorsSize: number) => void,
): void {
  let next = 0;
  const number = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = bytes[next++]!;
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
  while (next < bytes.length) call(number(), number(), number(), number(), number());
}

export const endOf = ({ at, quartersSize, visitorsSize }: Head): number => at + quartersSize + visitorsSize;

const nothing = new Uint8Array(0);

/** A group without its body. */
export const onlyNumber = ({
  combination,
  version,
  scans,
}: Pick<Group, 'combination' | 'version' | 'scans'>): Group => ({
  ...{ combination, version, scans, quarters: nothing, visitors: nothing },
});

/** A group, with its body out of bytes that begin at a place among the bodies. */
export function groupFrom(head: Head, bytes: Uint8Array, begin = 0): Group {
  const { combination, version, scans, at, quartersSize } = head;
  const middle = at - begin + quartersSize;
  const quarters = bytes.subarray(at - begin, middle);
  return { combination, version, scans, quarters, visitors: bytes.subarray(middle, endOf(head) - begin) };
}
