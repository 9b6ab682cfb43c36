/**
 * The past told: everything in a range, under the ids it always had, each once however the replay is interrupted, and by
 * what was true of a code at that time.
 */
import { describe, expect, test } from 'bun:test';
import { newId } from '../../src/ids.ts';
import { readRun } from '../../src/store/read.ts';
import type { Telling } from '../support/telling.ts';
import { until } from '../support/until.ts';
import { idsAt, rig, soonMs } from './rig.ts';

const { begin, listen } = rig();

const code = (slug: string, more: object = {}) => ({
  type: 'qr.created',
  data: { slug, type: 'url', destination: 'https://example.com', ...more },
});

async function replay({ facts }: Telling, webhook: string, after: number, until: number): Promise<void> {
  await facts(newId('rep', Date.now()), { type: 'replay.requested', data: { webhook, after, until } });
}

const isThrough = async ({ store, rows }: Telling): Promise<boolean> => {
  await rows();
  const [row] = await store.sql`select count(*) as n from replays where through < until`;
  return row!['n'] === 0;
};

describe('a webhook is told', () => {
  test('of everything from the first day on, when it is new', async () => {
    const telling = await begin();
    await telling.facts('qr_1', code('a'));
    for (let i = 0; i < 5; i++) await telling.scans(500);
    await telling.facts('qr_1', { type: 'qr.retargeted', data: { destination: 'https://example.com/2' } });
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url, { events: ['scan.created', 'qr.created'] });
    const head = telling.store.ledger.position;
    expect(await telling.rows()).toEqual([]);
    await replay(telling, id, 0, head);
    await until(() => isThrough(telling), soonMs);
    await telling.settled();
    // The code, then its scans; not what it is not subscribed to.
    const expected = await telling.messageIds(
      id,
      Array.from({ length: 2_501 }, (_, i) => i + 1),
    );
    expect(idsAt(endpoint).sort()).toEqual(expected.sort());
    expect(telling.errors).toEqual([]);
  }, 120_000);

  test('again of what it was told before, in a range and under the same ids', async () => {
    const telling = await begin();
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    await telling.scans(10);
    await telling.settled();
    const before = idsAt(endpoint);
    await replay(telling, id, 4, 8);
    await until(() => endpoint.received.length === 14, soonMs);
    await telling.settled();
    expect(idsAt(endpoint).slice(10).sort()).toEqual((await telling.messageIds(id, [5, 6, 7, 8])).sort());
    expect(before).toEqual(expect.arrayContaining(idsAt(endpoint).slice(10)));
    expect((await telling.rows()).every(({ attempts }) => attempts === 1)).toBe(true);
  });

  test('of codes that had the tag then, not of those that have it now', async () => {
    const telling = await begin();
    await telling.facts('qr_1', code('a', { tags: ['menu'] }));
    await telling.facts('qr_2', code('b'));
    await telling.scans(1, { qr: 'qr_1' });
    await telling.scans(1, { qr: 'qr_2' });
    const then = telling.store.ledger.position;
    await telling.facts('qr_1', { type: 'qr.tagged', data: { tags: [] } });
    await telling.facts('qr_2', { type: 'qr.tagged', data: { tags: ['menu'] } });
    await telling.scans(1, { qr: 'qr_1' });
    await telling.scans(1, { qr: 'qr_2' });
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url, { tags: ['menu'] });
    await replay(telling, id, 0, telling.store.ledger.position);
    await until(() => isThrough(telling), soonMs);
    await telling.settled();
    const { position } = telling.store.ledger;
    expect(idsAt(endpoint).sort()).toEqual((await telling.messageIds(id, [then - 1, then + 4])).sort());
    expect(position).toBeGreaterThan(then);
  });

  test('of nothing that happened to test codes, unless it is for those', async () => {
    const telling = await begin();
    await telling.facts('qr_1', code('a', { test: true }));
    await telling.facts('qr_1', { type: 'qr.relabeled', data: { label: 'x' } });
    await telling.scans(1, { test: true });
    await telling.facts('qr_2', code('b'));
    const [live, trying] = [await listen(), await listen()];
    const first = await telling.hook(live.url, { events: ['*'] });
    const second = await telling.hook(trying.url, { events: ['*'], test: true });
    await replay(telling, first, 0, 4);
    await replay(telling, second, 0, 4);
    await until(() => isThrough(telling), soonMs);
    await telling.settled();
    expect(idsAt(trying).sort()).toEqual((await telling.messageIds(second, [1, 2, 3])).sort());
    const [one, two, three, four] = await telling.messageIds(first, [1, 2, 3, 4]);
    expect(idsAt(live)).toContain(four!);
    expect(idsAt(live).filter(id => [one, two, three].includes(id))).toEqual([]);
  });
});

describe('a replay', () => {
  test('goes on where it was when its process is gone, and finds nothing twice', async () => {
    const telling = await begin();
    for (let i = 0; i < 6; i++) await telling.scans(1_000);
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    await replay(telling, id, 0, 6_000);
    await until(async () => (await telling.rows()).length >= 1_000, soonMs);
    await telling.webhooks.stop();
    await telling.another();
    await until(() => isThrough(telling), soonMs);
    await telling.settled(30_000);
    expect(new Set(idsAt(endpoint)).size).toBe(6_000);
    expect(endpoint.received.length).toBe(6_000);
    const { events } = await readRun(telling.store.sql, 'facts', 0, 100_000);
    const found = events.flatMap(event =>
      event.type === 'replay.advanced' ? Object.values(event.data.deliveries).flat() : [],
    );
    expect(found).toHaveLength(6_000);
  }, 120_000);

  test('waits while its webhook is paused, and goes on with it', async () => {
    const telling = await begin();
    await telling.scans(3);
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url);
    await telling.facts(id, { type: 'webhook.paused', data: {} });
    await replay(telling, id, 0, 3);
    const other = await telling.hook(endpoint.url);
    await replay(telling, other, 0, 3);
    await until(() => endpoint.received.length === 3, soonMs);
    expect(await isThrough(telling)).toBe(false);
    await telling.facts(id, { type: 'webhook.resumed', data: {} });
    await until(() => isThrough(telling), soonMs);
    await telling.settled();
    expect(endpoint.received).toHaveLength(6);
  });

  test('of nothing ends at once', async () => {
    const telling = await begin();
    const endpoint = await listen();
    const id = await telling.hook(endpoint.url, { events: ['key.issued'] });
    await telling.scans(2_500);
    await replay(telling, id, 0, telling.store.ledger.position);
    await until(() => isThrough(telling), soonMs);
    expect(endpoint.received).toEqual([]);
  });
});
