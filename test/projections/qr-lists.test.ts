/**
 * Pages of codes in every order and at every moment of the past: each code once, in a total order, and as of any
 * position or time exactly what the ledger's events make of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { type Sql, schemaOf } from '../../projections/projection.ts';
import type { QrScope } from '../../projections/qr-filters.ts';
import { listQrs, type Place, type QrPage, type QrSort, qrSorts } from '../../projections/qr-lists.ts';
import { blank, type Moment, type QrRow, rowAfter, upTo } from '../../projections/qr-rows.ts';
import { qrs } from '../../projections/qrs.ts';
import { scans } from '../../projections/scans.ts';
import { facts } from '../support/history.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [qrs, scans]);
});
afterAll(() => store.close());

const live: QrScope = { test: false, team: null, tags: null };
const idOf = (n: number) => `qr_${String(n).padStart(26, '0')}`;
const code = (n: number, label: string | undefined, at: number) =>
  eventOf(
    'qr.created',
    idOf(n),
    { slug: `s${n}`, type: 'url', destination: 'https://a.example/', ...(label !== undefined && { label }) },
    { at, position: n + 1 },
  );

/** Everything, by following the places page by page. */
async function walk(tx: Sql, page: Omit<QrPage, 'limit' | 'offset'>): Promise<QrRow[]> {
  const met: QrRow[] = [];
  for (let after: Place | undefined; ; ) {
    const { rows, places } = await listQrs(tx, 'org_1', {}, live, { ...page, limit: 3, offset: 0, after });
    met.push(...rows);
    if (rows.length < 3) return met;
    after = places.at(-1);
  }
}

describe('an order', () => {
  const labels = ['b', undefined, 'B', 'a', '', 'ä', 'Z', 'a'];
  const events = labels.map((label, n) => code(n, label, 1_000 - n));
  const total = async (tx: Sql): Promise<void> => {
    // Read models stand in schemas of their own; here both are looked at together, as the API does.
    await tx.unsafe(`set local search_path = ${schemaOf(qrs)}, ${schemaOf(scans)}`);
    await tx`insert into scan_totals (qr, org, subject, scans, last_month)
        values (${idOf(2)}, 'org_1', 1, 7, 0), (${idOf(3)}, 'org_1', 2, 7, 0), (${idOf(5)}, 'org_1', 3, 1, 0)`;
  };

  const plain: Record<QrSort, (row: QrRow) => string | number> = {
    created: () => '',
    updated: row => row.updated_ms,
    label: row => (row.label ?? '').toLowerCase(),
    scans: row =>
      new Map([
        [idOf(2), 7],
        [idOf(3), 7],
        [idOf(5), 1],
      ]).get(row.id) ?? 0,
  };

  test.each(
    qrSorts.flatMap(
      sort =>
        [
          [sort, 'asc'],
          [sort, 'desc'],
        ] as const,
    ),
  )('by %s, %s, has each code once in its place', async (sort, order) => {
    await trial(store.sql, qrs, [events], async tx => {
      await total(tx);
      const rows = await walk(tx, { sort, order });
      const keyed = rows.map(row => [plain[sort](row), row.id] as const);
      const sorted = [...keyed].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
      expect(keyed).toEqual(order === 'asc' ? sorted : sorted.reverse());
      expect(rows).toHaveLength(labels.length);
    });
  });

  test('goes on behind a place, also when the code there has gone elsewhere meanwhile', async () => {
    await trial(store.sql, qrs, [events], async tx => {
      const page = { sort: 'label', order: 'asc', limit: 4, offset: 0 } as const;
      const first = await listQrs(tx, 'org_1', {}, live, page);
      await qrs.apply(tx, [
        eventOf('qr.relabeled', first.rows.at(-1)!.id, { label: 'zzz' }, { version: 2, at: 2_000, position: 50 }),
      ]);
      const second = await listQrs(tx, 'org_1', {}, live, { ...page, after: first.places.at(-1)! });
      expect(second.rows.map(row => row.label)).toEqual(['b', 'B', 'Z', 'zzz']);
    });
  });
});

const orgsOf = ['org_0', 'org_1'];

