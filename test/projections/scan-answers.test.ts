/**
 * Sums, days, hours, dimensions and unions against a plain count over the same scans: for any span, any filter, for a
 * code, for several and for an organisation, however the scans were split into batches.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import { type Sql, schemaOf } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { type Asked, type Found, sumUp } from '../../projections/scan-answers.ts';
import { organizationSubject } from '../../projections/scan-intake.ts';
import { type Combination, fields } from '../../projections/scan-items.ts';
import { grains, quarterOf, type Span, spanOf } from '../../projections/scan-times.ts';
import { scansMax } from '../../projections/scan-tree.ts';
import { Outgrown } from '../../projections/scan-walk.ts';
import { scans, scanTotals } from '../../projections/scans.ts';
import { transaction } from '../../src/store/connect.ts';
import { burst, comparable, counted, type ScanEvent, said } from '../support/bursts.ts';
import { pieces } from '../support/history.ts';
import { eventOf, modelled, prepareModels, rowsIn, take, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

const january = quarterOf(Date.UTC(2026, 0, 1));
const quarter = fc.oneof(
  fc.integer({ min: january - 3_000, max: january + 9_000 }),
  fc.constantFrom(0, 1, 31, 32).map(day => january + day * 96),
  fc.integer({ min: -8, max: 8 }).map(n => quarterOf(Date.UTC(2026, 0, 31, 22)) + n),
);
/** Spans that don't overlap, in order. */
const spans: fc.Arbitrary<Span[]> = fc
  .uniqueArray(quarter, { minLength: 2, maxLength: 8 })
  .map(list => list.sort((a, b) => a - b))
  .map(list =>
    Array.from({ length: Math.floor(list.length / 2) }, (_, i) => ({ from: list[2 * i]!, to: list[2 * i + 1]! })),
  );

const isIn = (list: readonly Span[], { at }: ScanEvent) =>
  list.some(({ from, to }) => quarterOf(at) >= from && quarterOf(at) < to);

async function compare(tx: Sql, events: readonly ScanEvent[], within: readonly Span[]): Promise<void> {
  for (const names of [['qr_0'], ['qr_1'], ['qr_0', 'qr_2', 'qr_none']]) {
    const mine = events.filter(event => names.includes(event.data.qr) && isIn(within, event));
    const { sums, shares } = await sumUp(tx, { names, spans: within });
    expect(comparable(sums)).toEqual(comparable(counted(mine, new Map(), true)));
    const perCode = [...shares].map(([name, share]) => [
      name,
      [...share.values()].reduce((n, { scans }) => n + scans, 0),
    ]);
    const expected = [...Map.groupBy(mine, ({ data }) => data.qr)].map(([name, all]) => [name, all.length]);
    expect(Object.fromEntries(perCode)).toEqual(Object.fromEntries(expected));
  }
  for (const isTest of [false, true]) {
    const mine = events.filter(event => (event.data.test ?? false) === isTest && isIn(within, event));
    const { sums, shares } = await sumUp(tx, { names: [organizationSubject('org_1', isTest)], spans: within });
    expect(comparable(sums)).toEqual(comparable(counted(mine, new Map(), false)));
    expect(shares.size).toBe(0);
  }
}

describe('sums and unions', () => {
  test('are those of a plain count, of any spans', async () => {
    const numRuns = 6;
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.array(spans, { minLength: 12, maxLength: 12 }),
        async (seed, cuts, asked) => {
          const events = burst(seed, 5_000);
          await trial(store.sql, scans, pieces(events, cuts), async tx => {
            const [row] = await tx`select count(distinct grain) as grains from scan_sums`;
            expect(row!['grains']).toBe(grains.length);
            for (const within of asked) await compare(tx, events, within);
          });
        },
      ),
      { numRuns },
    );
  }, 120_000);

  test('of few scans need no sums at all', async () => {
    const events = burst(7, 300);
    await trial(store.sql, scans, [events], async tx => {
      expect(await tx`select * from scan_sums`).toEqual([] as never);
      await compare(tx, events, [{ from: january, to: january + 4_000 }]);
    });
  });

  test('are of the scans that match, and only of them', async () => {
    const events = burst(11, 4_000);
    const pick = fc.tuple(fc.constantFrom(...fields), fc.nat());
    await trial(store.sql, scans, pieces(events, [1_500]), async tx => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(pick, { minLength: 1, maxLength: 2 }),
          fc.option(fc.integer({ min: 1, max: 9 })),
          spans,
          async (filters, version, within) => {
            const wanted = filters.map(
              ([field, n]) => [field, said(events[n % events.length]!.data, field) ?? ''] as const,
            );
            const { sums } = await sumUp(tx, {
              names: ['qr_0', 'qr_3'],
              spans: within,
              matches: (combination, served) =>
                wanted.every(([field, value]) => combination[field] === value) &&
                (version === null || served === version),
            });
            const mine = events.filter(
              event =>
                ['qr_0', 'qr_3'].includes(event.data.qr) &&
                isIn(within, event) &&
                wanted.every(([field, value]) => (said(event.data, field) ?? '') === value) &&
                (version === null || event.data.qrVersion === version),
            );
            expect(comparable(sums)).toEqual(comparable(counted(mine, new Map(), true)));
          },
        ),
        { numRuns: 60 },
      );
    });
  }, 120_000);
});

