/**
 * How an API key is written: a typed prefix that secret scanners recognise, 30 random characters and 6 of checksum.
 * The checksum tells a mistyped key from a revoked one without asking the database; only a hash is ever stored.
 */
import { createHash, createHmac, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeyMode } from '../../events/key.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 30;
const checksumLength = 6;
const shape = new RegExp(`^fdqr_(live|test)_sk_[0-9A-Za-z]{${randomLength + checksumLength}}$`);

/** Six base-62 digits of CRC-32 over everything before them, as GitHub's tokens do. */
function checksum(text: string): string {
  let rest = crc32(text);
  let out = '';
  for (let i = 0; i < checksumLength; i++) {
    out = digits[rest % 62] + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}

const written = (mode: KeyMode, random: () => number): string => {
  let secret = prefixOf(mode);
  for (let i = 0; i < randomLength; i++) secret += digits[random()];
  return secret + checksum(secret);
};

/** What a key begins with. */
export const prefixOf = (mode: KeyMode): string => `fdqr_${mode}_sk_`;

/** A new key; shown once, never stored. 30 characters of 62 are 178 random bits. */
export const newSecret = (mode: KeyMode): string => written(mode, () => randomInt(62));

/**
 * The key that follows from another one and a purpose, as random as a new one to all who don't know that other one. So
 * an answer that shows a key can be given again, though no key is ever stored.
 */
export function derivedSecret(mode: KeyMode, from: string, purpose: string): string {
  let block = 0;
  let bytes: Uint8Array = new Uint8Array();
  let next = 0;
  return written(mode, () => {
    for (;;) {
      if (next === bytes.length) {
        bytes = createHmac('sha512', from).update(`${block++} ${purpose}`).digest();
        next = 0;
      }
      const byte = bytes[next++]!;
      // The largest multiple of 62: a remainder of what is above would prefer the first digits.
      if (byte < 248) return byte % 62;
    }
  });
}

/** What is wrong with a key's text, or null when it is well-formed. Knows nothing of whether it was ever issued. */
export function secretFault(secret: string): 'shape' | 'checksum' | null {
  if (!shape.test(secret)) return 'shape';
  return checksum(secret.slice(0, -checksumLength)) === secret.slice(-checksumLength) ? null : 'checksum';
}

/** What is stored of a key: SHA-256, hex. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Live or test, from the prefix of a well-formed key. */
export const modeOf = (secret: string): KeyMode => (secret.startsWith('fdqr_test_') ? 'test' : 'live');
