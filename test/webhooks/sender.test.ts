/**
 * How single webhooks are told: as they are at that moment, whether they rest, move, change their secret or are gone.
 */
import { describe, expect, test } from 'bun:test';
import { Webhook } from 'standardwebhooks';
import { readStream } from '../../src/store/read.ts';
import { networksOf } from '../../src/webhooks/vetting.ts';
import { secretOf, testSecret } from '../support/telling.ts';
import { until } from '../support/until.ts';
import { answering, rig, signedHeaders, soonMs } from './rig.ts';

const { begin, listen } = rig();

describe('a webhook', () => {
  test('that is paused is told of nothing, and of everything when it goes on', async () => {
    const telling = await begin();
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    const other = await listen();
    await telling.hook(other.url);
    await telling.facts(id, { type: 'webhook.paused', data: {} });
    await telling.scans(20);
    await until(() => other.received.length === 20, soonMs);
    expect(endpoint.received).toEqual([]);
    await telling.facts(id, { type: 'webhook.resumed', data: {} });
    await telling.settled();
    expect(endpoint.received).toHaveLength(20);
  });

  test('that moves is told at its new address, also of what was due before', async () => {
    let clock = Date.now();
    const telling = await begin({ now: () => clock });
    const [old, fresh] = [await listen(answering(500)), await listen()];
    const id = await telling.hook(old.url);
    await telling.scans(1);
    await until(async () => (await telling.rows())[0]?.attempts === 1, soonMs);
    await telling.facts(id, { type: 'webhook.retargeted', data: { url: fresh.url } });
    await telling.rows();
    clock += 60_000;
    telling.webhooks.wake();
    await telling.scans(1);
    await telling.settled();
    expect([old.received.length, fresh.received.length]).toEqual([1, 2]);
  });

  test('is signed for with both secrets while one is being changed', async () => {
    let clock = Date.now();
    const telling = await begin({ now: () => clock });
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    await telling.facts(id, { type: 'webhook.rotated', data: { secret: secretOf(9), graceUntil: clock + 60_000 } });
    await telling.scans(1);
    await telling.settled();
    clock += 61_000;
    await telling.scans(1);
    await telling.settled();
    const [during, after] = endpoint.received.map(signedHeaders);
    expect(during!['webhook-signature'].split(' ')).toHaveLength(2);
    expect(after!['webhook-signature'].split(' ')).toHaveLength(1);
    for (const secret of [testSecret, secretOf(9)]) {
      expect(() => new Webhook(secret).verify(endpoint.received[0]!.body.toString(), during!)).not.toThrow();
    }
  });

  test('that says it is gone is disabled at once, and what is due is given up', async () => {
    const telling = await begin();
    const endpoint = await listen(answering(410));
    const id = await telling.hook(endpoint.url);
    await telling.scans(30);
    await telling.settled();
    const facts = await readStream(telling.store.sql, id);
    expect(facts.at(-1)).toMatchObject({ type: 'webhook.disabled', actor: 'system', data: { reason: 'gone' } });
    expect((await telling.rows()).map(({ status }) => status)).toEqual(Array(30).fill('exhausted'));
    const told = endpoint.received.length;
    await telling.scans(5);
    await telling.settled();
    expect(endpoint.received.length).toBe(told);
    expect(await telling.rows()).toHaveLength(30);
  });

  test('whose endpoint swallows everything holds up nobody else', async () => {
    const telling = await begin({ client: { allow: networksOf(['127.0.0.0/8']), limitMs: 60_000 } });
    const swallowing = await listen(() => {});
    const endpoint = await listen();
    for (let i = 0; i < 5; i++) await telling.hook(swallowing.url);
    await telling.hook(endpoint.url);
    await telling.scans(400);
    await until(() => endpoint.received.length === 400, soonMs);
    // The few that each is given at first.
    expect(swallowing.received.length).toBe(5 * 4);
  });
});
