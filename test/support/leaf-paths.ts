/**
 * The path of every leaf of a tree, made once: a check of one leaf then takes ten hashes and not a thousand.
 */
import { nodeHash } from '../../src/proofs/merkle.ts';
import { inclusionPath, treeRoot } from '../../src/proofs/paths.ts';

export function pathsOf(leaves: readonly Uint8Array[]): { root: Uint8Array; paths: Uint8Array[][] } {
  const nodes = new Map<string, Uint8Array>();
  const nodeAt = (height: number, index: number): Uint8Array => {
    if (height === 0) return leaves[index]!;
    const key = `${height} ${index}`;
    const node = nodes.get(key) ?? nodeHash(nodeAt(height - 1, 2 * index), nodeAt(height - 1, 2 * index + 1));
    nodes.set(key, node);
    return node;
  };
  const { length } = leaves;
  return { root: treeRoot(nodeAt, length), paths: leaves.map((_, index) => inclusionPath(nodeAt, index, length)) };
}
