import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeptSecrets } from '../../src/store/kept-secrets.ts';
import { secret } from '../../src/store/secrets.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

test("are the database's, and are known without it afterwards", async () => {
  const directory = join(scratchDirectory(), 'data');
  const first = new KeptSecrets(directory);
  expect(await first.load(['visitor'])).toBe(false);
  expect(() => first.get('visitor')).toThrow('in the database only');
  await first.renew(store.sql, ['visitor', 'stream']);
  const second = new KeptSecrets(directory);
  expect(await second.load(['visitor', 'stream'])).toBe(true);
  for (const name of ['visitor', 'stream']) expect(second.get(name)).toEqual(await secret(store.sql, name));
  expect(await second.load(['visitor', 'another'])).toBe(false);
});

test('lie in one file that only this user can read', async () => {
  const directory = scratchDirectory();
  await new KeptSecrets(directory).renew(store.sql, ['visitor']);
  const [file, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  expect(statSync(join(directory, file!)).mode & 0o777).toBe(0o600);
});

test('are not kept where the file can not be read, and are kept anew', async () => {
  const directory = scratchDirectory();
  const kept = new KeptSecrets(directory);
  await kept.renew(store.sql, ['visitor']);
  const [file] = readdirSync(directory);
  const path = join(directory, file!);
  const whole = readFileSync(path, 'utf8');
  for (const text of ['', '\0'.repeat(whole.length), whole.slice(0, -1)]) {
    writeFileSync(path, text);
    expect(await new KeptSecrets(directory).load(['visitor'])).toBe(false);
  }
  await kept.renew(store.sql, ['visitor']);
  expect(readFileSync(path, 'utf8')).toBe(whole);
});

test('give way to what another database says', async () => {
  const other = await testStore();
  const kept = new KeptSecrets(scratchDirectory());
  await kept.renew(store.sql, ['visitor']);
  const before = kept.get('visitor');
  await kept.renew(other.sql, ['visitor']);
  expect(kept.get('visitor')).not.toEqual(before);
  await other.close();
});
