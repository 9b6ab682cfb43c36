/**
 * How an API key is written: a typed prefix that secret scanners recognise, 30 random characters and 6 of checksum.
 * The checksum tells a mistyped key from a revoked one without asking the database; only a hash is ever stored.
 */
import { createHash, randomInt } from 'node:crypto';
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

/** A new key; shown once, never stored. 30 characters of 62 are 178 random bits. */
export function newSecret(mode: KeyMode): string {
  let secret = `fdqr_${mode}_sk_`;
  for (let i = 0; i < randomLength; i++) secret += digits[randomInt(62)];
  return secret + checksum(secret);
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