test('rows are the same whichever batches the scans have come in, also where they begin to be summed up', async () => {
  const mixed = burst(5, 2 * scansMax + 700);
  const inOrder = mixed.toSorted((a, b) => a.at - b.at);
  // A month that has ended is summed up to its last scan.
  const february = inOrder.findIndex(({ at }) => at >= Date.UTC(2026, 1, 1));
  const often = Array.from({ length: 70 }, (_, n) => 37 * (n + 1));
  for (const events of [mixed, inOrder]) {
    const whole = await modelled(store.sql, scans, events);
    const some = [[scansMax], [scansMax - 1, scansMax + 1], [100, 900, 1_100, 1_800, 2_400], [february], often];
    for (const cuts of some) {
      expect(await modelled(store.sql, scans, ...pieces(events, cuts))).toEqual(whole);
    }
    await trial(store.sql, scans, pieces(events, often), tx => compare(tx, events, [{ from: 0, to: 2 * january }]));
  }
}, 120_000);

describe('an answer counts each scan once', () => {
  /** In a month that goes on. */
  const all = burst(13, 9_000).filter(({ at }) => at < Date.UTC(2026, 1, 1));
  /** Asked when scans are taken in right after sums were read, so many times; what was found, and in how many scans. */
  const asked = (times: number, question: Omit<Asked, 'names'>): Promise<[Found, ScanEvent[]]> =>
    trial(store.sql, scans, [all.slice(0, 2_000)], async tx => {
      let taken = 2_000;
      const rising = new Proxy(tx, {
        apply: (target, self, args: [TemplateStringsArray, ...unknown[]]) => {
          const query = Reflect.apply(target, self, args);
          if (!args[0].join('').includes('join scan_sums s on')) return query;
          return query.then(async (rows: unknown) => {
            if (taken === 2_000 + 250 * times) return rows;
            await take(tx, scans, all.slice(taken, taken + 250), []);
            taken += 250;
            return rows;
          });
        },
      });
      return [await sumUp(rising, { names: ['qr_0'], ...question }), all.slice(0, taken)];
    });
  const right = (events: readonly ScanEvent[], within: readonly Span[], isMeant = (_: ScanEvent) => true) => {
    const mine = events.filter(event => event.data.qr === 'qr_0' && isIn(within, event) && isMeant(event));
    return comparable(counted(mine, new Map(), true));
  };
  const end = quarterOf(Date.UTC(2026, 0, 31, 22, 15));
  /** Every second quarter: too many spans for their sums to be read at once. */
  const cutUp = Array.from({ length: 2_200 }, (_, n) => ({ from: end - 4_400 + 2 * n, to: end - 4_399 + 2 * n }));

  test('whether their sums are read at once or one grain after the other', async () => {
    for (const spans of [[{ from: end - 7, to: end }], cutUp]) {
      const [{ sums }, events] = await asked(1, { spans });
      expect(events).toHaveLength(2_250);
      expect(comparable(sums)).toEqual(right(events, spans));
    }
  });

  test('also when it is put together from condensed spans', async () => {
    const { to } = spanOf('month', end);
    const spans = [{ from: january - 3_000, to }];
    const matches = ({ device }: Combination) => device === 'mobile';
    for (const atOnce of [500, 2 ** 30]) {
      const sizes = { until: to, left: 99_999, atOnce, bytesMax: 2 ** 30, recent: new Recent(0) };
      const [{ sums }, events] = await asked(3, { spans, matches, condensing: { ...sizes, keep: async () => {} } });
      expect(events.length).toBeGreaterThan(2_000);
      expect(comparable(sums)).toEqual(right(events, spans, ({ data }) => data.device === 'mobile'));
    }
  });

  test('or there is none while sums are raised at each look', async () => {
    await expect(asked(Infinity, { spans: cutUp })).rejects.toBeInstanceOf(Outgrown);
  });
});

test('the scans of a code that count are counted in all', async () => {
  const events = burst(3, 2_500);
  await trial(store.sql, scans, pieces(events, [1_000]), async tx => {
    const people = events.filter(({ data }) => kindUnder(currentRules, data) === 'scan');
    const expected = [...Map.groupBy(people, ({ data }) => data.qr)].map(([name, all]) => [name, all.length] as const);
    expect(await scanTotals(tx, ['qr_0', 'qr_1', 'qr_2', 'qr_3', 'qr_none'])).toEqual(new Map(expected));
  });
});

test('scans read as columns of the ledger make the same rows as scans that come as events', async () => {
  const events = burst(23, 2_600).map((event, i) => ({ ...event, data: { ...event.data, agent: i % 7 } }));
  const revised = eventOf(
    'counting.revised',
    'counting',
    { version: 2, bots: [3], people: [5] },
    { org: null as never },
  );
  for (let done = 0; done < events.length; done += 1_300) {
    const some = events.slice(done, done + 1_300);
    await store.ledger.append({
      ...{ at: some[0]!.at, org: null, actor: 'scanner', request: null, writes: [] },
      scans: { stream: 'scans-x', expected: done, scans: some.map(({ at, org, data }) => ({ at, org: org!, data })) },
    });
  }
  const expected = await modelled(store.sql, scans, [revised], events);
  const over = new Error('rolled back');
  const reading = transaction(store.sql, async tx => {
    await tx.unsafe(`set local search_path = ${schemaOf(scans)}`);
    for (const [after, to] of [
      [0, 700],
      [700, 2_600],
    ] as const) {
      const write = await scans.digest!(tx, after, to, [revised]);
      await write(tx);
    }
    expect(await rowsIn(tx, schemaOf(scans))).toEqual(expected);
    throw over;
  });
  await expect(reading).rejects.toBe(over);
}, 120_000);
