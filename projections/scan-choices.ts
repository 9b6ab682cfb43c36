/**
 * Which groups of a span a question means. Its months hold much the same groups: what the scans of a subject say is
 * numbered in memory, each different thing once, so that a question is asked of these, and of a span's groups no more
 * than their numbers are looked at.
 */
import type { Sql } from './projection.ts';
import type { Recent } from './recent.ts';
import { type Dense, keyOf, readHeads } from './scan-group-rows.ts';
import { eachHead, type Group, onlyNumber } from './scan-groups.ts';
import type { Combination } from './scan-items.ts';
import { readCombinations } from './scan-parts.ts';
import type { Combinations } from './scan-tallies.ts';

/** How much of a group is asked for: all, no more than how many there are, or nothing. */
export type Wish = (node: Dense, said: Combination, version: number) => 'all' | 'number' | 'none';

/** What groups of a subject say, by number. */
export interface Palette {
  readonly ids: number[];
  readonly said: Combination[];
  readonly versions: number[];
  readonly numbers: Map<number, number>;
}

/** The heads of a span's groups, and the number of what each says. */
export interface Choosable {
  readonly heads: Uint8Array;
  readonly palette: Palette;
  readonly numbers: Uint32Array;
}

/** A combination is some dozen short texts; it stands in a palette with each version. */
const [combinationBytes, versionBytes] = [500, 100];
/** A span's key, and what holds its numbers. */
const spanBytes = 200;

/** Makes the combinations of these numbers known. */
export async function learn(
  sql: Sql,
  known: Combinations,
  ids: Iterable<number>,
  model: number,
  recent?: Recent,
): Promise<void> {
  const unknown = new Set<number>();
  for (const id of ids) {
    if (known.has(id) || unknown.has(id)) continue;
    const kept = recent?.get<Combination>(`${model} ${id}`);
    if (kept) known.set(id, kept);
    else unknown.add(id);
  }
  for (const [id, combination] of await readCombinations(sql, [...unknown])) {
    known.set(id, combination);
    recent?.keep(`${model} ${id}`, combination, combinationBytes);
  }
}

/** What there is to choose from of spans that are condensed, by span; nothing of those whose shorter spans have it. */
export async function readChoosable(
  sql: Sql,
  nodes: readonly Dense[],
  known: Combinations,
  recent: Recent,
): Promise<Map<Dense, Choosable>> {
  const found = new Map<Dense, Choosable>();
  const unread = nodes.filter(node => {
    const kept = recent.get<Choosable>(keyOf(node));
    if (kept) found.set(node, kept);
    return !kept;
  });
  if (unread.length === 0) return found;
  for (const [node, heads] of await readHeads(sql, unread)) {
    const ids: number[] = [];
    eachHead(heads, combination => ids.push(combination));
    await learn(sql, known, ids, node.model, recent);
    found.set(node, keepChoosable(node, heads, ids.length, known, recent));
  }
  return found;
}

/** Numbers what the groups of a span say, which is known, and keeps it for later questions. */
export function keepChoosable(
  node: Dense,
  heads: Uint8Array,
  size: number,
  known: Combinations,
  recent: Recent,
): Choosable {
  const choosable = numbered(heads, size, paletteOf(node, recent), known);
  recent.keep(keyOf(node), choosable, spanBytes + heads.length + 4 * size);
  recent.keep(nameOf(node), choosable.palette, versionBytes * choosable.palette.said.length);
  return choosable;
}

const nameOf = ({ model, org, subject }: Dense): string => `${model} ${org} ${subject}`;

const paletteOf = (node: Dense, recent: Recent): Palette =>
  recent.get<Palette>(nameOf(node)) ?? { ids: [], said: [], versions: [], numbers: new Map() };

function numbered(heads: Uint8Array, size: number, palette: Palette, known: Combinations): Choosable {
  const numbers = new Uint32Array(size);
  let place = 0;
  eachHead(heads, (combination, version) => {
    const key = combination * 0x1_0000 + version;
    let number = palette.numbers.get(key);
    if (number === undefined) {
      number = palette.ids.push(combination) - 1;
      palette.said.push(known.get(combination));
      palette.versions.push(version);
      palette.numbers.set(key, number);
    }
    numbers[place++] = number;
  });
  return { heads, palette, numbers };
}

/** Of groups of a span, what is wished for. */
export const wishedOf = (node: Dense, groups: readonly Group[], wish: Wish, known: Combinations): Group[] =>
  groups.flatMap(group => {
    const wished = wish(node, known.get(group.combination), group.version);
    return wished === 'none' ? [] : wished === 'all' ? [group] : [onlyNumber(group)];
  });

const digits = { none: 0, number: 1, all: 2 };
const wishes = ['none', 'number', 'all'] as const;
/** Two bits each, in characters of sixteen. */
const perCharacter = 8;

/** The choice of a question. */
export class Choice {
  readonly #wish: Wish;
  readonly #verdicts = new Map<Palette, number[]>();

  constructor(wish: Wish) {
    this.#wish = wish;
  }

  /** What is wished for of a group of a span, by its place among the heads. */
  of(node: Dense, { palette, numbers }: Choosable, place: number): ReturnType<Wish> {
    return wishes[this.#verdictsOn(node, palette)[numbers[place]!]!]!;
  }

  /** The same as text: the key of what is found. */
  keyOf(node: Dense, { palette, numbers }: Choosable): string {
    const verdicts = this.#verdictsOn(node, palette);
    let text = `${keyOf(node)} `;
    for (let i = 0; i < numbers.length; i += perCharacter) {
      let character = 0;
      for (let j = i; j < i + perCharacter && j < numbers.length; j++) {
        character = character * 4 + verdicts[numbers[j]!]!;
      }
      text += String.fromCharCode(character);
    }
    return text;
  }

  /** A palette may have grown since. */
  #verdictsOn(node: Dense, palette: Palette): number[] {
    const verdicts = this.#verdicts.get(palette) ?? [];
    this.#verdicts.set(palette, verdicts);
    const { said, versions } = palette;
    for (let i = verdicts.length; i < said.length; i++) verdicts.push(digits[this.#wish(node, said[i]!, versions[i]!)]);
    return verdicts;
  }
}
