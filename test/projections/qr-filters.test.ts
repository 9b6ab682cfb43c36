/**
 * Scope and filter in the database against the same rules written as plain functions, on random codes: what SQL lets
 * through is exactly what the words of the API promise.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { isWhole, isWithin, type QrFilter, type QrScope, qrIds, searchText } from '../../projections/qr-filters.ts';
import { evolveQr, type QrRow } from '../../projections/qr-rows.ts';
import { qrs } from '../../projections/qrs.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs]);
});
afterAll(() => store.close());

const tags = fc.subarray(['a', 'b', 'größe l']);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const code = fc.record(
  {
    slug: fc.constantFrom('one', 'two'),
    type: fc.constantFrom('url' as const, 'text' as const),
    static: fc.constant(true as const),
    label: fc.constantFrom('Menu', 'MENÜ', '100 %', 'a_b'),
    team: fc.constantFrom('team_1', 'team_2'),
    test: fc.constant(true as const),
    tags,
    folder: fc.constantFrom('F', 'G'),
  },
  { requiredKeys: ['type'] },
);
const history = fc.array(
  fc.record({ code, at: fc.nat({ max: 9 }), later: fc.option(fc.nat({ max: 9 })), gone: fc.boolean() }),
  {
    maxLength: 12,
  },
);

const scope: fc.Arbitrary<QrScope> = fc.record({
  test: fc.boolean(),
  team: fc.constantFrom(null, null, 'team_1'),
  tags: fc.constantFrom(null, null, ['a'], ['b', 'größe l']),
});
const filter: fc.Arbitrary<QrFilter> = fc.record({
  search: maybe(fc.constantFrom('men', 'menü', '%', '_', '\n', 'QR_0000', 'r_000000', 'two')),
  ids: maybe(fc.subarray(['qr_000000', 'qr_000001', 'qr_000002'])),
  slug: maybe(fc.constantFrom('one', 'TWO')),
  type: maybe(fc.constantFrom('url', 'text')),
  status: maybe(fc.constantFrom('active', 'deleted', 'any')),
  static: maybe(fc.boolean()),
  team: maybe(fc.constant('team_2')),
  tags: maybe(tags),
  tagMatch: maybe(fc.constantFrom('any' as const, 'all' as const)),
  folder: maybe(fc.constantFrom('F', '')),
  createdFrom: maybe(fc.nat({ max: 9 })),
  createdBefore: maybe(fc.nat({ max: 9 })),
  updatedFrom: maybe(fc.nat({ max: 9 })),
  updatedBefore: maybe(fc.nat({ max: 9 })),
});

const eventsOf = (list: readonly { code: object; at: number; later: number | null; gone: boolean }[]): AnyEvent[] =>
  list.flatMap(({ code, at, later, gone }, i) => {
    const id = `qr_${String(i).padStart(6, '0')}`;
    const events = [eventOf('qr.created', id, code as never, { at })];
    if (later !== null) events.push(eventOf('qr.relabeled', id, { label: 'Later' }, { version: 2, at: at + later }));
    if (gone) events.push(eventOf('qr.deleted', id, {}, { version: events.length + 1, at: at + (later ?? 0) }));
    return events;
  });

/** Whether a code is meant, in plain words. */
function isMeant(row: QrRow, wish: QrFilter): boolean {
  const { search, tags: wanted } = wish;
  const fields = [row.label, row.slug, row.destination].filter(field => field !== null);
  const isFound =
    search === undefined ||
    fields.some(field => field.toLowerCase().includes(search.toLowerCase())) ||
    (search.length >= 8 && row.id.toLowerCase().includes(search.toLowerCase()));
  const match = wish.tagMatch === 'all' ? 'every' : 'some';
  return (
    isFound &&
    (wish.status === 'any' || row.status === (wish.status ?? 'active')) &&
    (wish.ids === undefined || wish.ids.includes(row.id)) &&
    (wish.slug === undefined || row.slug === wish.slug.toLowerCase()) &&
    (wish.type === undefined || row.type === wish.type) &&
    (wish.static === undefined || row.static === wish.static) &&
    (wish.team === undefined || row.team === wish.team) &&
    (wanted === undefined || wanted[match](tag => row.tags.includes(tag))) &&
    (wish.folder === undefined || (row.folder ?? '') === wish.folder) &&
    row.created_ms >= (wish.createdFrom ?? 0) &&
    row.created_ms < (wish.createdBefore ?? 99) &&
    row.updated_ms >= (wish.updatedFrom ?? 0) &&
    row.updated_ms < (wish.updatedBefore ?? 99)
  );
}

test('the database lets through what the words of scope and filter say, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(fc.tuple(filter, scope), { minLength: 8, maxLength: 8 }),
      async (list, asked) => {
        const events = eventsOf(list);
        const rows = new Map<string, QrRow>();
        for (const event of events) rows.set(event.stream, evolveQr(rows.get(event.stream), event)!);
        await trial(store.sql, qrs, [events], async tx => {
          for (const [wish, seen] of asked) {
            const expected = [...rows.values()]
              .filter(row => isMeant(row, wish) && isWithin(seen, row))
              .map(row => row.id);
            expect(await qrIds(tx, 'org_1', wish, seen)).toEqual(expected.reverse());
            expect(await qrIds(tx, 'org_2', wish, seen)).toEqual([]);
          }
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('a scope lets a code through by mode, team and any of its tags', () => {
  const live = { test: false, team: null, tags: ['a', 'b'] };
  const all: QrScope = { test: false, team: null, tags: null };
  expect(isWithin(all, live)).toBe(true);
  expect(isWithin({ ...all, test: true }, live)).toBe(false);
  expect(isWithin(all, { ...live, test: true })).toBe(false);
  expect(isWithin({ ...all, team: 'team_1' }, live)).toBe(false);
  expect(isWithin({ ...all, team: 'team_1' }, { ...live, team: 'team_1' })).toBe(true);
  expect(isWithin({ ...all, tags: ['b', 'c'] }, live)).toBe(true);
  expect(isWithin({ ...all, tags: ['c'] }, live)).toBe(false);
  expect(isWithin({ ...all, tags: [] }, live)).toBe(false);
});

test('a search looks at label, slug and destination, each in a line of its own', () => {
  expect(searchText({ label: 'A', slug: null, destination: 'https://B.example/' })).toBe('a\n\nhttps://b.example/');
  expect(searchText({ label: null, slug: 'x', destination: null })).toBe('\nx\n');
});

test('a scope is whole when it is narrowed by nothing but the mode', () => {
  expect([isWhole({ test: false, team: null, tags: null }), isWhole({ test: true, team: null, tags: null })]).toEqual([
    true,
    true,
  ]);
  expect([
    isWhole({ test: false, team: 'team_1', tags: null }),
    isWhole({ test: false, team: null, tags: [] }),
  ]).toEqual([false, false]);
});
