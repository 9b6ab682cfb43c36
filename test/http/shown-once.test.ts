import { describe, expect, test } from 'bun:test';
import type { Context, Reply } from '../../src/execute.ts';
import { hashSecret, newSecret, secretFault } from '../../src/http/secret.ts';
import { textFor, withText } from '../../src/http/shown-once.ts';

const own = newSecret('live');
const requestOf = (secret: string) =>
  new Request('http://x/v1/keys', { headers: { authorization: `Bearer ${secret}` } });
const context = { at: 1, org: 'org_1', actor: 'key_1', request: 'req_1' } satisfies Context;
const keyed = (key: string, fingerprint = 'f'): Context => ({ ...context, idempotency: { key, fingerprint } });

describe('the text that a request gives to a key', () => {
  test('is new each time, and well-formed', () => {
    const texts = [1, 2, 3].map(() => textFor(requestOf(own), context, 'test'));
    expect(new Set(texts).size).toBe(3);
    for (const text of texts) expect([secretFault(text), text.slice(0, 9)]).toEqual([null, 'fdqr_test']);
  });

  test('is the same for the same key, idempotency key and body, and for no others', () => {
    const text = textFor(requestOf(own), keyed('a'), 'live');
    expect(textFor(requestOf(own), keyed('a'), 'live')).toBe(text);
    expect(secretFault(text)).toBeNull();
    const others = [
      textFor(requestOf(newSecret('live')), keyed('a'), 'live'),
      textFor(requestOf(own), keyed('b'), 'live'),
      textFor(requestOf(own), keyed('a', 'g'), 'live'),
    ];
    expect(new Set([text, ...others]).size).toBe(4);
  });

  test('uses every digit about as often as every other', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      for (const digit of textFor(requestOf(own), keyed(String(i)), 'live').slice(13, 43)) {
        counts.set(digit, (counts.get(digit) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(62);
    // 968 of each on average, with a standard deviation of 31.
    expect(Math.min(...counts.values())).toBeGreaterThan(968 - 6 * 31);
    expect(Math.max(...counts.values())).toBeLessThan(968 + 6 * 31);
  });
});

describe('an answer', () => {
  const body = { id: 'key_1', mode: 'live', key: null };
  const given: Reply = { status: 201, headers: {}, body };
  const text = textFor(requestOf(own), keyed('a'), 'live');
  const issued = async () => [{ type: 'key.issued', data: { hash: hashSecret(text) } }] as never;
  const nobody = async (): Promise<never> => {
    throw new Error('nobody looks');
  };

  test('has the text when it is given for the first time', async () => {
    const answer = await withText({ readStream: nobody }, requestOf(own), keyed('a'), given, text);
    expect([answer.status, await answer.json()]).toEqual([201, { ...body, key: text }]);
  });

  test('has it again for the key that asked, and never for another one', async () => {
    const replayed = { ...given, replayed: true };
    const again = await withText({ readStream: issued }, requestOf(own), keyed('a'), replayed, 'not this one');
    expect([again.headers.get('idempotency-replayed'), (await again.json()).key]).toEqual(['true', text]);
    const other = await withText({ readStream: issued }, requestOf(newSecret('live')), keyed('a'), replayed);
    expect((await other.json()).key).toBeNull();
  });
});
