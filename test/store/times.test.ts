/**
 * Where a time can be, against the ledger itself: whatever is asked for is found, though clocks go back, scans come home
 * late and the first ones lie in a file by now; and what can't hold it is not looked at.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Grower } from '../../src/proofs/grower.ts';
import { archive, fullPartitions } from '../../src/store/archiving.ts';
import { readHead, readPage } from '../../src/store/read.ts';
import { readScanPage } from '../../src/store/scan-pages.ts';
import { lastBefore, type Span, spansOf, sumUpTimes } from '../../src/store/times.ts';
import { partitioned } from '../support/moving.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

const width = 16_384;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
/** Three blocks of a day each, and the beginning of a fourth; in the second one scans of the day before came home. */
const count = 3 * width + 500;
const timeOf = (position: number): number => {
  const n = Math.floor((position - 1) / width);
  return start + n * day + (n === 1 && position % 100 === 0 ? -day / 2 : (position % 1_000) * 1_000);
};
let store: TestStore;
const times: { position: number; at: number }[] = [];

beforeAll(async () => {
  store = await testStore();
  await partitioned(store.sql, 1_000);
  for (let position = 1, scanned = 0, facts = 0; position <= count; ) {
    const isFact = (position - 1) % 4_000 === 0;
    const size = isFact ? 1 : Math.min(3_999, count + 1 - position);
    const ats = Array.from({ length: size }, (_, i) => timeOf(position + i));
    if (isFact) await store.ledger.append({ ...requestOf(`qr_${facts++}`, 0, created(`s${position}`)), at: ats[0]! });
    else await store.ledger.append(scansTo('scans-1', scanned, ...ats.map((at, i) => scanOf(`qr_${i % 7}`, {}, at))));
    if (!isFact) scanned += size;
    times.push(...ats.map((at, i) => ({ position: position + i, at })));
    position += size;
  }
  const [first] = await fullPartitions(store.sql);
  await archive(store.sql, first!, scratchDirectory(), start);
  await new Grower(store.sql, () => {}).settle();
});
afterAll(() => store.close());

async function spans(from: number | undefined, before: number | undefined, after = 0): Promise<Span[]> {
  const found: Span[] = [];
  for await (const span of spansOf(store.sql, { from, before }, after, await readHead(store.sql))) found.push(span);
  return found;
}

describe('Times of a ledger', () => {
  test('are summed up for each block that is complete, without bounds where scans are in a file', async () => {
    const before = await store.sql`select * from ledger.times order by block`;
    expect(before.map(row => [row['min_ms'], row['max_ms']])).toEqual([
      [0, Number.MAX_SAFE_INTEGER],
      ...[1, 2].map(block => {
        const ats = times.filter(({ position }) => Math.ceil(position / width) === block + 1).map(({ at }) => at);
        return [Math.min(...ats), Math.max(...ats)];
      }),
    ]);
    await sumUpTimes(store.sql, count);
    expect(await store.sql`select * from ledger.times order by block`).toEqual(before);
  });

  test('say which positions need not be looked at', async () => {
    const open = { after: 3 * width, to: count };
    const unbounded = { after: 0, to: width };
    expect(await spans(undefined, undefined)).toEqual([{ after: 0, to: count }]);
    expect(await spans(start + 2.5 * day, undefined)).toEqual([unbounded, open]);
    expect(await spans(start + 0.6 * day, start + 1.9 * day)).toEqual([{ after: 0, to: 2 * width }, open]);
    const last = { after: 2 * width, to: 3 * width };
    expect(await spans(start + 2 * day, undefined, width + 5)).toEqual([last, open]);
    expect(await spans(start + 2 * day, undefined, count)).toEqual([]);
  });

  test('lead to every event of a time and to no other', async () => {
    const hours = fc.option(fc.integer({ min: -2, max: 90 }), { nil: undefined, freq: 4 });
    const asked = fc.record({
      from: hours,
      before: hours,
      after: fc.nat({ max: count }),
      limit: fc.constantFrom(1, 100, 5_000),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ from, before, after, limit }) => {
        const filter = {
          org: 'org_1',
          from: from === undefined ? undefined : start + from * 3_600_000,
          before: before === undefined ? undefined : start + before * 3_600_000,
        };
        const page = await readPage(store.sql, filter, after, limit);
        const meant = times.filter(
          ({ position, at }) =>
            position > after && at >= (filter.from ?? 0) && at < (filter.before ?? Number.POSITIVE_INFINITY),
        );
        expect(page.map(({ position }) => position)).toEqual(meant.slice(0, limit).map(({ position }) => position));
        const scans = meant.flatMap(({ position }) => ((position - 1) % 4_000 === 0 ? [] : position));
        const asked = { ...filter, test: false, codes: null, values: {} };
        const up = await readScanPage(store.sql, asked, { order: 'asc', after, limit });
        expect(up.map(({ position }) => position)).toEqual(scans.slice(0, limit));
        // From the end back to behind that position, and what lies before it is none of its business here.
        const down = await readScanPage(store.sql, asked, { order: 'desc', limit });
        const nearest = down.map(({ position }) => position).filter(position => position > after);
        expect(nearest).toEqual(scans.toReversed().slice(0, nearest.length));
        expect(nearest.length).toBe(Math.min(limit, scans.length));
      }),
      { numRuns: 40 },
    );
  });

  test('have a last event before any of them', async () => {
    for (let hours = -24; hours <= 90; hours += 3) {
      const before = start + hours * 3_600_000;
      const last = times.findLast(({ at }) => at < before)?.position ?? 0;
      expect(await lastBefore(store.sql, 'org_1', before, count)).toBe(last);
    }
    expect(await lastBefore(store.sql, 'org_2', start + 90 * 3_600_000, count)).toBe(0);
  });
});
