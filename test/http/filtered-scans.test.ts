/**
 * The limit of a filter: it counts the scans of all codes and months that are asked about, and nothing below it is refused.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { quarterOf } from '../../projections/scan-times.ts';
import { scans } from '../../projections/scans.ts';
import { assertFew } from '../../src/http/filtered-scans.ts';
import { Problem } from '../../src/problem.ts';
import { burst } from '../support/bursts.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

test('a filter reaches as far as the limit, and who goes beyond is told both numbers', async () => {
  const events = burst(29, 3_000);
  const names = ['qr_0', 'qr_1'];
  const spans = [{ from: quarterOf(Date.UTC(2026, 0, 1)), to: quarterOf(Date.UTC(2026, 1, 1)) }];
  const mine = events.filter(
    ({ at, data }) => names.includes(data.qr) && quarterOf(at) >= spans[0]!.from && quarterOf(at) < spans[0]!.to,
  ).length;
  expect(mine).toBeGreaterThan(1_000);
  await trial(store.sql, scans, [events], async tx => {
    await assertFew(tx, names, spans, mine);
    await assertFew(tx, ['qr_none'], spans, 0);
    const refused = await assertFew(tx, names, spans, mine - 1).catch(error => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(refused.errors).toMatchObject([{ pointer: '?from', code: 'too_many' }]);
    expect(refused.errors[0].detail).toContain(`${mine.toLocaleString('en')} scans`);
    expect(refused.errors[0].detail).toContain(`at most ${(mine - 1).toLocaleString('en')}`);
  });
});
