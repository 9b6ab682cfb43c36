/**
 * Codes as they are asked for: one, a page, a search. The search takes every character at its word, the total is of
 * what the filter lets through, and whoever follows the cursor meets each code once while others are being made.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { listQrs, type Place } from '../../projections/qr-lists.ts';
import { evolveQr, findQr, type QrRow, type QrScope, qrs } from '../../projections/qrs.ts';
import type { Sql } from '../../src/store/connect.ts';
import { anyContent } from '../support/contents.ts';
import { facts, text } from '../support/history.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs]);
});
afterAll(() => store.close());

const idOf = (n: number) => `qr_${String(n).padStart(4, '0')}`;
const code = (n: number, label?: string, org = 'org_1') =>
  eventOf(
    'qr.created',
    idOf(n),
    { slug: `slug-${n}`, type: 'url', destination: `https://example.com/${n}`, ...(label !== undefined && { label }) },
    { org },
  );
const live: QrScope = { test: false, team: null, tags: null };
const whole = { limit: 1_000, offset: 0 };
const ids = (rows: readonly QrRow[]) => rows.map(row => row.id);

/** Lists what these events leave. */
const listed = (
  events: readonly AnyEvent[],
  ...[filter, page]: [Parameters<typeof listQrs>[2], Parameters<typeof listQrs>[4]]
) => trial(store.sql, qrs, [events], tx => listQrs(tx, 'org_1', filter, live, page));

describe('A code', () => {
  test('is found by its organisation only, and no longer when it is deleted', async () => {
    await trial(store.sql, qrs, [[code(1), code(2), eventOf('qr.deleted', idOf(2), {}, { version: 2 })]], async tx => {
      expect((await findQr(tx, 'org_1', idOf(1), live))?.slug).toBe('slug-1');
      expect(await findQr(tx, 'org_2', idOf(1), live)).toBeUndefined();
      expect(await findQr(tx, 'org_1', idOf(2), live)).toBeUndefined();
      expect(await findQr(tx, 'org_1', idOf(3), live)).toBeUndefined();
    });
  });

  test('keeps label, destination and style letter by letter', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (label, path) => {
        const destination = `https://example.com/${path}`;
        const created = eventOf('qr.created', idOf(1), { slug: 'slug', type: 'url', destination, label });
        const row = await trial(store.sql, qrs, [[created]], tx => findQr(tx, 'org_1', idOf(1), live));
        expect([row?.label, row?.destination]).toEqual([label, destination]);
      }),
      { numRuns: 40 },
    );
  });

  test('keeps a content letter by letter, and a static one needs no slug', async () => {
    await fc.assert(
      fc.asyncProperty(anyContent, fc.boolean(), async ([type, content], isStatic) => {
        const place = isStatic ? { static: true as const } : { slug: 'slug' };
        const created = eventOf('qr.created', idOf(1), { ...place, type, content });
        const row = await trial(store.sql, qrs, [[created]], tx => findQr(tx, 'org_1', idOf(1), live));
        const slug = isStatic ? null : 'slug';
        expect(row).toMatchObject({ type, content, slug, static: isStatic, destination: null });
      }),
      { numRuns: 40 },
    );
  });

  test('is as its events leave it, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(facts, async history => {
        const rows = new Map<string, QrRow>();
        for (const event of history) {
          const row = evolveQr(rows.get(event.stream), event);
          if (row) rows.set(event.stream, row);
        }
        const found = await trial(store.sql, qrs, [history], tx =>
          Promise.all([...rows.values()].map(({ org, id }) => findQr(tx, org, id, live))),
        );
        expect(found).toEqual([...rows.values()].map(row => (row.status === 'active' ? row : undefined)));
      }),
      { numRuns: 30 },
    );
  });

  test('that nobody created is not made by a later event', () => {
    expect(evolveQr(undefined, eventOf('qr.deleted', idOf(1), {}, { version: 2 }))).toBeUndefined();
  });
});

describe('A list', () => {
  test('holds the codes of one organisation, newest first, without the deleted, and counts them all', async () => {
    const events = [code(1), code(3), code(2), code(4, 'x', 'org_2'), code(5)];
    events.push(eventOf('qr.deleted', idOf(3), {}, { version: 2 }));
    const { rows, total } = await listed(events, {}, { limit: 2, offset: 0 });
    expect([ids(rows), total]).toEqual([[idOf(5), idOf(2)], 3]);
    expect(ids((await listed(events, {}, { limit: 2, offset: 2 })).rows)).toEqual([idOf(1)]);
    expect(ids((await listed(events, { status: 'active' }, whole)).rows)).toEqual([idOf(5), idOf(2), idOf(1)]);
    expect(ids((await listed(events, { status: 'deleted' }, whole)).rows)).toEqual([idOf(3)]);
  });

  test.each([
    ['%', ['100 % cotton', 'back\\% slash']],
    ['_', ['snake_case']],
    ['\\', ['C:\\menu', 'back\\% slash']],
    ['\\%', ['back\\% slash']],
    ['%%', []],
    ['CASE', ['snake_case', 'Case']],
    ["'", ["it's"]],
    ['äö', ['ÄÖ']],
    ['slug-2', ['snake_case']],
    ['.com/3', ['C:\\menu']],
  ])('finds %s only where it stands', async (search, expected) => {
    const labels = ['100 % cotton', 'snake_case', 'C:\\menu', 'Case', "it's", 'back\\% slash', 'ÄÖ'];
    const events = labels.map((label, i) => code(i + 1, label));
    const { rows, total } = await listed(events, { search }, whole);
    expect([rows.map(row => row.label!).reverse(), total]).toEqual([expected, expected.length]);
  });

  test('searches for exactly what a plain search in lower case finds', async () => {
    const letters = fc.constantFrom('a', 'B', '%', '_', '\\', "'", ' ', '"', 's');
    const word = fc.string({ unit: letters, minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 12 }), word, async (labels, search) => {
        const events = labels.map((label, i) => code(i, label));
        const { rows } = await listed(events, { search }, whole);
        const expected = labels.filter((label, i) =>
          [label, `slug-${i}`, `https://example.com/${i}`].some(field =>
            field.toLowerCase().includes(search.toLowerCase()),
          ),
        );
        expect(rows.map(row => row.label!).reverse()).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('gives each code once to a reader who follows the cursor while new ones are made', async () => {
    const early = Array.from({ length: 25 }, (_, n) => code(n));
    await trial(store.sql, qrs, [early], async tx => {
      const met: string[] = [];
      let made = 25;
      for (let after: Place | undefined; ; ) {
        const { rows, places, total } = await listQrs(tx, 'org_1', {}, live, { limit: 4, offset: 0, after });
        expect(total).toBe(made);
        if (rows.length === 0) break;
        met.push(...ids(rows));
        after = places.at(-1);
        await qrs.apply(tx, [code(made), code(made + 1)]);
        made += 2;
      }
      expect(met).toEqual(early.map(event => event.stream).reverse());
    });
  });
});

test('an organisation of many codes is read through its index', async () => {
  await trial(store.sql, qrs, [Array.from({ length: 2_000 }, (_, n) => code(n, 'x', `org_${n % 50}`))], async tx => {
    await tx`analyze codes`;
    const plan = await explained(tx, "org = 'org_1' and status <> 'deleted' order by id desc limit 5");
    expect(plan).toContain('codes_org');
  });
});

const explained = async (tx: Sql, where: string): Promise<string> =>
  JSON.stringify(await tx.unsafe(`explain (format json) select id from codes where ${where}`));
