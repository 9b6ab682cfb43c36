import { expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../src/store/directory-sync.ts';
import { scratchDirectory } from '../support/postgres.ts';

test('a file is replaced by a whole one, and what was left half-written beside it is no hindrance', async () => {
  const directory = scratchDirectory();
  const name = join(directory, 'file');
  writeFileSync(`${name}.${process.pid}`, 'what a process of the same number has left');
  for (const text of ['longer than the next', 'näxt']) {
    await replaceFile(name, text);
    expect(readFileSync(name, 'utf8')).toBe(text);
  }
  expect([readdirSync(directory), statSync(name).mode & 0o777]).toEqual([['file'], 0o600]);
});
