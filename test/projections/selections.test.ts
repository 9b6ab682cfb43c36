import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Sql } from '../../projections/projection.ts';
import { type QrFilter, type QrScope, qrs } from '../../projections/qrs.ts';
import { countQrs, selectQrs, unknownIds } from '../../projections/selections.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const live: QrScope = { test: false, team: null, tags: null };
let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs]);
});
afterAll(() => store.close());

const idOf = (n: number) => `qr_${String(n).padStart(4, '0')}`;
/** More than two pages. */
const many = Array.from({ length: 450 }, (_, n) =>
  eventOf('qr.created', idOf(n), {
    slug: `s${n}`,
    type: 'url',
    destination: `https://example.com/${n % 2 ? 'odd' : 'even'}`,
  }),
);
const others = [
  eventOf(
    'qr.created',
    'qr_theirs',
    { slug: 'theirs', type: 'url', destination: 'https://example.com/' },
    { org: 'org_2' },
  ),
  eventOf('qr.deleted', idOf(449), {}, { version: 2 }),
];

async function idsOf(tx: Sql, selection: QrFilter): Promise<string[]> {
  const ids: string[] = [];
  for await (const row of selectQrs(tx, 'org_1', selection, live)) ids.push(row.id);
  return ids;
}

test('all codes of an organisation come newest first, each once, without the deleted ones', async () => {
  const ids = await trial(store.sql, qrs, [many, others], tx => idsOf(tx, {}));
  expect(ids).toEqual(Array.from({ length: 449 }, (_, n) => idOf(448 - n)));
});

test('a search narrows them, and they can be counted', async () => {
  await trial(store.sql, qrs, [many, others], async tx => {
    expect(await countQrs(tx, 'org_1', {}, live)).toBe(449);
    expect(await countQrs(tx, 'org_1', { search: 'ODD' }, live)).toBe(224);
    const odd = await idsOf(tx, { search: 'ODD' });
    expect(odd).toHaveLength(224);
    expect(await idsOf(tx, { search: '%' })).toEqual([]);
  });
});

test('chosen codes come in the order they were chosen, and what is not there is told', async () => {
  const chosen = [idOf(7), idOf(300), idOf(2)];
  await trial(store.sql, qrs, [many, others], async tx => {
    expect(await idsOf(tx, { ids: chosen })).toEqual(chosen);
    const wanted = [idOf(1), 'qr_theirs', idOf(449), 'qr_nothing'];
    expect(await unknownIds(tx, 'org_1', wanted, live)).toEqual(['qr_theirs', idOf(449), 'qr_nothing']);
  });
});
