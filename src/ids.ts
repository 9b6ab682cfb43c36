/**
 * New ids: a typed prefix and a ULID, so that ids sort by time and say what they name. Within a millisecond they still
 * ascend, which keeps the ledger's index appending at its right edge.
 */
import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';

// Random bytes are drawn in blocks, because each draw costs as much as a whole id.
let pool = randomBytes(0);
let next = 0;
const random = (): number => {
  if (next + 4 > pool.length) {
    pool = randomBytes(4096);
    next = 0;
  }
  const value = pool.readUInt32LE(next) / 2 ** 32;
  next += 4;
  return value;
};
const ulid = monotonicFactory(random);

export type Prefix = 'qr' | 'sty' | 'org' | 'key' | 'wh' | 'req' | 'node';

/** `prefix_` and 26 characters of Crockford's base 32 (ULID specification). */
export const newId = (prefix: Prefix, at: number = Date.now()): string => `${prefix}_${ulid(at)}`;
