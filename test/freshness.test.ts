/**
 * Who reads waits for what was written, for a while; then it is told so, and never given old rows.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { projections } from '../projections/index.ts';
import { freshness } from '../src/freshness.ts';
import { Projector } from '../src/projector.ts';
import { Grower } from '../src/proofs/grower.ts';
import { EmbeddedFeed } from '../src/stream/embedded.ts';
import { problemOf } from './support/problem-of.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';

let store: TestStore;
let feed: EmbeddedFeed;
let projector: Projector;
let grower: Grower;
beforeAll(async () => {
  store = await testStore();
  feed = new EmbeddedFeed(store.ledger, store.sql);
  projector = new Projector({ sql: store.sql, feed, onError: () => {} });
  await projector.prepare(projections);
  await projector.start(projections);
  grower = new Grower(store.sql, () => {});
  grower.start();
});
afterAll(async () => {
  await grower.stop();
  await projector.stop();
  await feed.close();
  await store.close();
});

let codes = 0;
const write = () => store.ledger.append(requestOf(`qr_${++codes}`, 0, created(`slug-${codes}`)));
const count = async () => (await store.sql`select count(*) as n from codes`)[0]!['n'];

describe.each([
  ['this process', true],
  ['another process', false],
])('where the read models are kept by %s', (_, isOwn) => {
  const waiting = (waitMs = 30_000) =>
    freshness({ ...store, projector: isOwn ? projector : undefined, grower, waitMs });

  test('what was written is there after the wait', async () => {
    for (let i = 0; i < 20; i++) {
      await write();
      await waiting().fresh(['qrs']);
      expect(await count()).toBe(codes);
      await waiting().grown(store.ledger.position);
    }
  });

  test('who waits for what never comes is told to try again', async () => {
    const problem = await problemOf(() => waiting(100).reached(store.ledger.position + 1_000, ['qrs']));
    expect([problem.code, problem.headers['retry-after']]).toEqual(['unavailable', '1']);
    await expect(waiting(100).caughtUp(store.ledger.position + 1_000, ['qrs'])).rejects.toThrow();
  });
});
