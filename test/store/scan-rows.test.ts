import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Scan } from '../../events/scan.ts';
import { readScans, scansFrom } from '../../src/store/scan-rows.ts';
import { scanData } from '../support/history.ts';
import { scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let streams = 0;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

/** What comes back of scans that were put on record, under names that may be awkward themselves. */
async function readBack(scans: readonly { at: number; org: string; data: Scan }[], name = 'scans-') {
  const written = await store.ledger.append(scansTo(`${name}${++streams}`, 0, ...scans));
  const [first, last] = [written[0]!.position, written.at(-1)!.position];
  const read = await readScans(store.sql, store.sql`s.position between ${first} and ${last}`, scans.length);
  return { written: [...written], read };
}

describe('scans are read as they were written', () => {
  test('whatever they have in common and whatever they have to themselves', async () => {
    const scan = fc.record({ at: fc.nat(), org: fc.constantFrom('org_1', 'org_2', 'org_22'), data: scanData });
    await fc.assert(
      fc.asyncProperty(fc.array(scan, { minLength: 1, maxLength: 30 }), async scans => {
        const { written, read } = await readBack(scans);
        expect(read).toEqual(written);
      }),
      { numRuns: 40 },
    );
  });

  test('also where Postgres puts a text in quotes, in any column', async () => {
    const awkward = [
      'a,b',
      '"quoted"',
      '""',
      ',',
      '\\',
      '\\\\',
      '(x)',
      ' blank ',
      'São Paulo, "SP"\\',
      ')',
      "it's",
      'Ö,"',
    ];
    for (const text of awkward) {
      const all = { rule: text, country: text, os: text, browser: text, referrer: text, language: text };
      const rare = { region: text, city: text, utm: { source: text, medium: text, campaign: text } };
      const scans = [
        scanOf('qr_1'),
        scanOf(text),
        scanOf('qr_1', all),
        { ...scanOf('qr_1', rare), org: text },
        scanOf(text, { ...all, ...rare, earlier: { 1: 'bot' }, rules: 2, test: true }),
        scanOf('qr_1'),
      ];
      const { written, read } = await readBack(scans, text);
      expect(read).toEqual(written);
    }
  });

  test('in the order and the number that are asked for', async () => {
    const { written } = await readBack(Array.from({ length: 9 }, (_, i) => scanOf('qr_1', { visitor: i })));
    const where = store.sql`s.position >= ${written[0]!.position}`;
    expect(await readScans(store.sql, where, 4)).toEqual(written.slice(0, 4));
    expect(await readScans(store.sql, where, 2, 'desc')).toEqual(written.toReversed().slice(0, 2));
    expect(await readScans(store.sql, store.sql`s.position < 0`, 5)).toEqual([]);
    expect(scansFrom('')).toEqual([]);
  });
});
