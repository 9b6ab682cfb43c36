/**
 * Passwords as they are kept: scrypt hashes that say how they were made, `scrypt$N$r$p$salt$hash`, so that the cost can
 * be raised later. Making or checking one takes some 200 ms of a thread of the pool, and 16 MB.
 */
import { Buffer } from 'node:buffer';
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** N, r and p of the OWASP cheat sheet's smallest memory that is still recommended. */
const today = { cost: 2 ** 14, blockSize: 8, parallelization: 5 };
const saltBytes = 16;
const hashBytes = 32;

type Cost = typeof today;

/** The hash that a password is kept as. */
export async function lockOf(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derived(password, salt, hashBytes, today);
  const { cost, blockSize, parallelization } = today;
  return ['scrypt', cost, blockSize, parallelization, salt.toString('hex'), hash.toString('hex')].join('$');
}

/** Whether a password is the one that a lock was made of. */
export async function opens(lock: string, password: string): Promise<boolean> {
  const [, n, r, p, salt, hash] = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([0-9a-f]+)\$([0-9a-f]+)$/.exec(lock) ?? [];
  if (!salt || !hash) return false;
  const kept = Buffer.from(hash, 'hex');
  const cost = { cost: Number(n), blockSize: Number(r), parallelization: Number(p) };
  return timingSafeEqual(kept, await derived(password, Buffer.from(salt, 'hex'), kept.length, cost));
}

/** However its accents are encoded, what looks the same is the same password. */
function derived(password: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, length, { ...cost, maxmem: 2 ** 28 }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
