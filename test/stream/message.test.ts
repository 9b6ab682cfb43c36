/**
 * A message is believed for its stamp alone, so the stamp has to cover everything that is believed.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { messageFrom, previousHeader, type Received, stamped, stampHeader } from '../../src/stream/message.ts';

const key = new Uint8Array(32).fill(1);
const otherKey = new Uint8Array(32).fill(2);
const event = {
  position: 12,
  stream: 'qr_1',
  version: 1,
  type: 'qr.deleted',
  at: 1,
  org: 'org_1',
  actor: 'key_1',
  request: null,
  data: {},
} as unknown as AnyEvent;

/** A message as it comes back from the broker, with whatever was changed on the way. */
function received(place: number, changes: { body?: string; previous?: string; stamp?: string } = {}): Received {
  const message = stamped(key, event, 9, 5, 1_000);
  const headers = new Map([
    [stampHeader, changes.stamp ?? message.stamp],
    [previousHeader, changes.previous ?? '9'],
  ]);
  const data = changes.body === undefined ? message.body : new TextEncoder().encode(changes.body);
  return { seq: place, data, headers: { get: name => headers.get(name) ?? '' } };
}

test('a stamped message says which event it is and what stood before it', () => {
  expect(messageFrom(key, received(5))).toMatchObject({ previous: 9, event });
});

test('a message with another key, at another place or without headers is none', () => {
  expect(messageFrom(otherKey, received(5))).toBeUndefined();
  expect(messageFrom(key, received(6))).toBeUndefined();
  expect(messageFrom(key, { seq: 5, data: received(5).data })).toBeUndefined();
});

test('a message that was changed in any part is none', () => {
  const body = JSON.stringify(event);
  expect(messageFrom(key, received(5, { body }))).toBeDefined();
  fc.assert(
    fc.property(
      fc.nat(body.length - 1),
      fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
      (at, character) => {
        fc.pre(body[at] !== character);
        const changed = body.slice(0, at) + character + body.slice(at + 1);
        expect(messageFrom(key, received(5, { body: changed }))).toBeUndefined();
      },
    ),
  );
  for (const previous of ['8', '', 'nine', '9.5']) expect(messageFrom(key, received(5, { previous }))).toBeUndefined();
  for (const forged of ['', 'x', 'A'.repeat(22)])
    expect(messageFrom(key, received(5, { stamp: forged }))).toBeUndefined();
});

test('an event that is too large is stamped without its data', () => {
  const large = { ...event, data: { text: 'x'.repeat(2_000) } } as unknown as AnyEvent;
  const { body, stamp } = stamped(key, large, 9, 5, 1_000);
  expect(body.length).toBeLessThan(1_000);
  const headers = new Map([
    [stampHeader, stamp],
    [previousHeader, '9'],
  ]);
  const message = messageFrom(key, { seq: 5, data: body, headers: { get: name => headers.get(name) ?? '' } });
  expect(message).toMatchObject({ event: { position: 12, type: 'qr.deleted' } });
  expect(message?.event).not.toHaveProperty('data');
});
