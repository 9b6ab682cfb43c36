import { expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blankFile, endOf, isBlank } from '../../src/redirect/blank.ts';
import { frame } from '../../src/redirect/frames.ts';
import { scratchDirectory } from '../support/postgres.ts';

const path = () => join(scratchDirectory(), 'file');
const record = frame(new TextEncoder().encode('a record'));

test('a file of zeros is as long as it was to be, and takes the place of another', async () => {
  const file = path();
  writeFileSync(file, 'something else');
  const bytes = 2 * 1024 * 1024 + 5;
  await (await blankFile(file, bytes)).close();
  expect(readFileSync(file).equals(Buffer.alloc(bytes))).toBe(true);
});

test('one that can not be made is not there', async () => {
  const missing = join(scratchDirectory(), 'missing', 'file');
  await expect(blankFile(missing, 10)).rejects.toThrow('ENOENT');
  expect(existsSync(missing)).toBe(false);
});

test('records end where the zeros begin', async () => {
  const file = path();
  writeFileSync(file, Buffer.concat([record, record, Buffer.alloc(100)]));
  expect(await endOf(file)).toBe(2 * record.length);
  expect(await isBlank(file, 2 * record.length)).toBe(true);
  expect(await isBlank(file, record.length)).toBe(false);
  writeFileSync(file, Buffer.alloc(100));
  expect(await endOf(file)).toBe(0);
});

test('what is neither a record nor zeros belongs to the records, so that it is not taken for nothing', async () => {
  const file = path();
  const whole = Buffer.concat([record, record.subarray(0, 12), Buffer.alloc(100)]);
  writeFileSync(file, whole);
  expect(await endOf(file)).toBe(whole.length);
});
