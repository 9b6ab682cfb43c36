/**
 * The IPv4 part of a MaxMind database's search tree (https://maxmind.github.io/MaxMind-DB/), with the first sixteen of its
 * levels laid out flat. mmdb-lib walks all of them for each address, bit by bit out of a list of four bytes: 0.46 us, where
 * this takes 0.1.
 */
import type { Buffer } from 'node:buffer';

export interface TreeShape {
  readonly ipVersion: number;
  readonly nodeCount: number;
  readonly nodeByteSize: number;
  readonly recordSize: number;
}

const flatBits = 16;

/**
 * Finds what a tree holds of an IPv4 address, which is given as 32 bits: the number of a record, the same for all addresses
 * that share one; 0 where there is none.
 */
export function ipv4Tree(bytes: Buffer, shape: TreeShape): (word: number) => number {
  const { ipVersion, nodeCount, nodeByteSize } = shape;
  const side = sideOf(bytes, shape);
  const below = (node: number, bit: number): number => (node < nodeCount ? side(node * nodeByteSize, bit) : node);
  let root = 0;
  // Within IPv6 they are the addresses that begin with 96 zeros.
  if (ipVersion !== 4) for (let i = 0; i < 96; i++) root = below(root, 0);
  const flat = new Uint32Array(2 ** flatBits);
  const lay = (node: number, depth: number, from: number): void => {
    const width = 2 ** (flatBits - depth);
    if (depth === flatBits || node >= nodeCount) {
      flat.fill(node, from, from + width);
      return;
    }
    lay(below(node, 0), depth + 1, from);
    lay(below(node, 1), depth + 1, from + width / 2);
  };
  lay(root, 0, 0);
  return word => {
    let node = flat[word >>> flatBits]!;
    for (let bit = 31 - flatBits; bit >= 0 && node < nodeCount; bit--)
      node = side(node * nodeByteSize, (word >>> bit) & 1);
    return node > nodeCount ? node : 0;
  };
}

/** Reads one of the two numbers of a node, of 24, 28 or 32 bits. */
function sideOf(bytes: Buffer, { recordSize }: TreeShape): (at: number, bit: number) => number {
  const three = (at: number): number => (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  if (recordSize === 24) return (at, bit) => three(at + 3 * bit);
  if (recordSize === 32) return (at, bit) => bytes.readUInt32BE(at + 4 * bit);
  // The halves of the byte between them are the highest bits of each.
  return (at, bit) =>
    bit === 0 ? three(at) | ((bytes[at + 3]! & 0xf0) << 20) : three(at + 4) | ((bytes[at + 3]! & 15) << 24);
}
