/**
 * Deliveries about a code that was erased: of those that came of its tags nothing is left, live or built anew, for that they
 * were made says what the tags were.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { deliveries } from '../../projections/deliveries.ts';
import { listDeliveries } from '../../projections/delivery-lists.ts';
import type { Sql } from '../../projections/projection.ts';
import { afterErasures } from '../support/erasures.ts';
import { modelled, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { at, failed, next, ok, scan, tried, webhook } from './delivery-events.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [deliveries]);
});
afterAll(() => store.close());

const told = async (tx: Sql, id: string) =>
  (await listDeliveries(tx, id, {}, 100)).map(row => [row.position, row.name, row.status]).reverse();

test('what is built anew after an erasure says the same as what has lived through it', async () => {
  const hooks = [webhook('wh_1', { tags: ['menu'] }), webhook('wh_2'), webhook('wh_3', { codes: ['qr_1'] })];
  const ours = next('qr.created', 'qr_1', { type: 'url', slug: 'a', tags: ['menu'] });
  const others = next('qr.created', 'qr_2', { type: 'url', slug: 'b', tags: ['menu'] });
  const scans = [scan('qr_1'), scan('qr_1'), scan('qr_2')];
  const first = tried('wh_1', ok(scans[0]!), failed(scans[1]!, at + 5_000), ok(scans[2]!));
  const asked = next('replay.requested', 'rep_1', { webhook: 'wh_1', after: 0, until: 99 });
  const found = { 'scan.created': [scans[0]!.position, scans[2]!.position] };
  const advanced = next('replay.advanced', 'rep_1', { webhook: 'wh_1', through: 99, deliveries: found });
  const erased = next('qr.erased', 'qr_1', {});
  const late = tried('wh_1', ok(scans[1]!), ok(scans[2]!));
  const history = [...hooks, ours, others, ...scans, first, asked, advanced, erased, late];
  const rebuilt = await modelled(store.sql, deliveries, afterErasures(history));
  for (const batches of [[history], history.map(event => [event]), [history.slice(0, 9), history.slice(9)]]) {
    expect(await modelled(store.sql, deliveries, ...batches)).toEqual(rebuilt);
  }
  await trial(store.sql, deliveries, [history], async tx => {
    // Asked for again, it is on record; the other scan of the code and its creation are not told any more.
    expect(await told(tx, 'wh_1')).toEqual([
      [others.position, 'qr.created', 'pending'],
      [scans[0]!.position, 'scan.created', 'pending'],
      [scans[2]!.position, 'scan.created', 'delivered'],
    ]);
    expect((await told(tx, 'wh_3')).map(([position]) => position)).toEqual(
      [ours, scans[0]!, scans[1]!, erased].map(({ position }) => position),
    );
  });
});
