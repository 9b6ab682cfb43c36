import { describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openOutput, readBytes, readText } from '../../src/audit/files.ts';
import { scratchDirectory } from '../support/postgres.ts';

const read = async (path: string) => Buffer.concat(await Array.fromAsync(readBytes(path))).toString();
const write = async (path: string, texts: readonly string[]) => {
  const output = openOutput(path);
  for (const text of texts) await output.write(text);
  await output.close();
};

describe('a file', () => {
  test('holds what was written, plain or packed', async () => {
    const directory = scratchDirectory();
    const texts = Array.from({ length: 200 }, (_, i) => `${'Ölüdeniz '.repeat(1_000)}${i}\n`);
    const [plain, packed] = ['a.ledger', 'a.ledger.gz'].map(name => join(directory, name)) as [string, string];
    for (const path of [plain, packed]) {
      await write(path, texts);
      expect(await read(path)).toBe(texts.join(''));
    }
    expect(readText(plain)).toBe(texts.join(''));
    expect(gunzipSync(readFileSync(packed)).toString()).toBe(texts.join(''));
  });

  test('is not written over, and is not made where nothing can be', async () => {
    const directory = scratchDirectory();
    const path = join(directory, 'there');
    writeFileSync(path, 'kept');
    await expect(write(path, ['x'])).rejects.toThrow('EEXIST');
    expect(readText(path)).toBe('kept');
    await expect(write(join(directory, 'none/x.gz'), ['x'])).rejects.toThrow(
      `There is no directory ${directory}/none.`,
    );
  });

  test('that is not there or not packed says so', async () => {
    const directory = scratchDirectory();
    await expect(read(join(directory, 'none'))).rejects.toThrow('ENOENT');
    await expect(read(join(directory, 'none.gz'))).rejects.toThrow('ENOENT');
    writeFileSync(join(directory, 'plain.gz'), 'no gzip at all');
    await expect(read(join(directory, 'plain.gz'))).rejects.toThrow("can't be unpacked");
  });
});
