import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { openCheckpoint } from '../../src/proofs/checkpoint.ts';
import { Grower } from '../../src/proofs/grower.ts';
import { Frontier, leafHash } from '../../src/proofs/merkle.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { checkConsistency, checkInclusion } from '../../src/proofs/proof-file.ts';
import { Prover } from '../../src/proofs/prover.ts';
import { entryText, readEntries } from '../../src/store/entries.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

/** Past 65,536, so that nodes of two stored heights are needed, and no round number. */
const size = 66_003;
let store: TestStore;
let prover: Prover;
let entries: string[];
let roots: Map<number, Uint8Array>;
const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');

beforeAll(async () => {
  store = await testStore();
  await store.ledger.append(requestOf('qr_a', 0, created('a')));
  await store.ledger.append({ ...requestOf('qr_b', 0, created('b')), org: 'org_2' });
  await store.ledger.append({ ...requestOf('sys', 0, created('c')), org: null });
  for (let done = 0; done < size - 3; done += 1_000) {
    await store.ledger.append(scansTo('scans-1', done, ...Array.from({ length: 1_000 }, () => scanOf('qr_a'))));
  }
  await new Grower(store.sql, () => {}).settle();
  prover = new Prover(store.sql, signer);
  entries = (await readEntries(store.sql, 0, size)).map(entryText);
  roots = new Map();
  const tree = new Frontier();
  for (const entry of entries) {
    tree.push(leafHash(entry));
    roots.set(tree.size, tree.root());
  }
}, 120_000);
afterAll(() => store.close());

const awkward = [1, 2, 255, 256, 257, 511, 512, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_792, size - 1, size];

describe('a checkpoint', () => {
  test('says size and root of the ledger and of the own events, signed', async () => {
    const checkpoint = await prover.checkpoint('org_2');
    expect(checkpoint).toMatchObject({ size, root: roots.get(size)! });
    const own = new Frontier();
    own.push(leafHash(entries[1]!));
    expect(checkpoint.own).toEqual({ org: 'org_2', size: 1, root: own.root() });
    expect(openCheckpoint(checkpoint.note, signer)).toMatchObject({ size, own: { org: 'org_2', size: 1 } });
    expect(await prover.size()).toBe(size);
  });

  test('of an organisation without events says that it has none', async () => {
    expect((await prover.checkpoint('org_9')).own).toMatchObject({ org: 'org_9', size: 0 });
  });
});

describe('a proof', () => {
  const position = fc.oneof(fc.constantFrom(...awkward), fc.integer({ min: 1, max: size }));

  test('is made for every own entry, wherever it stands', async () => {
    await fc.assert(
      fc.asyncProperty(position, async position => {
        const org = position === 2 ? 'org_2' : 'org_1';
        const proof = await prover.inclusion(org, position);
        if (position === 3) return void expect(proof).toBeUndefined();
        expect(proof!.entry).toBe(entries[position - 1]!);
        expect(proof!.path.length).toBeLessThanOrEqual(17);
        expect(checkInclusion(proof!.file, signer)).toMatchObject({ entry: proof!.entry, index: position - 1 });
      }),
      { numRuns: 60, examples: awkward.map((at): [number] => [at]) },
    );
  });

  test('is not made for an entry of somebody else', async () => {
    expect(await prover.inclusion('org_2', 1)).toBeUndefined();
    expect(await prover.inclusion('org_1', 2)).toBeUndefined();
    expect(await prover.inclusion('org_1', size + 1)).toBeUndefined();
    expect(await prover.inclusion('org_1', 0)).toBeUndefined();
  });

  test('shows that the ledger goes on from any size to any other', async () => {
    const rootAt = (size: number) => ({ size, root: roots.get(size)! });
    await fc.assert(
      fc.asyncProperty(position, position, async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const { file } = await prover.consistency('org_1', from, to);
        expect(checkConsistency(file, rootAt(from), signer)).toMatchObject(rootAt(to));
      }),
      { numRuns: 60, examples: awkward.map((at, i): [number, number] => [at, awkward.at(-i)!]) },
    );
    const { checkpoint } = await prover.consistency('org_1', 5);
    expect(checkpoint.own).toMatchObject({ org: 'org_1' });
    expect((await prover.consistency('org_1', 0)).path).toEqual([]);
  });
});
