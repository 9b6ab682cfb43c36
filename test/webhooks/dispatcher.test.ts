/**
 * From an event to the endpoint and back into the ledger, with real endpoints: every event is told once, to the right
 * address, signed; what fails is tried again under the same id; and nothing is told twice because somebody else was at
 * it, because a read model was built anew, or because a process ended in good order.
 */
import { describe, expect, test } from 'bun:test';
import { Webhook } from 'standardwebhooks';
import { secretOf } from '../support/telling.ts';
import { until } from '../support/until.ts';
import { answering, idsAt, rig, signedHeaders, soonMs } from './rig.ts';

const { begin, listen } = rig();

describe('an event is told', () => {
  test('once, to each webhook that wants it, as it was signed', async () => {
    const telling = await begin();
    const [one, two] = [await listen(), await listen()];
    const first = await telling.hook(one.url, { events: ['*'] });
    const second = await telling.hook(two.url, { events: ['scan.created'], secret: secretOf(9) });
    await telling.facts('qr_1', {
      type: 'qr.created',
      data: { slug: 'a', type: 'url', destination: 'https://example.com' },
    });
    await telling.scans(300);
    await telling.settled();
    const rows = await telling.rows();
    const told = (id: string) =>
      telling.messageIds(
        id,
        rows.flatMap(({ webhook, position }) => (webhook === id ? position : [])),
      );
    expect(idsAt(one).sort()).toEqual((await told(first)).sort());
    expect(idsAt(two).sort()).toEqual((await told(second)).sort());
    expect([one.received.length, two.received.length]).toEqual([302, 300]);
    for (const delivered of two.received) {
      const message = new Webhook(secretOf(9)).verify(delivered.body.toString(), signedHeaders(delivered));
      expect(message).toMatchObject({ type: 'scan.created', data: { qr: 'qr_1', country: 'DE' } });
    }
    expect(rows.every(row => row.status === 'delivered' && row.attempts === 1 && row.answer === 204)).toBe(true);
    expect(telling.errors).toEqual([]);
  });

  test('over few connections, however many there are', async () => {
    const telling = await begin();
    const endpoint = await listen();
    await telling.hook(endpoint.url);
    for (let i = 0; i < 4; i++) await telling.scans(250);
    await telling.settled();
    expect(endpoint.received).toHaveLength(1_000);
    expect(endpoint.connections()).toBeLessThanOrEqual(64);
  });

  test('by one of several processes', async () => {
    const telling = await begin();
    await telling.another();
    const endpoints = [await listen(), await listen(), await listen()];
    for (const { url } of endpoints) await telling.hook(url);
    for (let i = 0; i < 10; i++) await telling.scans(50);
    await telling.settled();
    for (const endpoint of endpoints) {
      expect(endpoint.received).toHaveLength(500);
      expect(new Set(idsAt(endpoint)).size).toBe(500);
    }
    expect(telling.errors).toEqual([]);
  });

  test('not again when the read model of deliveries is built anew', async () => {
    const telling = await begin();
    let isUp = true;
    const endpoint = await listen((_, response) => response.writeHead(isUp ? 200 : 500).end());
    await telling.hook(endpoint.url);
    await telling.scans(50);
    await telling.settled();
    isUp = false;
    await telling.scans(5);
    await until(() => endpoint.received.length === 55, soonMs);
    await until(async () => (await telling.rows()).filter(row => row.attempts === 1).length === 55, soonMs);
    const before = await telling.rows();
    await telling.rebuild();
    expect(await telling.rows()).toEqual(before);
    isUp = true;
    await telling.scans(5);
    await until(() => endpoint.received.length >= 60, soonMs);
    expect(new Set(idsAt(endpoint)).size).toBe(60);
    expect(before.filter(row => row.status === 'pending')).toHaveLength(5);
  });

  test('while it is under load and the read model is built anew, once', async () => {
    const telling = await begin();
    const endpoint = await listen();
    await telling.hook(endpoint.url);
    const rebuilding = (async () => {
      for (let i = 0; i < 3; i++) await telling.rebuild();
    })();
    for (let i = 0; i < 20; i++) await telling.scans(40);
    await rebuilding;
    await telling.settled();
    expect(endpoint.received.length).toBe(800);
    expect(new Set(idsAt(endpoint)).size).toBe(800);
  });
});

