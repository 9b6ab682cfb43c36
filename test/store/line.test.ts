/**
 * The hash chain, recomputed from the stored rows over commits of every kind, and what the canonical line lets in.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AppendRequest } from '../../src/store/batch.ts';
import { chain, digestOf, factLine, genesis, isColumn, isReadable, scanLine } from '../../src/store/line.ts';
import { readRun } from '../../src/store/read.ts';
import { verifyChain } from '../support/chain.ts';
import { scanData } from '../support/history.ts';
import { requestOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const awkward = [
  'Ölüdeniz ☕ \u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
  `"quoted" 'and' \\ back\\slashed \\n \\u0000 \\\\u0000`,
  '{"json": [1, "\\t"]}',
  'line\nfeed, tab\tand\rreturn \u0001\u001f',
  'null',
  '',
  '\u2028\u2029\u0085\u00a0\ufeff\ufffe',
  "\\x00 \\N %s $1 E'\\''",
];

describe('The chain', () => {
  test('of an empty ledger is its first hash', async () => {
    expect(await verifyChain(store.sql)).toBe(0);
    const [head] = await store.sql`select hash from ledger.head`;
    expect(genesis.equals(head!['hash'])).toBe(true);
  });

  test('can be recomputed from the rows over facts, scans and both in one commit, whatever text they hold', async () => {
    let scanned = 0;
    let n = 0;
    const fact = (label: string) =>
      requestOf(`qr_${++n}`, 0, { type: 'qr.relabeled', data: { label, [label]: 1.5e-7 } });
    const nobody = { ...fact('x'), org: null, request: null };
    const samples = fc.sample(scanData, { numRuns: 60, seed: 7 }).map((data, i) => ({ at: i, org: 'org_1', data }));
    const nextScans = (count: number) => {
      const request = scansTo('scans-1', scanned, ...samples.slice(scanned, scanned + count));
      scanned += count;
      return request;
    };
    await store.ledger.append(nobody);
    await store.ledger.append(nextScans(1));
    const together = (...requests: AppendRequest[]) =>
      Promise.all(requests.map(request => store.ledger.append({ ...request, isJoined: true })));
    await together(...awkward.map(fact), nextScans(20));
    await together(nextScans(30), ...awkward.map(fact));
    expect(await verifyChain(store.sql)).toBe(4);
    const { events } = await readRun(store.sql, 'facts', 1, 100);
    const labels = events.map(({ data }) => (data as { label: string }).label);
    expect(labels).toEqual([...awkward, ...awkward]);
  });

  test('holds for random text', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 }), async labels => {
        const storable = labels.map(label => label.replaceAll('\0', '').toWellFormed());
        const facts = storable.map(label => ({ type: 'qr.relabeled', data: { label } }));
        const events = await store.ledger.append(requestOf(`random_${++n}`, 0, ...facts));
        const { events: stored } = await readRun(store.sql, 'facts', events[0]!.position - 1, labels.length);
        expect(stored).toEqual([...events]);
      }),
      { numRuns: 30 },
    );
    await verifyChain(store.sql);
  });

  test('takes in every column of a row', () => {
    const row = { stream: 's', version: 1, type: 't', at: 2, org: 'o', actor: 'a', request: 'r', data: '{}' };
    const scan = {
      ...fc.sample(scanData, 1)[0]!,
      rule: 'r',
      country: 'c',
      os: 'o',
      browser: 'b',
      referrer: 'f',
      language: 'l',
    };
    const rare = { region: 'r', city: 'c', test: undefined, rules: undefined };
    const scanRow = { ...scan, ...rare, stream: 's', version: 1, at: 2, org: 'o' };
    const judged = { utm: {}, earlier: {} };
    const changes = <T extends object>(whole: T, render: (row: T) => string) =>
      Object.keys(whole).filter(name => render({ ...whole, [name]: 'another' }) === render(whole));
    expect(changes(row, factLine)).toEqual([]);
    expect(changes(scanRow as never, scanLine)).toEqual([]);
    const line = (more: object) => scanLine({ ...scanRow, ...judged, ...more } as never);
    const campaigns = [{}, { source: 'x' }, { medium: 'x' }, { campaign: 'x' }].map(utm => line({ utm }));
    const verdicts = [{}, { 1: 'bot' }, { 2: 'bot' }, { 1: 'scan' }].map(earlier => line({ earlier }));
    expect(new Set([...campaigns, ...verdicts]).size).toBe(7);
    expect(chain(genesis, digestOf('a')).equals(chain(genesis, digestOf('b')))).toBe(false);
    expect(chain(genesis, digestOf('a')).equals(chain(digestOf(''), digestOf('a')))).toBe(false);
  });
});

describe('Text', () => {
  test.each(['\0', '\t', '\n', '\u001f', 'a\ud800', '\udc00b'])('such as %j stands in no column', text => {
    expect(isColumn(text)).toBe(false);
  });

  test.each(['', 'qr_1', 'Ölüdeniz', '\u2028', '\u{1F468}', '\u007f'])('such as %j stands in a column', text => {
    expect(isColumn(text)).toBe(true);
  });

  test('of JSON is readable exactly when Postgres can take a string out of it', async () => {
    const hard = fc.constantFrom('\\', '\0', 'u0000', '\ud800', '\udc00', '\u{1F468}', 'd800', '"', 'a', '\u0001');
    await fc.assert(
      fc.asyncProperty(fc.array(hard, { maxLength: 6 }), async parts => {
        const json = JSON.stringify({ label: parts.join('') });
        const taken = store.sql`select ${json}::text::json ->> 'label' as label`.then(
          rows => rows[0]!['label'],
          () => undefined,
        );
        expect((await taken) === parts.join('')).toBe(isReadable(json));
      }),
      { numRuns: 300 },
    );
  });
});
