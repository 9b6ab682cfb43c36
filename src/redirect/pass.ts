/**
 * A pass for the files under a slug whose code asks for a password: who has given it gets the page with the files'
 * addresses, and with them a pass that holds for a quarter of an hour. It is a keyed hash, so nothing has to be kept.
 */
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

const passMs = 15 * 60_000;

const seal = (key: Uint8Array, qr: string, until: string): string =>
  createHmac('sha256', key).update(`pass\x1f${qr}\x1f${until}`).digest('base64url').slice(0, 22);

/** A pass for a code's files from now on. */
export function passFor(key: Uint8Array, qr: string, now: number): string {
  const until = (now + passMs).toString(36);
  return `${until}.${seal(key, qr, until)}`;
}

/** Whether it is a pass for a code's files, and still holds. */
export function isPass(key: Uint8Array, qr: string, text: string | null, now: number): boolean {
  const [, until, sealed] = /^([0-9a-z]{1,12})\.([\w-]{22})$/.exec(text ?? '') ?? [];
  if (!until || !sealed || Number.parseInt(until, 36) < now) return false;
  return timingSafeEqual(Buffer.from(sealed), Buffer.from(seal(key, qr, until)));
}
