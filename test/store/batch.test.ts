/**
 * How requests travel: whatever text can be stored arrives as it was sent, also alone in its column, and text that
 * can't is refused before it could break the batch it would travel in.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AppendRequest } from '../../src/store/batch.ts';
import { readAnswer, readHead, readRun } from '../../src/store/read.ts';
import { scanData } from '../support/history.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

let n = 0;
const plain = (): AppendRequest => requestOf(`qr_${++n}`, 0, created('x'));
const labelled = (label: string): AppendRequest => requestOf(`qr_${++n}`, 0, { type: 'qr.relabeled', data: { label } });
const answer = { org: 'org_1', key: 'k', fingerprint: 'f', status: 200, headers: {}, body: '{}' };

describe('Text that can not be stored as it is', () => {
  const wrong: [string, () => AppendRequest][] = [
    ['U+0000 in the data', () => labelled('a\0b')],
    ['half a surrogate pair in the data', () => labelled('\ud83d')],
    ['the other half', () => labelled('x\udc68')],
    ['U+0000 behind a backslash', () => labelled('\\\0')],
    ['a line feed in a stream', () => requestOf('qr\n1', 0, created('x'))],
    ['a tab in a type', () => requestOf('qr_tab', 0, { type: 'qr\tcreated', data: {} })],
    ['a tab in an actor', () => ({ ...plain(), actor: 'key\t1' })],
    ['no actor', () => ({ ...plain(), actor: '' })],
    ['a control character in a request id', () => ({ ...plain(), request: 'req\u0001' })],
    ['half a surrogate pair in an organisation', () => ({ ...plain(), org: '\ud800' })],
    ['a line feed in a claim', () => ({ ...plain(), claims: [{ name: 'slug:a\nb', stream: 'qr_1' }] })],
    ['a line feed in an answer', () => ({ ...plain(), answer: { ...answer, body: '{\n}' } })],
    ['a line feed in an idempotency key', () => ({ ...plain(), answer: { ...answer, key: 'a\nb' } })],
    ['a line feed in a referrer', () => scansTo('scans-x', 0, scanOf('qr_1', { referrer: 'a\nb' }))],
    ['U+0000 in a language', () => scansTo('scans-x', 0, scanOf('qr_1', { language: '\0' }))],
    ['half a surrogate pair in a browser', () => scansTo('scans-x', 0, scanOf('qr_1', { browser: '\ud800' }))],
    ['no code in a scan', () => scansTo('scans-x', 0, scanOf(''))],
  ];

  test.each(wrong)('(%s) is refused, and those in the same batch are written', async (_, request) => {
    const before = await readHead(store.sql);
    const [first, refused, second] = await Promise.allSettled(
      [plain(), request(), plain()].map(r => store.ledger.append(r)),
    );
    expect([first!.status, refused!.status, second!.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((refused as PromiseRejectedResult).reason).toBeInstanceOf(TypeError);
    expect(await readHead(store.sql)).toBe(before + 2);
    expect(await store.sql`select from ledger.writers where stream = 'scans-x'`).toHaveLength(0);
  });
});

describe('Whatever can be stored', () => {
  test('in a scan comes back as it was sent, one at a time and many at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(scanData, { minLength: 1, maxLength: 30 }), async data => {
        const stream = `scans-${++n}`;
        const request = scansTo(stream, 0, ...data.map((one, i) => ({ at: i, org: `org_${i % 3}`, data: one })));
        const events = await store.ledger.append(request);
        const { events: stored } = await readRun(store.sql, 'scans', events[0]!.position - 1, data.length);
        expect(stored).toEqual([...events]);
      }),
      { numRuns: 40 },
    );
  });

  test('in an envelope comes back as it was sent', async () => {
    const word = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 9 })
      .map(text => text.replace(/\p{Cc}/gu, '-').toWellFormed());
    const envelope = fc.record({ org: fc.option(word), actor: word, request: fc.option(word), at: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(envelope, { minLength: 1, maxLength: 5 }), word, async (envelopes, name) => {
        const requests = envelopes.map(some => ({ ...plain(), ...some }));
        const answered = await Promise.all(
          requests.map((request, i) =>
            store.ledger.append({ ...request, claims: [{ name: `${name} ${n} ${i}`, stream: name }] }),
          ),
        );
        const events = answered.flat();
        const { events: stored } = await readRun(store.sql, 'facts', events[0]!.position - 1, events.length);
        expect(stored).toEqual(events);
      }),
      { numRuns: 40 },
    );
  });

  test('in an answer comes back as it was sent', async () => {
    const body = JSON.stringify({ label: 'Ölüdeniz\n"\\ \u2028 \0 \ud800' });
    const given = { ...answer, key: '!"$%&/()=?\\', body, headers: { location: 'https://example.com/ü', etag: '"1"' } };
    await store.ledger.append({ ...plain(), answer: given });
    expect(await readAnswer(store.sql, 'org_1', given.key)).toEqual(given);
    expect(await readAnswer(store.sql, 'org_2', given.key)).toBeUndefined();
  });
});

test('Scans that are alike in everything are as many rows as they are scans', async () => {
  const before = await readHead(store.sql);
  const scans = Array.from({ length: 50 }, () => scanOf('qr_same'));
  const events = await store.ledger.append(scansTo('scans-same', 0, ...scans));
  const { events: stored } = await readRun(store.sql, 'scans', before, 100);
  expect(stored).toEqual([...events]);
  expect(stored).toHaveLength(50);
});
