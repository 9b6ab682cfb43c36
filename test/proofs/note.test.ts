import { describe, expect, test } from 'bun:test';
import { openNote, parseVerifier, signerOf, signNote, verifierLine } from '../../src/proofs/note.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
const text = 'first line\n\nlast line, Ölüdeniz\n';

describe('a signed note', () => {
  test('of others who follow the description is opened', () => {
    // The example of golang.org/x/mod/sumdb/note.
    const verifier = parseVerifier('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')!;
    const said =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const signature = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';
    const note = `${said}\n— PeterNeumann ${signature}\n`;
    expect(openNote(note, verifier)).toBe(said);
    expect(openNote(note.replace('think', 'thinK'), verifier)).toBeUndefined();
  });

  test('is opened with its key, whoever else has signed it', () => {
    const note = signNote(text, signer);
    expect(openNote(note, signer)).toBe(text);
    const other = signerOf(new Uint8Array(32).fill(8), 'indelible');
    const both = note + signNote(text, other).slice(text.length + 1);
    expect([signer, other].map(each => openNote(both, each))).toEqual([text, text]);
    expect(openNote(note, other)).toBeUndefined();
  });

  test('is not opened after any change, nor with a signature that is cut or missing', () => {
    const note = Buffer.from(signNote(text, signer));
    for (let bit = 0; bit < 8 * note.length; bit++) {
      const changed = Buffer.from(note);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(openNote(changed.toString(), signer)).toBeUndefined();
    }
    for (const cut of [note.toString().trimEnd(), text, '', '\n\n', `${text}\n`]) {
      expect(openNote(cut, signer)).toBeUndefined();
    }
    const forged = signNote('other\n', signer).slice('other\n'.length + 1);
    expect(openNote(`${note}${forged}`, signer)).toBeUndefined();
  });
});

describe('a verifier', () => {
  test('stands in one line and is read from it', () => {
    const line = verifierLine(signer);
    expect(line).toMatch(/^indelible\/[0-9a-f]{16}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    const verifier = parseVerifier(`${line}\n`)!;
    expect(verifier.name).toBe(signer.name);
    expect(openNote(signNote(text, signer), verifier)).toBe(text);
  });

  test('is none when its id is not that of its key, or it is of another kind', () => {
    const line = verifierLine(signer);
    const [name, id, key] = line.split(/\+(.{8})\+/) as [string, string, string];
    const kind = Buffer.from(key, 'base64');
    kind[0] = 4;
    for (const other of [
      `${name}x+${id}+${key}`,
      `${name}+00000000+${key}`,
      `${name}+${id}+${Buffer.from(kind).toString('base64')}`,
      `${name}+${id}+${key.slice(0, -4)}`,
      key,
      '',
    ]) {
      expect(parseVerifier(other)).toBeUndefined();
    }
  });

  test('is named after its key', () => {
    expect(signerOf(new Uint8Array(32).fill(8), 'indelible').name).not.toBe(signer.name);
    expect(signerOf(new Uint8Array(32).fill(7), 'indelible').name).toBe(signer.name);
  });
});
