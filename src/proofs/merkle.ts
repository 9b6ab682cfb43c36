/**
 * The Merkle tree of RFC 6962 (and RFC 9162) over a growing list: hashes of leaves and nodes, and the frontier, which is
 * all that a tree has to remember to go on growing: the roots of its complete subtrees, largest first, one for each bit
 * of its size. Sizes and indices are numbers up to 2^53, so nothing here shifts bits.
 */
import { hash } from 'node:crypto';

export const hashBytes = 32;

const sha256 = (bytes: string | Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

/** Hash of a leaf: `sha256(0x00 || entry)`. */
export const leafHash = (entry: string): Buffer => sha256(`\0${entry}`);

const pair = new Uint8Array(1 + 2 * hashBytes);
pair[0] = 1;

/** Hash of a node: `sha256(0x01 || left || right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 1 + hashBytes);
  return sha256(pair);
}

/** Root of the tree without leaves. */
export const emptyRoot = sha256('');

/** A node: its height over the leaves, and its place among the nodes of that height. */
export interface Node {
  readonly height: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

export class Frontier {
  #size: number;
  /** Roots of the complete subtrees, largest first. */
  readonly #roots: Uint8Array[];

  constructor(size = 0, bytes: Uint8Array = new Uint8Array()) {
    this.#size = size;
    this.#roots = Array.from({ length: bytes.length / hashBytes }, (_, i) =>
      bytes.slice(i * hashBytes, (i + 1) * hashBytes),
    );
    if (this.#roots.length !== ones(size))
      throw new RangeError(`no frontier of ${size} leaves has ${bytes.length} bytes`);
  }

  get size(): number {
    return this.#size;
  }

  /** Grows by a leaf; tells each node that is complete with it, lowest first. */
  push(leaf: Uint8Array, onNode?: (node: Node) => void): void {
    let node = leaf;
    let index = this.#size;
    for (let height = 1; index % 2 === 1; height++) {
      node = nodeHash(this.#roots.pop()!, node);
      index = (index - 1) / 2;
      onNode?.({ height, index, hash: node });
    }
    this.#roots.push(node);
    this.#size += 1;
  }

  root(): Uint8Array {
    let root = this.#roots.at(-1);
    if (!root) return emptyRoot;
    for (let i = this.#roots.length - 2; i >= 0; i--) root = nodeHash(this.#roots[i]!, root);
    return root;
  }

  /** All of it, for the constructor. */
  bytes(): Buffer {
    return Buffer.concat(this.#roots);
  }
}

/** How many bits of a whole number are set. */
function ones(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
