import { expect, test } from 'bun:test';
import { isPass, passFor } from '../../src/redirect/pass.ts';

const key = new Uint8Array(32).fill(1);
const pass = passFor(key, 'qr_1', 1_000_000);

test('a pass holds for its code and for a quarter of an hour', () => {
  expect(isPass(key, 'qr_1', pass, 1_000_000)).toBe(true);
  expect(isPass(key, 'qr_1', pass, 1_000_000 + 15 * 60_000)).toBe(true);
  expect(isPass(key, 'qr_1', pass, 1_000_001 + 15 * 60_000)).toBe(false);
  expect(isPass(key, 'qr_2', pass, 1_000_000)).toBe(false);
  expect(isPass(new Uint8Array(32), 'qr_1', pass, 1_000_000)).toBe(false);
});

test('a pass can not be made longer or up', () => {
  const [until, seal] = pass.split('.');
  for (const text of [null, '', '.', `${until}.`, `zzzzzzzz.${seal}`, `${until}.${'A'.repeat(22)}`, `${pass}x`]) {
    expect(isPass(key, 'qr_1', text, 0)).toBe(false);
  }
});
