import { expect, test } from 'bun:test';
import { constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDurable, writeDurably } from '../../src/redirect/durable-file.ts';
import { scratchDirectory } from '../support/postgres.ts';

const path = () => join(scratchDirectory(), 'file');

test('a file is written where it is told to, and is either new or there already', async () => {
  const name = path();
  const file = await openDurable(name, 'new');
  await writeDurably(file, Buffer.from('abcdef'), 0);
  await writeDurably(file, Buffer.from('XY'), 2);
  await file.close();
  expect(readFileSync(name, 'utf8')).toBe('abXYef');
  await expect(openDurable(name, 'new')).rejects.toThrow('EEXIST');
  const again = await openDurable(name, 'there');
  await writeDurably(again, Buffer.from('Z'), 5);
  await again.close();
  expect(readFileSync(name, 'utf8')).toBe('abXYeZ');
  await expect(openDurable(path(), 'there')).rejects.toThrow('ENOENT');
});

test.if(process.platform === 'linux')('the system is told that each write is to be on disk', async () => {
  const file = await openDurable(path(), 'new');
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${file.fd}`, 'utf8'))![1]!;
  await file.close();
  expect(Number.parseInt(flags, 8) & constants.O_DSYNC).toBe(constants.O_DSYNC);
});
