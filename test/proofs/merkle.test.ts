import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { emptyRoot, Frontier, leafHash, type Node, nodeHash } from '../../src/proofs/merkle.ts';

/** Entries and roots that the implementations of Certificate Transparency test each other with. */
const entries = ['', '\x00', '\x10', ' !', '01', '@ABC', 'PQRSTUVW', '`abcdefghijklmno'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a tree', () => {
  test('has the roots that others know', () => {
    const tree = new Frontier();
    expect(hex(tree.root())).toBe(roots[0]!);
    for (const [i, entry] of entries.entries()) {
      tree.push(leafHash(entry));
      expect(hex(tree.root())).toBe(roots[i + 1]!);
    }
  });

  test('hashes leaves and nodes apart, text as UTF-8', () => {
    const sha256 = (...bytes: (string | Uint8Array)[]) =>
      bytes.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
    expect(leafHash('Ö\t1\n').equals(sha256('\x00', 'Ö\t1\n'))).toBe(true);
    expect(nodeHash(leafHash('a'), leafHash('b')).equals(sha256('\x01', leafHash('a'), leafHash('b')))).toBe(true);
    expect(emptyRoot.equals(sha256(''))).toBe(true);
  });

  test('goes on from its frontier as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 300 }), (first, more) => {
        const whole = new Frontier();
        for (let i = 0; i < first; i++) whole.push(leafHash(String(i)));
        const resumed = new Frontier(whole.size, whole.bytes());
        for (let i = first; i < first + more; i++) for (const tree of [whole, resumed]) tree.push(leafHash(String(i)));
        expect(resumed.size).toBe(first + more);
        expect(hex(resumed.root())).toBe(hex(whole.root()));
        expect(hex(resumed.bytes())).toBe(hex(whole.bytes()));
      }),
      { numRuns: 50 },
    );
  });

  test('tells every node once, when it is complete', () => {
    const tree = new Frontier();
    const seen = new Map<string, Node>();
    for (let i = 0; i < 100; i++) {
      tree.push(leafHash(String(i)), node => {
        expect((node.index + 1) * 2 ** node.height).toBe(i + 1);
        expect(seen.has(`${node.height} ${node.index}`)).toBe(false);
        seen.set(`${node.height} ${node.index}`, node);
      });
    }
    expect(seen.size).toBe(50 + 25 + 12 + 6 + 3 + 1);
    for (const { height, index, hash } of seen.values()) {
      const below = [2 * index, 2 * index + 1].map(at =>
        height === 1 ? leafHash(String(at)) : seen.get(`${height - 1} ${at}`)!.hash,
      );
      expect(hex(hash)).toBe(hex(nodeHash(below[0]!, below[1]!)));
    }
  });

  test('takes no frontier of another size', () => {
    expect(() => new Frontier(3, leafHash('a'))).toThrow('no frontier of 3 leaves has 32 bytes');
    expect(() => new Frontier(4, leafHash('a'))).not.toThrow();
  });
});