describe('what fails', () => {
  test('is tried again under the same id with a signature of its own', async () => {
    let clock = Date.now();
    const telling = await begin({ now: () => clock });
    let answers = 0;
    const endpoint = await listen((_, response) => response.writeHead(answers++ === 0 ? 500 : 200).end());
    await telling.hook(endpoint.url);
    await telling.scans(1);
    await until(async () => (await telling.rows())[0]?.attempts === 1, soonMs);
    expect((await telling.rows())[0]).toMatchObject({ status: 'pending', answer: 500 });
    clock += 10_000;
    telling.webhooks.wake();
    await telling.settled();
    const [first, second] = endpoint.received.map(signedHeaders);
    expect(second!['webhook-id']).toBe(first!['webhook-id']);
    expect(Number(second!['webhook-timestamp']) - Number(first!['webhook-timestamp'])).toBe(10);
    expect(second!['webhook-signature']).not.toBe(first!['webhook-signature']);
    expect(endpoint.received[1]!.body).toEqual(endpoint.received[0]!.body);
  });

  test.each([
    ['a redirect', 302, { location: 'http://127.0.0.1:1/' }],
    ['an error', 500, {}],
    ['nothing new', 304, {}],
  ])('is %s too', async (_, status, headers) => {
    const telling = await begin();
    const endpoint = await listen(answering(status, headers));
    await telling.hook(endpoint.url);
    await telling.scans(1);
    await until(async () => (await telling.rows())[0]?.attempts === 1, soonMs);
    expect((await telling.rows())[0]).toMatchObject({ status: 'pending', answer: status });
  });

  test('waits as long as the endpoint asks for', async () => {
    let clock = Date.now();
    const telling = await begin({ now: () => clock });
    const endpoint = await listen(answering(503, { 'retry-after': '3600' }));
    await telling.hook(endpoint.url);
    await telling.scans(1);
    await until(async () => (await telling.rows())[0]?.attempts === 1, soonMs);
    const [row] = await telling.rows();
    expect(row!.due_ms! - clock).toBe(3_600_000);
    expect(row).toMatchObject({ excerpt: 'no' });
    clock += 3_599_000;
    telling.webhooks.wake();
    await telling.scans(1);
    await until(() => endpoint.received.length === 2, soonMs);
    expect(new Set(idsAt(endpoint)).size).toBe(2);
  });

  test('has nothing to tell when its event is not on record any more', async () => {
    const telling = await begin();
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    const data = { webhook: id, through: 1_000, deliveries: { 'scan.created': [999] } };
    await telling.facts('rep_1', { type: 'replay.advanced', data });
    await until(async () => (await telling.rows())[0]?.attempts === 1, soonMs);
    expect((await telling.rows())[0]!.error).toContain('not on record');
    expect(endpoint.received).toEqual([]);
  });
});

describe('a process that ends', () => {
  test('in good order leaves nothing under way, and the next one sends nothing again', async () => {
    const telling = await begin();
    const endpoint = await listen((_, response) => setTimeout(() => response.writeHead(200).end(), 100));
    await telling.hook(endpoint.url);
    await telling.scans(40);
    await until(() => endpoint.received.length > 2, soonMs);
    await telling.webhooks.stop();
    expect(telling.webhooks.underWay()).toBe(0);
    await telling.another();
    await telling.settled();
    expect(idsAt(endpoint).length).toBe(40);
    expect(new Set(idsAt(endpoint)).size).toBe(40);
  });

  test('does not wait for those that never answer: they are told by the next one', async () => {
    const telling = await begin();
    let isUp = false;
    const endpoint = await listen((_, response) => void (isUp && response.writeHead(200).end()));
    await telling.hook(endpoint.url);
    await telling.scans(2);
    await until(() => endpoint.received.length === 2, soonMs);
    await telling.webhooks.stop();
    expect((await telling.rows()).map(({ attempts }) => attempts)).toEqual([0, 0]);
    isUp = true;
    await telling.another();
    await telling.settled();
    expect(new Set(idsAt(endpoint)).size).toBe(2);
    expect(endpoint.received.length).toBe(4);
  });

  test('without a word leaves leases that end soon, and what is behind holds up nobody else', async () => {
    let behind = 3;
    const telling = await begin({
      reached: async () => {
        if (behind-- > 0) throw new Error('the read model is behind');
      },
    });
    const [orphan, other] = [await listen(), await listen()];
    const id = await telling.hook(orphan.url);
    await telling.store.sql`
      insert into webhooks.leases values (${id}, 'a process that died', clock_timestamp() + interval '300 ms')`;
    await telling.hook(other.url);
    await telling.scans(10);
    await until(() => other.received.length === 10, soonMs);
    await telling.settled();
    expect(idsAt(orphan)).toHaveLength(10);
    expect(new Set(idsAt(orphan)).size).toBe(10);
    expect(telling.errors.map(String)).toEqual(Array(3).fill('Error: the read model is behind'));
  });
});
