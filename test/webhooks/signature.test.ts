/**
 * The signature is judged by the library that receivers use: whatever is signed here it must accept, with either secret
 * while one is being changed, and nothing that was changed on the way.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { keyOf, messageIdOf, positionIn, signed } from '../../src/webhooks/signature.ts';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const other = `whsec_${Buffer.alloc(64, 9).toString('base64')}`;
const webhook = 'wh_01J3K9M2P8ZABCDEFGHJKMNPQR';
const place = { position: 42, stream: 'qr_01J3K9M2P8ZABCDEFGHJKMNPQR', version: 3, at: 1_775_649_600_000 };
const bytes = (text: string) => new TextEncoder().encode(text);
const sign = (secrets: readonly string[], body: string, at = Date.now()) => ({
  ...signed(secrets, messageIdOf(webhook, place), at, bytes(body)),
});

describe('the library of receivers', () => {
  test('accepts every body', () => {
    fc.assert(
      fc.property(fc.json(), body => {
        expect(new Webhook(secret).verify(body, sign([secret], body))).toEqual(JSON.parse(body));
      }),
    );
  });

  test('accepts either secret while one is being changed, whichever comes first', () => {
    for (const secrets of [
      [secret, other],
      [other, secret],
    ])
      for (const one of secrets) expect(new Webhook(one).verify('{}', sign(secrets, '{}'))).toEqual({});
  });

  test('refuses another body, another id, another time, another secret and an old delivery', () => {
    const headers = sign([secret], '{"a":1}');
    const verify =
      (body: string, changed: Partial<typeof headers>, by = secret) =>
      () =>
        new Webhook(by).verify(body, { ...headers, ...changed });
    expect(verify('{"a":1}', {})).not.toThrow();
    expect(verify('{"a":2}', {})).toThrow();
    expect(verify('{"a":1}', { 'webhook-id': messageIdOf(webhook, { ...place, position: 43 }) })).toThrow();
    expect(verify('{"a":1}', { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toThrow();
    expect(verify('{"a":1}', {}, other)).toThrow();
    expect(() => new Webhook(secret).verify('{}', sign([secret], '{}', Date.now() - 600_000))).toThrow();
  });
});

test('one signature a secret, newest first, over the id, the second and the bytes', () => {
  const headers = signed([other, secret], 'msg_1', 1_700_000_000_999, bytes('ä'));
  expect(headers['webhook-id']).toBe('msg_1');
  expect(headers['webhook-timestamp']).toBe('1700000000');
  const [first, second] = headers['webhook-signature'].split(' ');
  expect([first, second]).toEqual([
    signed([other], 'msg_1', 1_700_000_000_000, bytes('ä'))['webhook-signature'],
    new Webhook(secret).sign('msg_1', new Date(1_700_000_000_000), 'ä'),
  ]);
});

test('a secret is base64, behind its prefix or without', () => {
  expect(keyOf(secret)).toEqual(Buffer.alloc(24, 7));
  expect(keyOf(secret.slice('whsec_'.length))).toEqual(Buffer.alloc(24, 7));
});

describe('a message id', () => {
  test('is made of the webhook and the event, so it never changes, and gives the position back', () => {
    expect(messageIdOf(webhook, place)).toBe('msg_01J3K9M2P8ZABCDEFGHJKMNPQR_42_a9e0ad85');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 15 - 1 }), position => {
        expect(positionIn(messageIdOf(webhook, { ...place, position }), webhook)).toBe(position);
      }),
    );
  });

  test('is another one for what stands at the position once the ledger was taken back to an older state', () => {
    const ids = [place, { ...place, at: place.at + 1 }, { ...place, version: 4 }, { ...place, stream: 'qr_1' }].map(
      other => messageIdOf(webhook, other),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQX_42_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_042_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_0_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_-1_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_1e3_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_9999999999999999_00c0ffee',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_42_00C0FFEE',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR_42',
    'msg_01J3K9M2P8ZABCDEFGHJKMNPQR',
    'wh_01J3K9M2P8ZABCDEFGHJKMNPQR_42_00c0ffee',
    '',
  ])('%p is none of this webhook', text => {
    expect(positionIn(text, webhook)).toBeUndefined();
  });
});
