/**
 * What was done goes on record: gathered, once, also when the ledger's answer is lost.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { DeliveryFact } from '../../events/delivery.ts';
import type { AppendRequest } from '../../src/store/batch.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { readHead, readRun } from '../../src/store/read.ts';
import { Recorder } from '../../src/webhooks/recorder.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let names = 0;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const at = Date.UTC(2026, 3, 8, 12);
const attempt = (position: number) => ({ position, status: 200, latencyMs: 5 });

function open(ledger: Pick<Ledger, 'append'> = store.ledger) {
  const errors: unknown[] = [];
  const node = `node${++names}`;
  const onError = (error: unknown) => void errors.push(error);
  const recorder = new Recorder({
    ledger: ledger as Ledger,
    node,
    now: () => at,
    head: () => readHead(store.sql),
    onError,
  });
  const recorded = async () => {
    const { events } = await readRun(store.sql, 'facts', 0, 10_000);
    return events.filter(({ stream }) => stream.startsWith(`deliveries-${node}-`));
  };
  return { recorder, errors, recorded };
}

test('attempts of a moment are one event a webhook, in the stream of their organisation', async () => {
  const { recorder, recorded } = open();
  const adding = [
    ...[1, 2, 3].map(position => recorder.add('org_1', 'wh_1', attempt(position))),
    recorder.add('org_1', 'wh_2', attempt(1)),
    recorder.add('org_2', 'wh_3', attempt(4)),
  ];
  const positions = await Promise.all(adding);
  const events = await recorded();
  expect(events.map(({ org, data }) => [org, data])).toEqual([
    ['org_1', { webhook: 'wh_1', attempts: [attempt(1), attempt(2), attempt(3)] }],
    ['org_1', { webhook: 'wh_2', attempts: [attempt(1)] }],
    ['org_2', { webhook: 'wh_3', attempts: [attempt(4)] }],
  ]);
  expect(events.every(({ actor, at: when }) => actor === 'system' && when === at)).toBe(true);
  // On record means: no later than that.
  for (const [i, event] of [0, 0, 0, 1, 2].entries())
    expect(positions[i]).toBeGreaterThanOrEqual(events[event]!.position);
  await recorder.stop();
});

test('none grows beyond what a broker carries', async () => {
  const { recorder, recorded } = open();
  await Promise.all(Array.from({ length: 1_200 }, (_, i) => recorder.add('org_1', 'wh_1', attempt(i + 1))));
  const sizes = (await recorded()).map(({ data }) => (data as DeliveryFact['data']).attempts.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_200);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  await recorder.stop();
});

test('an answer that is lost, and a ledger that is away, make nothing twice and lose nothing', async () => {
  let calls = 0;
  const { recorder, recorded, errors } = open({
    append: async (request: AppendRequest) => {
      calls += 1;
      if (calls === 1) throw new Error('away');
      const events = await store.ledger.append(request);
      if (calls === 2) throw new Error('the answer is lost');
      return events;
    },
  });
  const positions = await Promise.all([1, 2].map(position => recorder.add('org_1', 'wh_1', attempt(position))));
  const [event, ...others] = await recorded();
  expect(others).toEqual([]);
  expect(event!.data).toEqual({ webhook: 'wh_1', attempts: [attempt(1), attempt(2)] });
  expect(positions.every(position => position >= event!.position)).toBe(true);
  await recorder.add('org_1', 'wh_1', attempt(3));
  expect((await recorded()).map(({ version }) => version)).toEqual([1, 2]);
  expect(errors.map(String)).toEqual(['Error: away', 'Error: the answer is lost']);
  await recorder.stop();
});

test('what an endpoint said stands apart from what was done, and only where it said something', async () => {
  const { recorder, recorded } = open();
  const failed = { position: 2, status: 500, latencyMs: 5, retryAt: at };
  await Promise.all([
    recorder.add('org_1', 'wh_1', attempt(1)),
    recorder.add('org_1', 'wh_1', { ...failed, excerpt: 'down' }),
    recorder.add('org_1', 'wh_2', failed),
  ]);
  expect((await recorded()).map(({ data }) => data)).toEqual([
    { webhook: 'wh_1', attempts: [failed], excerpts: { 2: 'down' } },
    { webhook: 'wh_1', attempts: [attempt(1)] },
    { webhook: 'wh_2', attempts: [failed] },
  ]);
  await recorder.stop();
});

test('what was said about one thing stands apart from what was said about another', async () => {
  const { recorder, recorded } = open();
  const failed = (position: number) => ({ position, status: 500, latencyMs: 5 });
  const about = ['qr_1', 'qr_2', 'qr_1'];
  const said = about.map((about, i) => ({ ...failed(i), excerpt: `down ${i}`, about }));
  await Promise.all([...said, { ...failed(3), about: 'qr_2' }].map(each => recorder.add('org_1', 'wh_1', each)));
  expect((await recorded()).map(({ data }) => data)).toEqual([
    { webhook: 'wh_1', attempts: [failed(0), failed(2)], excerpts: { 0: 'down 0', 2: 'down 2' }, about: 'qr_1' },
    { webhook: 'wh_1', attempts: [failed(1)], excerpts: { 1: 'down 1' }, about: 'qr_2' },
    { webhook: 'wh_1', attempts: [failed(3)] },
  ]);
  await recorder.stop();
});

test('a stop writes what is left', async () => {
  const { recorder, recorded } = open();
  void recorder.add('org_1', 'wh_1', attempt(1));
  await recorder.stop();
  expect(await recorded()).toHaveLength(1);
});
