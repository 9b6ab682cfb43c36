import { afterAll, beforeAll, expect, test } from 'bun:test';
import { destinationsOf } from '../../projections/destinations.ts';
import { qrs } from '../../projections/qrs.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs]);
});
afterAll(() => store.close());

test('every version of a code is known by what it led to, or by what it held, also after it was deleted', async () => {
  const events = [
    eventOf('qr.created', 'qr_1', { slug: 'a', type: 'url', destination: 'https://a.example/' }),
    eventOf('qr.created', 'qr_2', { slug: 'b', type: 'wifi', content: { ssid: 'Guests' } }),
    eventOf('qr.relabeled', 'qr_1', { label: 'A' }, { version: 2 }),
    eventOf('qr.retargeted', 'qr_1', { destination: 'https://b.example/' }, { version: 3 }),
    eventOf('qr.deleted', 'qr_1', {}, { version: 4 }),
  ];
  await trial(store.sql, qrs, [events.slice(0, 3), events.slice(3)], async tx => {
    const found = await destinationsOf(tx, ['qr_1', 'qr_2', 'qr_3']);
    expect(found.get('qr_1')).toEqual(
      new Map([
        [1, 'https://a.example/'],
        [2, 'https://a.example/'],
        [3, 'https://b.example/'],
        [4, 'https://b.example/'],
      ]),
    );
    expect(found.get('qr_2')).toEqual(new Map([[1, 'wifi']]));
    expect(found.has('qr_3')).toBe(false);
  });
});
