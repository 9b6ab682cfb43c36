/**
 * Scans counted by what they say. Those of a combination are counted together, and each of its values has a number, so
 * that counting them raises elements of an array; names are looked at once a sum. Where nearly every scan says something
 * else, counting by names was a third of what it takes to build the read model.
 */
import { addQuarters } from './quarters.ts';
import type { Part } from './scan-groups.ts';
import { type Combination, fields, type Item } from './scan-items.ts';
import { type Counted, count, type Sum, type Sums, sumFor } from './scan-sums.ts';
import { addSketch } from './sketches.ts';

/** Scans of one kind, counted for a sum: what they say is raised on `counts`, by the numbers of values. */
class Tally {
  readonly kinds: string;
  /** None between two sums. */
  sum: Sum | undefined;
  /** The parts that the scans are in. */
  firstPart = 0;
  lastPart = 0;
  #counts = new Uint32Array(256);
  readonly #touched: number[] = [];

  constructor(kinds: string) {
    this.kinds = kinds;
  }

  begin(sum: Sum, part: number): void {
    this.sum = sum;
    this.firstPart = part;
    this.lastPart = part;
  }

  add(value: number, scans: number): void {
    if (value >= this.#counts.length) {
      const counts = new Uint32Array(value * 2);
      counts.set(this.#counts);
      this.#counts = counts;
    }
    if (this.#counts[value] === 0) this.#touched.push(value);
    this.#counts[value]! += scans;
  }

  /** Writes down what was counted, and is empty again. */
  end(values: Combinations['values']): Pick<Tally, 'firstPart' | 'lastPart'> {
    for (const number of this.#touched) {
      const { counted, value } = values[number]!;
      count(this.sum!, counted, value, this.#counts[number]!);
      this.#counts[number] = 0;
    }
    this.#touched.length = 0;
    this.sum = undefined;
    return { firstPart: this.firstPart, lastPart: this.lastPart };
  }
}

/** What scans of a combination say, or of a combination and a version: the numbers of the values. */
interface Entry {
  readonly tally: Tally;
  readonly values: readonly number[];
  /** Those counted since the last sum. */
  scans: number;
}

/** Combinations by their numbers, and the numbers of what they say. */
export class Combinations {
  /** What a number stands for. */
  readonly values: { readonly counted: Counted; readonly value: string }[] = [];
  readonly #known = new Map<number, Combination>();
  readonly #entries = new Map<number, Entry>();
  readonly #served = new Map<number, Entry>();
  readonly #tallies = new Map<string, Tally>();
  readonly #numbers = new Map<Counted, Map<string, number>>();

  constructor(known: Iterable<readonly [number, Combination]> = []) {
    for (const [id, combination] of known) this.set(id, combination);
  }

  has(id: number): boolean {
    return this.#known.has(id);
  }

  get(id: number): Combination {
    return this.#known.get(id)!;
  }

  set(id: number, combination: Combination): void {
    this.#known.set(id, combination);
  }

  entry(id: number): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const combination = this.get(id);
    const { kinds } = combination;
    const tally = this.#tallies.get(kinds) ?? new Tally(kinds);
    this.#tallies.set(kinds, tally);
    const said = fields.filter(field => combination[field] !== '');
    const entry = { tally, values: said.map(field => this.#numberOf(field, combination[field])), scans: 0 };
    this.#entries.set(id, entry);
    return entry;
  }

  /** The same with the version that was served. */
  servedEntry(id: number, version: number): Entry {
    const key = id * 0x1_0000 + version;
    const known = this.#served.get(key);
    if (known) return known;
    const { tally, values } = this.entry(id);
    const served = this.#numberOf('served', servedName(version, this.get(id).rule));
    const entry = { tally, values: [...values, served], scans: 0 };
    this.#served.set(key, entry);
    return entry;
  }

  #numberOf(counted: Counted, value: string): number {
    const numbers = this.#numbers.get(counted) ?? new Map<string, number>();
    this.#numbers.set(counted, numbers);
    const known = numbers.get(value);
    if (known !== undefined) return known;
    const number = this.values.push({ counted, value }) - 1;
    numbers.set(value, number);
    return number;
  }
}

/** What was served, as sums name it. */
export const servedName = (version: number, rule: string): string =>
  rule === '' ? `${version}` : `${version} ${rule}`;

/** Adds scans to the sums of their kinds; returns the parts that those of each kind are in. */
export function addItems(
  sums: Sums,
  items: readonly Item[],
  combinations: Combinations,
  withServed: boolean,
): Map<string, Pick<Tally, 'firstPart' | 'lastPart'>> {
  const tallies: Tally[] = [];
  const entries: Entry[] = [];
  let [id, served] = [-1, -1];
  let entry: Entry | undefined;
  for (const { combination, quarter, visitor, version, part } of items) {
    if (!entry || combination !== id || (withServed && version !== served)) {
      [id, served] = [combination, version];
      entry = withServed ? combinations.servedEntry(id, version) : combinations.entry(id);
      if (entry.scans === 0) entries.push(entry);
    }
    entry.scans += 1;
    const { tally } = entry;
    if (!tally.sum) {
      tally.begin(sumFor(sums, tally.kinds), part);
      tallies.push(tally);
    }
    if (part < tally.firstPart) tally.firstPart = part;
    else if (part > tally.lastPart) tally.lastPart = part;
    const { quarters, visitors } = tally.sum!;
    quarters.add(quarter, 1);
    if ((visitor & 15) > visitors[visitor >> 4]!) visitors[visitor >> 4] = visitor & 15;
  }
  countEntries(entries);
  return new Map(tallies.map(tally => [tally.kinds, tally.end(combinations.values)]));
}

/** Adds groups of scans to the sums of their kinds; what they say is counted when all of them are there. */
export class GroupTallies {
  readonly #sums: Sums;
  readonly #combinations: Combinations;
  readonly #entries: Entry[] = [];
  readonly #tallies = new Set<Tally>();

  constructor(sums: Sums, combinations: Combinations) {
    this.#sums = sums;
    this.#combinations = combinations;
  }

  add({ start, groups }: Part, withServed: boolean): void {
    for (const { combination, version, scans, quarters, visitors } of groups) {
      const entry = withServed
        ? this.#combinations.servedEntry(combination, version)
        : this.#combinations.entry(combination);
      if (entry.scans === 0) this.#entries.push(entry);
      entry.scans += scans;
      const { tally } = entry;
      if (!tally.sum) {
        tally.begin(sumFor(this.#sums, tally.kinds), 0);
        this.#tallies.add(tally);
      }
      addQuarters(tally.sum!.quarters, quarters, start);
      addSketch(tally.sum!.visitors, visitors);
    }
  }

  end(): void {
    countEntries(this.#entries);
    for (const tally of this.#tallies) tally.end(this.#combinations.values);
  }
}

/** Counts what the scans of each entry say, for the sum that its tally is at. */
function countEntries(entries: readonly Entry[]): void {
  for (const entry of entries) {
    const { tally, values, scans } = entry;
    tally.sum!.scans += scans;
    for (let i = 0; i < values.length; i++) tally.add(values[i]!, scans);
    entry.scans = 0;
  }
}