/** What the ledger says an organisation's active codes were, newest first; of those erased since, without all that. */
function expected(events: readonly AnyEvent[], org: string, moment: Moment): QrRow[] {
  const streams = Map.groupBy(
    events.filter(event => event.type.startsWith('qr.')),
    event => event.stream,
  );
  const isErased = (stream: readonly AnyEvent[]) => stream.some(({ type }) => type === 'qr.erased');
  return [...streams.values()]
    .map(stream => ({ ...rowAfter(upTo(stream, moment)), ...(isErased(stream) && { ...blank, tags: [] }) }) as QrRow)
    .filter(row => row?.org === org && row.status === 'active')
    .sort((a, b) => (a!.id < b!.id ? 1 : -1)) as QrRow[];
}

describe('as of a moment', () => {
  test('the list is what the events up to it make of each code: at every position, and at every time', async () => {
    await fc.assert(
      fc.asyncProperty(facts, fc.nat(), async (history, cut) => {
        const at = cut % (history.length + 1);
        const batches = [history.slice(0, at), history.slice(at)];
        const times = [...new Set(history.flatMap(event => [event.at - 1, event.at]))].slice(0, 12);
        const moments: Moment[] = [...history.keys(), history.length].map(position => ({ position }));
        moments.push(...times.map(at => ({ at })));
        await trial(store.sql, qrs, batches, async tx => {
          for (const org of orgsOf) {
            for (const moment of moments) {
              const { rows, total } = await listQrs(tx, org, {}, live, { limit: 100, offset: 0, moment });
              const then = expected(history, org, moment);
              expect(rows).toEqual(then);
              expect(total).toBe(then.length);
            }
          }
        });
      }),
      { numRuns: 25 },
    );
  });

  test('filters, search and order are those of that moment', async () => {
    const events = [code(0, 'Menu', 1_000), code(1, 'Flyer', 1_000)];
    const later = eventOf('qr.relabeled', idOf(0), { label: 'Old' }, { version: 2, at: 2_000, position: 9 });
    await trial(store.sql, qrs, [events, [later]], async tx => {
      const found = async (search: string, moment?: Moment) =>
        (await listQrs(tx, 'org_1', { search }, live, { limit: 9, offset: 0, moment })).total;
      expect([await found('menu'), await found('old')]).toEqual([0, 1]);
      expect([await found('menu', { position: 8 }), await found('old', { position: 8 })]).toEqual([1, 0]);
      expect([await found('menu', { at: 1_999 }), await found('menu', { at: 2_000 })]).toEqual([1, 0]);
      const sorted = await walk(tx, { sort: 'label', order: 'asc', moment: { position: 8 } });
      expect(sorted.map(row => row.label)).toEqual(['Flyer', 'Menu']);
    });
  });

  test('who sees only some tags sees what had one then and still has one', async () => {
    const tagged = (n: number, version: number, tags: string[]) =>
      eventOf('qr.tagged', idOf(n), { tags }, { version, at: 2_000, position: 10 * version + n });
    const events = [
      code(0, 'a', 1_000),
      code(1, 'b', 1_000),
      tagged(0, 2, ['x']),
      tagged(1, 2, ['x']),
      tagged(1, 3, ['y']),
    ];
    await trial(store.sql, qrs, [events], async tx => {
      const seen = async (moment?: Moment) =>
        (await listQrs(tx, 'org_1', {}, { ...live, tags: ['x'] }, { limit: 9, offset: 0, moment })).rows.map(
          row => row.label,
        );
      expect(await seen()).toEqual(['a']);
      expect(await seen({ position: 25 })).toEqual(['a']);
      expect(await seen({ position: 5 })).toEqual([]);
    });
  });

  test('who sees only some domains sees nothing of a code that has left them', async () => {
    const moved = (n: number, version: number, host: string) =>
      eventOf(
        'qr.slug_added',
        idOf(n),
        { slug: `s${n}`, domain: { id: `dom_${host}`, host } },
        { version, at: 2_000, position: 10 * version + n },
      );
    const events = [
      code(0, 'a', 1_000),
      code(1, 'b', 1_000),
      moved(0, 2, 'one'),
      moved(1, 2, 'one'),
      moved(1, 3, 'two'),
    ];
    await trial(store.sql, qrs, [events], async tx => {
      const scope = { ...live, domains: ['one'] };
      const seen = async (position: number) =>
        (await listQrs(tx, 'org_1', {}, scope, { limit: 9, offset: 0, moment: { position } })).rows.map(
          row => row.label,
        );
      expect([await seen(25), await seen(99), await seen(5)]).toEqual([['a'], ['a'], []]);
    });
  });
});
