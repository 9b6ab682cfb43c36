import { describe, expect, test } from 'bun:test';
import { base64, hashFrom, openCheckpoint, signCheckpoint } from '../../src/proofs/checkpoint.ts';
import { emptyRoot, leafHash } from '../../src/proofs/merkle.ts';
import { signerOf, signNote } from '../../src/proofs/note.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
const head = { size: 12_345, root: new Uint8Array(leafHash('a')) };
const own = { org: 'org_01J3K9M2P8XABCDEFGHJKMNPQR', size: 7, root: new Uint8Array(leafHash('b')) };

describe('a checkpoint', () => {
  test('says size and root of the ledger in the lines that the format has for them', () => {
    const note = signCheckpoint(head, signer);
    expect(note.split('\n').slice(0, 4)).toEqual([signer.name, '12345', base64(head.root), '']);
    expect(openCheckpoint(note, signer)).toEqual({ origin: signer.name, ...head });
  });

  test('for an organisation says the same of its own events in one line more', () => {
    const note = signCheckpoint({ ...head, own }, signer);
    expect(note.split('\n')[3]).toBe(`${own.org} 7 ${base64(own.root)}`);
    expect(openCheckpoint(note, signer)).toEqual({ origin: signer.name, ...head, own });
  });

  test('of an empty ledger is one too', () => {
    const empty = { size: 0, root: new Uint8Array(emptyRoot) };
    expect(openCheckpoint(signCheckpoint(empty, signer), signer)).toEqual({ origin: signer.name, ...empty });
  });

  test('is none when another key has signed it, or the text is not one', () => {
    const other = signerOf(new Uint8Array(32).fill(8), 'indelible');
    expect(openCheckpoint(signCheckpoint(head, other), signer)).toBeUndefined();
    const root = base64(head.root);
    for (const text of [
      `elsewhere\n5\n${root}\n`,
      `${signer.name}\n05\n${root}\n`,
      `${signer.name}\n-5\n${root}\n`,
      `${signer.name}\n5\n${root.slice(0, -2)}\n`,
      `${signer.name}\n5\n`,
      `${signer.name}\n`,
    ]) {
      expect(openCheckpoint(signNote(text, signer), signer)).toBeUndefined();
    }
    const extended = `${signer.name}\n5\n${root}\nsomething else\n`;
    expect(openCheckpoint(signNote(extended, signer), signer)).toEqual({
      origin: signer.name,
      size: 5,
      root: head.root,
    });
  });
});

test('a hash is 32 bytes in base 64, written in the one right way', () => {
  const text = base64(head.root);
  expect(hashFrom(text)).toEqual(head.root);
  for (const other of [text.slice(0, -1), `${text}A`, text.replace('=', ''), '', undefined, 'AAAA']) {
    expect(hashFrom(other)).toBeUndefined();
  }
});
