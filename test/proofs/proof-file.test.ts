import { describe, expect, test } from 'bun:test';
import { type Head, signCheckpoint } from '../../src/proofs/checkpoint.ts';
import { Frontier, leafHash, nodeHash } from '../../src/proofs/merkle.ts';
import { signerOf, Unproven } from '../../src/proofs/note.ts';
import { consistencyPath, inclusionPath, type NodeAt } from '../../src/proofs/paths.ts';
import { checkConsistency, checkInclusion, consistencyFile, inclusionFile } from '../../src/proofs/proof-file.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
const stranger = signerOf(new Uint8Array(32).fill(8), 'indelible');
const entries = Array.from({ length: 21 }, (_, i) => `${i + 1}\tqr_${i}\t1\tqr.created\tÖ\n`);
const node: NodeAt = (height, index) =>
  height === 0 ? leafHash(entries[index]!) : nodeHash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
const headOf = (size: number): Head => {
  const tree = new Frontier();
  for (const entry of entries.slice(0, size)) tree.push(leafHash(entry));
  return { size, root: tree.root() };
};
const checkpoint = signCheckpoint(headOf(21), signer);
const file = inclusionFile({ entry: entries[13]!, index: 13, path: inclusionPath(node, 13, 21), checkpoint });
const goingOn = consistencyFile(8, consistencyPath(node, 8, 21), checkpoint);

/** Every file in which one bit is another. */
function* bitsChanged(text: string): Generator<string> {
  const bytes = Buffer.from(text);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    yield changed.toString();
  }
}

describe('a file that proves an entry', () => {
  test('is laid out as the format says', () => {
    const lines = file.split('\n');
    expect(lines[0]).toBe('c2sp.org/tlog-proof@v1');
    expect(lines[1]).toBe(`extra ${Buffer.from(entries[13]!).toString('base64')}`);
    expect(lines[2]).toBe('index 13');
    expect(lines.slice(3, lines.indexOf(''))).toHaveLength(5);
    expect(file).toEndWith(`\n\n${checkpoint}`);
  });

  test('gives the entry and its place when it holds', () => {
    expect(checkInclusion(file, signer)).toMatchObject({ entry: entries[13]!, index: 13, checkpoint: { size: 21 } });
  });

  test('proves nothing after any change of a bit', () => {
    for (const changed of bitsChanged(file)) expect(() => checkInclusion(changed, signer)).toThrow(Unproven);
  });

  test('says what is wrong with it', () => {
    expect(() => checkInclusion(file, stranger)).toThrow('not signed with this key');
    expect(() => checkInclusion('', signer)).toThrow('This is no proof of an entry');
    expect(() => checkInclusion(file.replace('index 13', 'index 12'), signer)).toThrow('does not lead');
  });
});

describe('a file that proves that a ledger goes on', () => {
  test('gives the later checkpoint when it holds', () => {
    expect(goingOn).toStartWith('old 8\n');
    expect(checkConsistency(goingOn, headOf(8), signer)).toMatchObject(headOf(21));
  });

  test('proves nothing after any change of a bit', () => {
    for (const changed of bitsChanged(goingOn)) {
      expect(() => checkConsistency(changed, headOf(8), signer)).toThrow(Unproven);
    }
  });

  test('says what is wrong with it', () => {
    expect(() => checkConsistency(goingOn, headOf(8), stranger)).toThrow('not signed with this key');
    expect(() => checkConsistency(goingOn, headOf(9), signer)).toThrow('begins at 8, the kept checkpoint ends at 9');
    const rewritten = { size: 8, root: leafHash('something else') };
    expect(() => checkConsistency(goingOn, rewritten, signer)).toThrow('does not go on from the kept checkpoint');
    expect(() => checkConsistency('', headOf(8), signer)).toThrow('This is no proof that a ledger goes on');
  });
});
