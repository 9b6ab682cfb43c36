/**
 * A hash that strangers can't steer: HalfSipHash-1-3 (Aumasson and Bernstein, 2012) of 32 bits, keyed anew in each
 * process. With one that everybody can compute, texts of one value can be looked for beforehand, and whoever looks for one of
 * them has to pass all the others.
 */
import { randomBytes } from 'node:crypto';

const key = randomBytes(8);
const [key0, key1] = [key.readInt32LE(0), key.readInt32LE(4)];

/** 32 bits of a text, another value in another process. Its UTF-16 code units are taken two at a time. */
export function keyedHash(text: string): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  const { length } = text;
  // Behind the last whole pair comes one more word, which holds what is left and the length.
  const words = length >> 1;
  for (let i = 0; i < words + 4; i++) {
    let word = 0;
    if (i < words) word = text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 16);
    else if (i === words) word = (length << 24) | (length & 1 ? text.charCodeAt(length - 1) : 0);
    // Three more rounds end it.
    else if (i === words + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}
