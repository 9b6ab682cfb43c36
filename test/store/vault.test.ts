/**
 * What keeps the pads: they are on record with their facts or not at all, found again for any choice of events, changed
 * by nobody, and destroyed together with the event that says so.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { readHead, readPage, readRun, readStoredRun, readStream } from '../../src/store/read.ts';
import { openAll } from '../../src/store/vault.ts';
import { verifyChain } from '../support/chain.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

let names = 0;
const fresh = () => `qr_${++names}`;
const deleted = { type: 'qr.deleted', data: {} };
const erased = { type: 'qr.erased', data: {} };
const labels = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ type: 'qr.relabeled', data: { label: `Label ${i} ${'x'.repeat(i)}` } }));
const stored = async (from: number) => (await readStoredRun(store.sql, 'facts', from, 1_000_000)).events;
const labelOf = ({ data }: AnyEvent) => (data as { label?: string }).label;

describe('Facts', () => {
  test('of one commit and of many are opened, whichever of them are asked for', async () => {
    const before = await readHead(store.sql);
    const written: AnyEvent[] = [];
    for (const count of [1, 15, 16, 17, 40, 0, 100]) {
      const mixed = labels(count).flatMap((fact, i) => (i % 5 === 3 ? [deleted, fact] : [fact]));
      written.push(...(await store.ledger.append(requestOf(fresh(), 0, ...mixed, deleted))));
      await store.ledger.append(scansTo(`scans-${count}`, 0, scanOf('qr_1'), scanOf('qr_2')));
    }
    const all = await stored(before);
    expect([...(await openAll(store.sql, all))]).toEqual(written);
    for (const step of [2, 7, 50, 1000]) {
      const some = all.filter((_, i) => i % step === 0).reverse();
      const wanted = written.filter((_, i) => i % step === 0).reverse();
      expect([...(await openAll(store.sql, some))]).toEqual(wanted);
    }
    for (const name of new Set(written.map(({ stream }) => stream))) {
      expect(await readStream(store.sql, name)).toEqual(written.filter(({ stream }) => stream === name));
    }
    const page = await readPage(store.sql, { org: 'org_1', types: ['qr.relabeled'] }, before, 1_000);
    expect(page as AnyEvent[]).toEqual(written.filter(({ type }) => type === 'qr.relabeled'));
  });

  test('are written with their pads in one commit, and refused ones leave none', async () => {
    const stream = fresh();
    await store.ledger.append(requestOf(stream, 0, created('a')));
    const count = async () => (await store.sql`select count(*) as n from vault.pads`)[0]!['n'];
    const before = await count();
    await expect(store.ledger.append(requestOf(stream, 0, created('b')))).rejects.toThrow('refused');
    expect(await count()).toBe(before);
  });

  test('stand in the ledger without a byte of what is personal, and are what the chain is made of', async () => {
    await store.ledger.append(requestOf(fresh(), 0, created('plainly')));
    const rows = await store.sql`select row_to_json(e)::text as row from ledger.events e`;
    const text = rows.map(({ row }) => row).join('\n');
    expect(text).toContain('"slug":"plainly"');
    expect(text).not.toContain('https://example.com/plainly');
    expect(text).not.toContain('Label plainly');
    expect(await verifyChain(store.sql)).toBeGreaterThan(0);
  });
});

describe('An erasure', () => {
  test('destroys the pads of its stream and of no other, and the chain holds', async () => {
    const [gone, other] = [fresh(), fresh()];
    const mixed = [gone, other, gone, other].map((stream, i) => ({
      stream,
      expected: i < 2 ? 0 : 20,
      facts: i < 2 ? labels(20) : labels(3),
    }));
    await store.ledger.append({ ...requestOf('', 0), writes: mixed.slice(0, 2) });
    await store.ledger.append({ ...requestOf('', 0), writes: mixed.slice(2) });
    const before = await readStream(store.sql, other);
    await store.ledger.append(requestOf(gone, 23, erased));
    expect((await readStream(store.sql, gone)).map(labelOf)).toEqual([...Array(23).fill(''), undefined]);
    expect(await readStream(store.sql, other)).toEqual(before);
    const { events } = await readRun(store.sql, 'facts', 0, 1_000_000);
    expect(events.filter(({ stream }) => stream === gone).map(labelOf)).toEqual([...Array(23).fill(''), undefined]);
    expect(await verifyChain(store.sql)).toBeGreaterThan(0);
  });

  test('that is refused destroys nothing', async () => {
    const stream = fresh();
    await store.ledger.append(requestOf(stream, 0, created('kept')));
    await expect(store.ledger.append(requestOf(stream, 7, erased))).rejects.toThrow('refused');
    expect((await readStream(store.sql, stream)).map(labelOf)).toEqual(['Label kept']);
  });

  test('forgets what was answered about its stream, and only that', async () => {
    const [gone, other] = [fresh(), fresh()];
    const answer = (key: string) => ({
      org: 'org_1',
      key,
      fingerprint: 'f',
      status: 201,
      headers: {},
      body: '{"a":1}',
    });
    const both = [gone, other].map(stream => ({ stream, expected: 0, facts: [created(stream)] }));
    await store.ledger.append({ ...requestOf('', 0), request: 'req_both', writes: both, answer: answer('both') });
    await store.ledger.append({ ...requestOf(gone, 1), request: 'req_none', answer: answer('none') });
    await store.ledger.append({ ...requestOf(other, 1, ...labels(1)), request: 'req_o', answer: answer('other') });
    await store.ledger.append({ ...requestOf(gone, 1, erased), request: 'req_e', answer: answer('erasing') });
    const rows = await store.sql`select key, fingerprint, body from ledger.answers order by key`;
    expect(rows.map(row => [row['key'], row['fingerprint'], row['body']])).toEqual([
      ['both', null, null],
      ['erasing', 'f', '{"a":1}'],
      ['none', null, null],
      ['other', 'f', '{"a":1}'],
    ]);
  });
});

describe('The database refuses that a pad', () => {
  test.each([
    ['is replaced', "update vault.pads set pad = decode(repeat('5a', length(pad)), 'hex')"],
    ['is cut', 'update vault.pads set pad = substring(pad from 2)'],
    ['is moved', 'update vault.pads set first = first + 100000'],
    ['is cut otherwise', "update vault.pads set starts = '{0}'"],
    ['is deleted', 'delete from vault.pads'],
    ['is truncated', 'truncate vault.pads'],
  ])('%s', async (_, statement) => {
    await store.ledger.append(requestOf(fresh(), 0, created('a'), ...labels(2)));
    await expect(store.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
