/**
 * What every read model promises: the same rows whichever batches the events come in, and nothing but its own schema
 * touched. Random histories on real tables.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { projections } from '../../projections/index.ts';
import { dayOf, type Projection, periodOf, schemaOf } from '../../projections/projection.ts';
import { afterErasures } from '../support/erasures.ts';
import { everything, facts, pieces, scanned } from '../support/history.ts';
import { modelled, prepareModels } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, projections);
});
afterAll(() => store.close());

describe.each(projections.map(projection => [projection.name, projection] as const))('%s', (_, projection) => {
  const events = { facts, scans: scanned, all: everything }[projection.family];

  test('has the same rows whichever batches the events come in', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.nat(), { maxLength: 6 }), async (history, cuts) => {
        const whole = await modelled(store.sql, projection, history);
        expect(await modelled(store.sql, projection, ...pieces(history, cuts))).toEqual(whole);
        expect(await modelled(store.sql, projection, ...history.map(event => [event]))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test('has the same rows when it is built anew after an erasure', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.nat(), { maxLength: 3 }), async (history, cuts) => {
        const lived = await modelled(store.sql, projection, ...pieces(history, cuts));
        expect(await modelled(store.sql, projection, afterErasures(history))).toEqual(lived);
      }),
      { numRuns: 60 },
    );
  });

  test('has tables that no other schema lends it', async () => {
    const tables = await store.sql`
      select table_name from information_schema.tables where table_schema = ${schemaOf(projection)}`;
    expect(tables.length).toBeGreaterThan(0);
    expect(projection.tables).not.toContain('.');
  });
});

/** The projection as it catches up: of scans it is given only those that it says it wants. */
const sparing = (projection: Projection): Projection => ({
  ...projection,
  async apply(sql, events, known) {
    const facts = events.filter(({ type }) => type !== 'scan.recorded');
    const orgs = await projection.scansOf!(sql, facts);
    const wanted = events.filter(({ type, org }) => type !== 'scan.recorded' || orgs.includes(org!));
    if (wanted.length > 0) await projection.apply(sql, wanted, known);
  },
});

test.each(projections.filter(({ scansOf }) => scansOf).map(projection => [projection.name, projection] as const))(
  '%s has the same rows without the scans that it does not want',
  async (_, projection) => {
    await fc.assert(
      fc.asyncProperty(everything, fc.array(fc.nat(), { maxLength: 3 }), async (history, cuts) => {
        const whole = await modelled(store.sql, projection, history);
        expect(await modelled(store.sql, sparing(projection), ...pieces(history, cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  },
);

test('a version is a schema of its own', () => {
  expect(schemaOf({ name: 'qrs', version: 3 })).toBe('qrs_v3');
});

test('days and months are those of UTC, to the last millisecond', () => {
  const midnight = Date.UTC(2026, 2, 1);
  expect([dayOf(midnight - 1), dayOf(midnight)]).toEqual(['2026-02-28', '2026-03-01']);
  expect([periodOf(midnight - 1), periodOf(midnight)]).toEqual(['2026-02', '2026-03']);
});
