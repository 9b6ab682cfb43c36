/**
 * Scans looked for in the ledger against the same scans filtered in memory: of any codes, times and values, in pages of
 * any size, from either end, with facts in between.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readScanPage, type ScanFilter } from '../../src/store/scan-pages.ts';
import { burst, type ScanEvent, said } from '../support/bursts.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let events: ScanEvent[];

beforeAll(async () => {
  store = await testStore();
  const made = burst(17, 900).map((event, i) => ({ ...event, org: i % 3 === 0 ? 'org_2' : 'org_1' }));
  for (let done = 0; done < made.length; done += 100) {
    const some = made.slice(done, done + 100);
    await store.ledger.append({
      ...{ at: some[0]!.at, org: null, actor: 'scanner', request: null },
      writes: [
        { stream: 'org_1', expected: done / 100, facts: [{ type: 'org.renamed', data: { name: `N ${done}` } }] },
      ],
      scans: { stream: 'scans-x', expected: done, scans: some.map(({ at, org, data }) => ({ at, org: org!, data })) },
    });
  }
  const rows = await store.sql`select position, version from ledger.scans order by position`;
  const positions = new Map(rows.map(row => [row['version'], row['position']]));
  events = made.map((event, i) => ({ ...event, position: positions.get(i + 1)! }));
});
afterAll(() => store.close());

const columns = ['kind', 'country', 'region', 'device', 'os', 'referrer', 'rule', 'utmSource'] as const;
const center = Date.UTC(2026, 0, 31, 22);
const filter: fc.Arbitrary<ScanFilter> = fc.record({
  org: fc.constantFrom('org_1', 'org_2', 'org_3'),
  test: fc.constantFrom(false, false, true),
  codes: fc.option(fc.subarray(['qr_0', 'qr_1', 'qr_2', 'qr_9'])),
  from: fc
    .option(fc.integer({ min: -9, max: 9 }), { nil: undefined })
    .map(hours => hours && center + hours * 3_600_000),
  before: fc
    .option(fc.integer({ min: -9, max: 9 }), { nil: undefined })
    .map(hours => hours && center + hours * 3_600_000),
  values: fc.dictionary(
    fc.constantFrom(...columns),
    fc.subarray(['', 'scan', 'bot', 'DE', 'DE-BE', 'mobile', 'iOS', 'a.example', 'weekend', 'poster'], {
      minLength: 1,
    }),
    { maxKeys: 2 },
  ),
});

function matching({ org, test: isTest, codes, from, before, values }: ScanFilter): number[] {
  return events
    .filter(
      event =>
        event.org === org &&
        (event.data.test ?? false) === isTest &&
        (codes === null || codes.includes(event.data.qr)) &&
        (from === undefined || event.at >= from) &&
        (before === undefined || event.at < before) &&
        Object.entries(values).every(([name, list]) =>
          list.includes((name === 'kind' ? event.data.kind : said(event.data, name as never)) ?? ''),
        ),
    )
    .map(({ position }) => position);
}

test('pages hold what matches, each once and in order, from either end', async () => {
  await fc.assert(
    fc.asyncProperty(
      filter,
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.integer({ min: 1, max: 300 }),
      async (asked, order, limit) => {
        const expected = matching(asked).sort((a, b) => (order === 'asc' ? a - b : b - a));
        const met: number[] = [];
        for (let after: number | undefined; ; after = met.at(-1)) {
          const page = await readScanPage(store.sql, asked, { after, order, limit });
          met.push(...page.map(({ position }) => position));
          if (page.length < limit) break;
        }
        expect(met).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('a scan is read with all that it says', async () => {
  const { org, data, position, at } = events.find(({ org, data }) => org === 'org_1' && data.utm && !data.test)!;
  const asked = { org: org!, test: false, codes: [data.qr], values: {} };
  const [found] = await readScanPage(store.sql, asked, { after: position - 1, order: 'asc', limit: 1 });
  expect(found).toMatchObject({ type: 'scan.recorded', position, at, data });
});
