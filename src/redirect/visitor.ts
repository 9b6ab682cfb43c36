/**
 * What a scan keeps of who asked: a place in a HyperLogLog instead of an identity. A keyed hash of address and user
 * agent is cut to 14 bits of register and a rank of at most 12, which tens of thousands of addresses share, and the
 * rest is thrown away. The key must outlive the counts: with another key the same visitor is counted again.
 *
 * The hash is SHA-256(key ‖ purpose ‖ text) and not HMAC, because under Deno createHmac costs 10 µs. What HMAC adds is
 * protection from lengthening a message of known digest, and no digest ever leaves this file.
 */
import { hash } from 'node:crypto';
import { RANK_MAX, REGISTERS } from '../../projections/uniques.ts';
import { AGENT_LENGTH_MAX } from './agent.ts';

/** Room for key, purpose, address, separators and a user agent of three bytes a character; written anew by each call. */
const scratch = new Uint8Array(4_096);
const encoder = new TextEncoder();

/** Bits of the hash that choose the register; the 18 after them give the rank. */
const REGISTER_BITS = Math.log2(REGISTERS);

/**
 * The HyperLogLog coordinate of a visitor, `register * 16 + rank` with rank 1 to 12; see `projections/uniques.ts`.
 * `key` is secret, 16 to 64 random bytes; `address` as `trustedProxies` spells it; no user agent is an empty one.
 */
export function visitorCoordinate(key: Uint8Array, address: string, userAgent: string | null): number {
  const word = keyedWord(key, `visitor\x1f${address}\x1f${cut(userAgent)}`);
  const register = word >>> (32 - REGISTER_BITS);
  const rank = Math.min(1 + Math.clz32(word << REGISTER_BITS), RANK_MAX);
  return register * 16 + rank;
}

/**
 * The number of a user-agent string in the dictionary: 31 bits of a keyed hash, so that without the dictionary and the
 * key nobody can try strings against it. 0 for no user agent. Among 65,000 strings one pair can be expected to share one.
 */
export function agentNumber(key: Uint8Array, userAgent: string | null): number {
  if (!userAgent) return 0;
  if (key !== numbersKey) {
    numbersKey = key;
    numbers.clear();
  }
  const known = numbers.get(userAgent);
  if (known !== undefined) return known;
  const number = keyedWord(key, `agent\x1f${cut(userAgent)}`) >>> 1 || 1;
  if (userAgent.length <= AGENT_LENGTH_MAX) {
    numbers.set(userAgent, number);
    if (numbers.size > numbersMax) numbers.delete(numbers.keys().next().value!);
  }
  return number;
}

/** Numbers under one key: most scans come with one of a few hundred strings, and a hash costs 0.5 us. */
const numbers = new Map<string, number>();
const numbersMax = 10_000;
let numbersKey: Uint8Array | undefined;

/**
 * A number from 0 up to 1 that a visitor has for a word: the same every time, so that who was led one way is led that
 * way again, and independent of the number for any other word. Nothing of it is kept.
 */
export function visitorShare(key: Uint8Array, address: string, userAgent: string | null, word: string): number {
  return keyedWord(key, `share\x1f${word}\x1f${address}\x1f${cut(userAgent)}`) / 2 ** 32;
}

/** Only what the agent's description was made from counts. */
function cut(userAgent: string | null): string {
  return (userAgent ?? '').slice(0, AGENT_LENGTH_MAX);
}

/** 32 bits. A digest as hex costs Bun 0.1 µs more than one as bytes, and Deno 2 µs less. */
function keyedWord(key: Uint8Array, text: string): number {
  scratch.set(key);
  const { written } = encoder.encodeInto(text, scratch.subarray(key.length));
  return Number.parseInt(hash('sha256', scratch.subarray(0, key.length + written), 'hex').slice(0, 8), 16);
}
