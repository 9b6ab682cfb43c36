import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { hashSecret, modeOf, newSecret, secretFault } from '../../src/http/secret.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('a new key is its typed prefix and 36 characters, well-formed, and never the same', () => {
  const keys = Array.from({ length: 2_000 }, (_, i) => newSecret(i % 2 === 0 ? 'live' : 'test'));
  for (const [i, key] of keys.entries()) {
    expect(key).toMatch(i % 2 === 0 ? /^fdqr_live_sk_[0-9A-Za-z]{36}$/ : /^fdqr_test_sk_[0-9A-Za-z]{36}$/);
    expect(secretFault(key)).toBeNull();
    expect(modeOf(key)).toBe(i % 2 === 0 ? 'live' : 'test');
  }
  expect(new Set(keys.map(key => key.slice(13, 43))).size).toBe(keys.length);
  const used = new Set(keys.flatMap(key => [...key.slice(13, 43)]));
  expect(used.size).toBe(62);
});

test('one mistyped, swapped or shifted character is noticed', () => {
  fc.assert(
    fc.property(fc.nat(35), fc.constantFrom(...digits), (at, digit) => {
      const key = newSecret('live');
      const changed = key.slice(0, 13 + at) + digit + key.slice(14 + at);
      expect(secretFault(changed)).toBe(changed === key ? null : 'checksum');
      const [a = '', b = ''] = key.slice(13 + at, 15 + at);
      const swapped = key.slice(0, 13 + at) + b + a + key.slice(15 + at);
      if (b !== '') expect(secretFault(swapped)).toBe(swapped === key ? null : 'checksum');
    }),
  );
});

test('a live key is no test key with another prefix', () => {
  expect(secretFault(newSecret('live').replace('live', 'test'))).toBe('checksum');
});

test.each([
  ...['', 'fdqr_live_sk_', 'fdqr_demo_sk_', 'fdqr_live_pk_', 'FDQR_LIVE_SK_'].map(prefix => prefix + 'a'.repeat(36)),
  `fdqr_live_sk_${'a'.repeat(35)}`,
  `fdqr_live_sk_${'a'.repeat(37)}`,
  `fdqr_live_sk_${'a'.repeat(35)}-`,
  `fdqr_live_sk_${'a'.repeat(35)}é`,
  `fdqr_live_sk_${'a'.repeat(36)}\n`,
  ` fdqr_live_sk_${'a'.repeat(36)}`,
])('%j has not the shape of a key, or not its checksum', text => {
  expect(secretFault(text)).not.toBeNull();
});

test('what is stored is SHA-256 in hex, so that a key of years ago is found', () => {
  expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  // CRC-32 of the prefix and 30 zeros in base 62, worked out with zlib of Python.
  expect(secretFault(`fdqr_live_sk_${'0'.repeat(30)}0AttYm`)).toBeNull();
});
