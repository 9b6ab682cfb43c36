/**
 * Proofs in a Merkle tree: that a leaf is in it, and that it goes on from an earlier one. Both are lists of hashes, made
 * and checked as RFC 9162 §2.1.3 and §2.1.4 say. A path is made from the nodes of complete subtrees, which never change
 * any more; where they come from is the caller's affair.
 */
import { emptyRoot, nodeHash } from './merkle.ts';

/** Hash of the complete subtree of this height that has this place among all of its height. */
export type NodeAt = (height: number, index: number) => Uint8Array;

/** Root of the leaves from `start` up to `end`, of which the first has an index that `end - start` allows. */
function rootOf(node: NodeAt, start: number, end: number): Uint8Array {
  const size = end - start;
  if (size === 0) return emptyRoot;
  const height = Math.floor(Math.log2(size));
  const width = 2 ** height;
  if (width === size) return node(height, start / width);
  return nodeHash(node(height, start / width), rootOf(node, start + width, end));
}

/** Root of a tree of this size. */
export const treeRoot = (node: NodeAt, size: number): Uint8Array => rootOf(node, 0, size);

/** Largest power of two below a size: where its tree parts. */
function parting(size: number): number {
  const width = 2 ** Math.floor(Math.log2(size));
  return width === size ? width / 2 : width;
}

/** Hashes that lead from a leaf to the root of a tree of this size, the leaf's sibling first. */
export function inclusionPath(node: NodeAt, index: number, size: number): Uint8Array[] {
  if (index < 0 || index >= size) throw new RangeError(`a tree of ${size} leaves has none at ${index}`);
  const walk = (start: number, end: number): Uint8Array[] => {
    if (end - start === 1) return [];
    const middle = start + parting(end - start);
    return index < middle
      ? [...walk(start, middle), rootOf(node, middle, end)]
      : [...walk(middle, end), rootOf(node, start, middle)];
  };
  return walk(0, size);
}

/** Hashes that show that a tree of `size` leaves begins with the tree of its first `first` leaves. */
export function consistencyPath(node: NodeAt, first: number, size: number): Uint8Array[] {
  if (first < 0 || first > size) throw new RangeError(`a tree of ${size} leaves does not begin with one of ${first}`);
  if (first === 0) return [];
  const walk = (start: number, end: number, isWhole: boolean): Uint8Array[] => {
    // The old tree ends here: who has it knows this root if nothing stands before it.
    if (first === end) return isWhole ? [] : [rootOf(node, start, end)];
    const middle = start + parting(end - start);
    return first <= middle
      ? [...walk(start, middle, isWhole), rootOf(node, middle, end)]
      : [...walk(middle, end, false), rootOf(node, start, middle)];
  };
  return walk(0, size, true);
}

/** The root that a leaf and its path lead to in a tree of this size; undefined when no such path can be one. */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  let [at, last, root] = [index, size - 1, leaf];
  for (const hash of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root);
      // The last node of a level may have no sibling and rise as it is.
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else root = nodeHash(root, hash);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? root : undefined;
}

/** Whether a path shows that the tree of `size` leaves and this root begins with the one of `first` leaves and that root. */
export function isConsistent(
  [first, firstRoot]: readonly [number, Uint8Array],
  [size, root]: readonly [number, Uint8Array],
  path: readonly Uint8Array[],
): boolean {
  if (first > size) return false;
  if (first === size) return path.length === 0 && equal(firstRoot, root);
  // Every tree begins with the empty one.
  if (first === 0) return path.length === 0 && equal(firstRoot, emptyRoot);
  let [at, last] = [first - 1, size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // Of a first tree that is complete the root itself is where both begin.
  const [seed, ...rest] = at === 0 ? [firstRoot, ...path] : path;
  if (!seed) return false;
  let [old, now] = [seed, seed];
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, now] = [nodeHash(hash, old), nodeHash(hash, now)];
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else now = nodeHash(now, hash);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(old, firstRoot) && equal(now, root);
}

const half = (number: number): number => Math.floor(number / 2);

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
