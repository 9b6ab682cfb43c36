/**
 * What is sent: the event's own data and where it stands, under the name that was asked for; and an example of each, which
 * is as the real one.
 */
import { describe, expect, test } from 'bun:test';
import type { TObject } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { catalogue } from '../../events/index.ts';
import { toldNames, toldTypes, typesOf } from '../../events/names.ts';
import { exampleOf } from '../../src/webhooks/examples.ts';
import { bytesOf, inner, messageOf } from '../../src/webhooks/message.ts';
import { eventOf } from '../support/read-models.ts';

const qr = 'qr_01J3K9M2P8XABCDEFGHJKMNPQR';

describe('a message', () => {
  test('tells what happened, when, to what, and where it stands on record', () => {
    const event = eventOf(
      'qr.retargeted',
      qr,
      { destination: 'https://example.com/new' },
      { position: 42, version: 3 },
    );
    expect(messageOf(event, 'qr.updated')).toEqual({
      type: 'qr.updated',
      timestamp: '2026-04-08T12:00:00.000Z',
      data: {
        id: qr,
        destination: 'https://example.com/new',
        event: { name: 'qr.retargeted', position: 42, version: 3, actor: 'key_1', request: null },
      },
    });
  });

  test('of a scan has what is known of it, and nothing that means something only inside', () => {
    const data = exampleOf('scan.recorded').data;
    const scan = { ...data, visitor: 83, agent: 7, rules: 2, earlier: { 1: 'bot' } } as never;
    const message = messageOf(eventOf('scan.recorded', 'scans-node-day', scan, { position: 42 }), 'scan.created');
    expect(message.data).toMatchObject({
      qr,
      kind: 'scan',
      country: 'DE',
      event: { name: 'scan.recorded', position: 42 },
    });
    for (const field of [...inner, 'id']) expect(message.data).not.toHaveProperty(field);
    expect(message.data['event']).toEqual({ name: 'scan.recorded', position: 42 });
  });

  test('holds no secret', () => {
    const created = eventOf('webhook.created', 'wh_1', {
      url: 'https://a.example',
      events: ['*'],
      secret: 'whsec_geheim',
    });
    expect(JSON.stringify(messageOf(created, 'webhook.created'))).not.toContain('geheim');
  });

  test('is the same bytes each time, in UTF-8', () => {
    const event = eventOf('qr.relabeled', qr, { label: 'Menü 🙂 "quoted"' });
    expect(bytesOf(messageOf(event, 'qr.updated'))).toEqual(bytesOf(messageOf({ ...event }, 'qr.updated')));
    expect(JSON.parse(new TextDecoder().decode(bytesOf(messageOf(event, 'qr.updated')))).data.label).toBe(
      'Menü 🙂 "quoted"',
    );
  });

  test('of a test is a plain one, or the example that was asked for and says so', () => {
    const plain = messageOf(eventOf('webhook.tested', 'wh_1', {}, { position: 42 }), 'webhook.tested');
    expect(plain).toMatchObject({ type: 'webhook.tested', data: { event: { name: 'webhook.tested', position: 42 } } });
    const asked = messageOf(
      eventOf('webhook.tested', 'wh_1', { example: 'scan.created' }, { position: 42 }),
      'webhook.tested',
    );
    expect(asked).toMatchObject({
      type: 'scan.created',
      data: { qr, event: { name: 'webhook.tested', position: 42 } },
    });
  });
});

test('no event has a field of the names that a message adds', () => {
  for (const [type, schema] of Object.entries(catalogue))
    expect([type, Object.keys(schema.properties).filter(name => name === 'id' || name === 'event')]).toEqual([
      type,
      [],
    ]);
});

describe('an example', () => {
  test.each(toldTypes.map(type => [type]))('of %s is what its schema says', type => {
    const { event, id, ...data } = exampleOf(type).data;
    const { properties }: TObject = catalogue[type];
    const withheld = Object.keys(properties).filter(name => properties[name]!['x-withheld']);
    for (const name of withheld) expect(data).not.toHaveProperty(name);
    const left = type === 'scan.recorded' ? { visitor: 1, agent: 1 } : {};
    const fields = { ...data, ...left, ...Object.fromEntries(withheld.map(name => [name, 'a secret'])) };
    expect([...Value.Errors(catalogue[type], fields)].map(({ path, message }) => `${path} ${message}`)).toEqual([]);
    expect(event).toMatchObject({ name: type });
    expect(id === undefined || typeof id === 'string').toBe(true);
  });

  test('is there for every name, and tells one of the types behind it', () => {
    for (const name of toldNames) {
      const { type, data } = exampleOf(name);
      expect(type).toBe(name);
      expect(typesOf(name)).toContain((data['event'] as { name: never }).name);
    }
  });
});
