import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { emptyRoot, Frontier, leafHash, nodeHash } from '../../src/proofs/merkle.ts';
import {
  consistencyPath,
  equal,
  inclusionPath,
  isConsistent,
  type NodeAt,
  rootFromInclusion,
  treeRoot,
} from '../../src/proofs/paths.ts';

const leaf = (index: number): Uint8Array => leafHash(`entry ${index}`);
const node: NodeAt = (height, index) =>
  height === 0 ? leaf(index) : nodeHash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
const rootsMax = 80;
const roots: Uint8Array[] = [emptyRoot];
const tree = new Frontier();
for (let i = 0; i < rootsMax; i++) {
  tree.push(leaf(i));
  roots.push(tree.root());
}

/** Every way in which a path can be another one: a bit, a hash too few, one too many, two swapped. */
function* forged(path: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [i, hash] of path.entries()) {
    for (const bit of [0, 100, 255]) {
      const other = Uint8Array.from(hash);
      other[bit >> 3]! ^= 1 << (bit & 7);
      yield path.with(i, other);
    }
    yield path.toSpliced(i, 1);
    yield path.toSpliced(i, 0, hash);
    if (i > 0 && !equal(hash, path[i - 1]!)) yield path.with(i, path[i - 1]!).with(i - 1, hash);
  }
  yield [...path, leaf(0)];
}

test('the root of any size is that of the tree that has grown so far', () => {
  for (let size = 0; size <= rootsMax; size++) expect(equal(treeRoot(node, size), roots[size]!)).toBe(true);
});

describe('an inclusion path', () => {
  test('leads from each leaf to the root of each tree, and to no other', () => {
    for (let size = 1; size <= rootsMax; size++) {
      for (let index = 0; index < size; index++) {
        const path = inclusionPath(node, index, size);
        expect(equal(rootFromInclusion(leaf(index), index, size, path)!, roots[size]!)).toBe(true);
        const other = rootFromInclusion(leaf(index + 1), index, size, path);
        expect(other && equal(other, roots[size]!)).toBe(false);
      }
    }
  });

  test('is refused when it is forged, or said to be of another leaf', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: rootsMax }), fc.nat(), (size, n) => {
        const index = n % size;
        const path = inclusionPath(node, index, size);
        const holds = (at: number, size: number, path: readonly Uint8Array[]) => {
          const root = rootFromInclusion(leaf(index), at, size, path);
          return root !== undefined && equal(root, roots[size] ?? emptyRoot);
        };
        expect(holds(index, size, path)).toBe(true);
        for (const other of forged(path)) expect(holds(index, size, other)).toBe(false);
        for (let at = 0; at <= size; at++) if (at !== index) expect(holds(at, size, path)).toBe(false);
        for (const at of [-1, size, size + 1]) expect(holds(at, size, path)).toBe(false);
      }),
    );
  });

  test('of a leaf that is not there can not be made', () => {
    expect(() => inclusionPath(node, 3, 3)).toThrow('a tree of 3 leaves has none at 3');
    expect(() => inclusionPath(node, -1, 3)).toThrow(RangeError);
  });
});

describe('a consistency path', () => {
  test('shows for each two sizes that one tree begins with the other', () => {
    for (let size = 0; size <= rootsMax; size++) {
      for (let first = 0; first <= size; first++) {
        const path = consistencyPath(node, first, size);
        const holds = (path: readonly Uint8Array[]) => isConsistent([first, roots[first]!], [size, roots[size]!], path);
        expect(holds(path)).toBe(true);
        if (first === 0 || first === size) expect(path).toEqual([]);
        for (const other of forged(path)) expect(holds(other)).toBe(false);
      }
    }
  });

  test('is refused for another root on either side, and for sizes in the wrong order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: rootsMax }), fc.nat(), (size, n) => {
        const first = n % (size + 1);
        const path = consistencyPath(node, first, size);
        const other = leaf(999);
        expect(isConsistent([first, other], [size, roots[size]!], path)).toBe(false);
        if (first > 0) expect(isConsistent([first, roots[first]!], [size, other], path)).toBe(false);
        expect(isConsistent([size + 1, roots[size]!], [size, roots[size]!], path)).toBe(false);
      }),
    );
    expect(() => consistencyPath(node, 4, 3)).toThrow('a tree of 3 leaves does not begin with one of 4');
  });
});
