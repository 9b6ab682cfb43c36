import { describe, expect, test } from 'bun:test';
import { ExportWriter, type Header, linesOf, type Piece, readExport } from '../../src/audit/export-file.ts';
import { Unproven } from '../../src/proofs/note.ts';

const header: Header = { export: 1, org: 'org_1', entries: 2, checkpoint: 'note', verifier: 'key' };
const blob = { blob: 'ab', type: 'image/png', base64: 'AAEC' };
const entries = ['1\tqr_1\t1\tqr.created\tÖlüdeniz ☕\n', '7\tqr_1\t2\tqr.deleted\t{}\n'];

async function written(): Promise<string> {
  let text = '';
  const writer = new ExportWriter(async more => {
    text += more;
  });
  await writer.record(header);
  await writer.lines(entries.join(''));
  await writer.record(blob);
  await writer.end();
  return text;
}

/** A file as a disk hands it over: in pieces of this size. */
async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const read = (bytes: Uint8Array, size = 7): Promise<Piece[]> => Array.fromAsync(readExport(chunks(bytes, size)));

describe('an export', () => {
  test('is read as it was written, wherever the disk cuts it', async () => {
    const text = await written();
    expect(text.split('\n').slice(1, 3)).toEqual(entries.map(entry => entry.trimEnd()));
    for (const size of [1, 2, 3, 7, 10_000]) {
      expect(await read(Buffer.from(text), size)).toEqual([
        { record: header },
        { entry: entries[0]! },
        { entry: entries[1]! },
        { record: blob },
        { record: { end: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      ]);
    }
  });

  test('is refused after any change of a bit', async () => {
    const bytes = Buffer.from(await written());
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      await expect(read(changed, 64)).rejects.toThrow(Unproven);
    }
  });

  test('is refused when it was cut, anywhere, or something follows', async () => {
    const bytes = Buffer.from(await written());
    for (let length = 0; length < bytes.length; length++) {
      await expect(read(bytes.subarray(0, length), 64)).rejects.toThrow('was cut');
    }
    await expect(read(Buffer.concat([bytes, Buffer.from('8\tx\n')]))).rejects.toThrow('follows behind the end');
    await expect(read(Buffer.concat([bytes, Buffer.from([0xc3])]))).rejects.toThrow('no text');
  });

  test('is refused where a line is none of its own', async () => {
    await expect(read(Buffer.from('hello\n'))).rejects.toThrow('no line of an export: hello');
    await expect(read(Buffer.from('{"export":\n'))).rejects.toThrow('no line of an export');
    await expect(read(Buffer.from([0x31, 0xff, 0x0a]))).rejects.toThrow('no text');
  });
});

test('lines come with their ends, and are refused without', async () => {
  const lines = (text: string) => Array.fromAsync(linesOf(chunks(Buffer.from(text), 2)));
  expect(await lines('a\nbb\n\nccc\n')).toEqual(['a\n', 'bb\n', '\n', 'ccc\n']);
  await expect(lines('a\nbb')).rejects.toThrow('it ends in the middle of a line');
  expect(await lines('')).toEqual([]);
});
