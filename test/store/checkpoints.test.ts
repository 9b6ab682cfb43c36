/**
 * Waiting for read models that another process keeps: by their stored checkpoints, which move on also when the events
 * were of no concern to a model, so that nobody waits in vain for what will not come.
 */
import { expect, test } from 'bun:test';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { Projector } from '../../src/projector.ts';
import { checkpointsReached } from '../../src/store/checkpoints.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { prepareModels } from '../support/read-models.ts';
import { requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

const schemas = projections.map(schemaOf);
const moved = ({ sql }: TestStore, schema: string, position: number) =>
  sql`update projections.checkpoints set position = ${position} where schema = ${schema}`;

test('ends when the last of the named models is there, and not before', async () => {
  const store = await testStore();
  await prepareModels(store.sql, projections);
  const [a, b, c] = schemas as [string, string, string];
  await checkpointsReached(store.sql, schemas, 0, 5_000);
  await checkpointsReached(store.sql, [], 99, 5_000);
  let isOver = false;
  const waiting = checkpointsReached(store.sql, [a, b], 5, 10_000).then(() => {
    isOver = true;
  });
  await moved(store, a, 7);
  await moved(store, c, 9);
  await moved(store, b, 4);
  await expect(checkpointsReached(store.sql, [a, b], 5, 30)).rejects.toThrow('the read models took more than 30 ms');
  expect(isOver).toBe(false);
  await moved(store, b, 5);
  await waiting;
  await store.close();
});

test('does not wait in vain when the last events are of no concern to a model', async () => {
  const store = await testStore();
  // Another process keeps the models; this one only writes and asks.
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const worker = new Projector({ sql: store.sql, feed, onError: () => {} });
  await worker.prepare(projections);
  await worker.start(projections);
  await store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1')));
  await checkpointsReached(store.sql, schemas, store.ledger.position, 5_000);
  const metered = { type: 'request.metered', data: { key: 'key_1', period: '2026-11', count: 1 } };
  await store.ledger.append(requestOf('requests-1', 0, metered));
  await checkpointsReached(store.sql, schemas, store.ledger.position, 5_000);
  await worker.stop();
  await feed.close();
  await store.close();
});
