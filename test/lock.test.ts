import { expect, test } from 'bun:test';
import { lockOf, opens } from '../src/lock.ts';

test('a lock opens with its password and with no other, and two locks of one password differ', async () => {
  const [one, two] = await Promise.all([lockOf('correct horse'), lockOf('correct horse')]);
  expect(one).not.toBe(two);
  expect(one).toMatch(/^scrypt\$16384\$8\$5\$[0-9a-f]{32}\$[0-9a-f]{64}$/);
  expect(one).not.toContain('correct');
  expect(await Promise.all([opens(one, 'correct horse'), opens(two, 'correct horse')])).toEqual([true, true]);
  expect(await Promise.all([opens(one, 'Correct horse'), opens(one, '')])).toEqual([false, false]);
});

test('a lock that was made at another cost opens, and what is no lock never does', async () => {
  // RFC 7914 §12, test vector 2.
  const vector =
    'scrypt$1024$8$16$4e61436c$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
  expect(await opens(vector, 'password')).toBe(true);
  for (const lock of ['', 'password', 'scrypt$1$1$1$', 'argon2$1$1$1$00$00', `${vector}$`]) {
    expect(await opens(lock, 'password')).toBe(false);
  }
});
