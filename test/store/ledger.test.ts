/**
 * The one append path: what is answered is written, in order and without gaps; what is refused leaves nothing behind
 * and takes nobody with it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Answer } from '../../src/store/batch.ts';
import { type Commit, Ledger, Refused } from '../../src/store/ledger.ts';
import { readAnswer, readHead, readStream } from '../../src/store/read.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

let names = 0;
/** A stream nobody has used. */
const fresh = () => `qr_${++names}`;
const relabeled = (label: string) => ({ type: 'qr.relabeled', data: { label } });
const answerOf = (key: string, body = '{"id":1}'): Answer => ({
  org: 'org_1',
  key,
  fingerprint: 'f',
  status: 201,
  headers: { etag: '"1"' },
  body,
});
const count = async (table: string) => Number((await store.sql.unsafe(`select count(*) as n from ${table}`))[0]!['n']);
/** Everything a refused request might have left. */
const footprint = async () => ({
  head: await readHead(store.sql),
  rows: await Promise.all(
    ['events', 'scans', 'claims', 'answers', 'commits', 'writers'].map(table => count(`ledger.${table}`)),
  ),
});
const refusal = (reason: Refused['reason'], ...of: string[]) => expect.objectContaining({ reason, names: of });
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  );

describe('A request', () => {
  test('comes back as it stands in the ledger, with its positions and versions', async () => {
    const stream = fresh();
    const before = await readHead(store.sql);
    const events = await store.ledger.append(requestOf(stream, 0, created('a'), relabeled('b')));
    expect(events.map(event => [event.position - before, event.version])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await readStream(store.sql, stream)).toEqual([...events]);
    expect(store.ledger.position).toBe(before + 2);
  });

  test('of several streams is written whole', async () => {
    const [a, b] = [fresh(), fresh()];
    const both = {
      ...requestOf(a, 0, created('a')),
      writes: [requestOf(a, 0, created('a')), requestOf(b, 0, created('b'))].flatMap(r => r.writes),
    };
    const events = await store.ledger.append(both);
    expect(events.map(event => event.stream)).toEqual([a, b]);
    const half = {
      ...both,
      writes: [
        { stream: a, expected: 1, facts: [relabeled('x')] },
        { stream: b, expected: 5, facts: [relabeled('x')] },
      ],
    };
    const before = await footprint();
    expect(await failure(store.ledger.append(half))).toEqual(refusal('version', b));
    expect(await footprint()).toEqual(before);
  });

  test('of 10,000 events is one commit', async () => {
    const [a, b] = [fresh(), fresh()];
    const commits = await count('ledger.commits');
    const facts = Array.from({ length: 10_000 }, (_, i) => relabeled(`label ${i}`));
    const [events] = await Promise.all([
      store.ledger.append(requestOf(a, 0, ...facts)),
      store.ledger.append(requestOf(b, 0, created('b'))),
    ]);
    expect(events.map(event => event.version)).toEqual(facts.map((_, i) => i + 1));
    expect(await readStream(store.sql, a)).toEqual([...events]);
    expect(await count('ledger.commits')).toBe(commits + 2);
  });

  test('with nothing to write but an answer moves no position', async () => {
    const before = await readHead(store.sql);
    expect(await store.ledger.append({ ...requestOf(fresh(), 0), answer: answerOf('only') })).toEqual([]);
    expect(await readAnswer(store.sql, 'org_1', 'only')).toEqual(answerOf('only'));
    expect(await readHead(store.sql)).toBe(before);
  });
});

describe('A conflict', () => {
  test('refuses its own request only, though others are in the same batch', async () => {
    const [taken, a, b] = [fresh(), fresh(), fresh()];
    await store.ledger.append(requestOf(taken, 0, created('x')));
    const commits = await count('ledger.commits');
    const [first, refused, second] = await Promise.all([
      store.ledger.append(requestOf(a, 0, created('a'))),
      failure(store.ledger.append(requestOf(taken, 0, created('y')))),
      store.ledger.append(requestOf(b, 0, created('b'))),
    ]);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toEqual(refusal('version', taken));
    expect(second[0]!.position).toBe(first[0]!.position + 1);
    expect(await count('ledger.commits')).toBe(commits + 1);
  });

  test('of a version, a name, a key and a scan writer in one batch is told to each of them', async () => {
    const old = fresh();
    const claim = { name: `slug:${old}`, stream: old };
    await store.ledger.append({ ...requestOf(old, 0, created('x')), claims: [claim], answer: answerOf(old) });
    await store.ledger.append(scansTo(`scans-${old}`, 0, scanOf('qr_1')));
    const before = await footprint();
    const requests = [
      requestOf(old, 3, relabeled('x')),
      { ...requestOf(fresh(), 0, created('a')), claims: [claim], answer: answerOf('unused') },
      { ...requestOf(fresh(), 0, created('b')), claims: [{ name: 'slug:unused', stream: 'b' }], answer: answerOf(old) },
      scansTo(`scans-${old}`, 0, scanOf('qr_1')),
    ];
    const failures = await Promise.all(requests.map(request => failure(store.ledger.append(request))));
    expect(failures).toEqual([
      refusal('version', old),
      refusal('claim', claim.name),
      refusal('answer', old),
      refusal('version', `scans-${old}`),
    ]);
    expect(await footprint()).toEqual(before);
  });

  test('of two requests for one new name lets the first win', async () => {
    const streams = [fresh(), fresh(), fresh()];
    const claims = (stream: string) => [{ name: 'slug:wanted', stream }];
    const outcomes = await Promise.all(
      streams.map(stream =>
        failure(store.ledger.append({ ...requestOf(stream, 0, created('w')), claims: claims(stream) })),
      ),
    );
    expect(outcomes).toEqual([undefined, refusal('claim', 'slug:wanted'), refusal('claim', 'slug:wanted')]);
    const [row] = await store.sql`select stream from ledger.claims where name = 'slug:wanted'`;
    expect(row!['stream']).toBe(streams[0]);
  });

  test('within one request, which asks for a name twice, is told before it can break a batch', async () => {
    const [a, b] = [fresh(), fresh()];
    const claims = [
      { name: 'slug:twice', stream: a },
      { name: 'slug:other', stream: a },
      { name: 'slug:twice', stream: a },
    ];
    const [refused, written] = await Promise.all([
      failure(store.ledger.append({ ...requestOf(a, 0, created('a')), claims })),
      store.ledger.append(requestOf(b, 0, created('b'))),
    ]);
    expect(refused).toEqual(refusal('claim', 'slug:twice'));
    expect(written).toHaveLength(1);
    expect(await readStream(store.sql, a)).toEqual([]);
  });

  test('of an idempotency key in two organisations is none', async () => {
    const other = { ...answerOf('shared'), org: 'org_2' };
    await store.ledger.append({ ...requestOf(fresh(), 0, created('a')), answer: answerOf('shared') });
    await store.ledger.append({ ...requestOf(fresh(), 0, created('b')), answer: other });
    expect(await readAnswer(store.sql, 'org_2', 'shared')).toEqual(other);
  });
});

describe('Scans', () => {
  test('are versioned in their writer’s stream, and a batch that is sent again is refused', async () => {
    const stream = `scans-${fresh()}`;
    const first = scansTo(stream, 0, scanOf('qr_1'), scanOf('qr_2'));
    const events = await store.ledger.append(first);
    expect(events.map(event => [event.version, event.type])).toEqual([
      [1, 'scan.recorded'],
      [2, 'scan.recorded'],
    ]);
    expect(await failure(store.ledger.append(first))).toEqual(refusal('version', stream));
    expect(await failure(store.ledger.append(scansTo(stream, 3, scanOf('qr_1'))))).toEqual(refusal('version', stream));
    expect(await failure(store.ledger.append(scansTo(`${stream}-new`, 3, scanOf('qr_1'))))).toEqual(
      refusal('version', `${stream}-new`),
    );
    expect((await store.ledger.append(scansTo(stream, 2, scanOf('qr_1'))))[0]!.version).toBe(3);
  });

  test('use one writer’s number for all batches of a stream', async () => {
    const stream = `scans-${fresh()}`;
    for (let i = 0; i < 5; i++) await store.ledger.append(scansTo(stream, i, scanOf('qr_1')));
    const [row] = await store.sql`
      select last_value - max(id) as ahead from ledger.writers, ledger.writers_id_seq group by last_value`;
    expect(row!['ahead']).toBe(0);
  });
});

describe('The queue', () => {
  test('keeps the order of requests on one stream, whatever stands between them', async () => {
    const stream = fresh();
    const all = Array.from({ length: 30 }, (_, i) => [
      store.ledger.append(requestOf(stream, i, relabeled(`${i}`))),
      store.ledger.append(requestOf(fresh(), 0, created('x'))),
    ]);
    await Promise.all(all.flat());
    const events = await readStream(store.sql, stream);
    expect(events.map(({ data }) => (data as { label: string }).label)).toEqual(all.map((_, i) => `${i}`));
  });

  test('keeps behind a request that has to wait whatever else is on its streams', async () => {
    const [a, b] = [fresh(), fresh()];
    const both = [a, b].map((stream, i) => ({ stream, expected: 1 - i, facts: [relabeled('second')] }));
    const versions = await Promise.all([
      store.ledger.append(requestOf(a, 0, created('first'))),
      store.ledger.append({ ...requestOf(a, 1), writes: both }),
      store.ledger.append(requestOf(b, 1, relabeled('third'))),
    ]);
    expect(versions.map(events => events.map(({ version }) => version))).toEqual([[1], [2, 1], [2]]);
  });

  test('is cut into commits of at most 1,000 rows, told to listeners in order and without gaps', async () => {
    const heard: Commit[] = [];
    const before = await readHead(store.sql);
    const stop = store.ledger.onCommit(commit => heard.push(commit));
    const requests = Array.from({ length: 50 }, () => requestOf(fresh(), 0, ...Array(99).fill(relabeled('x'))));
    const answered = await Promise.all(requests.map(request => store.ledger.append(request)));
    stop();
    expect(heard.map(({ from, to }) => to - from)).toEqual([990, 990, 990, 990, 990]);
    expect(heard.map(({ from }) => from)).toEqual([before, ...heard.slice(0, -1).map(({ to }) => to)]);
    const byPosition = answered.flat().sort((a, b) => a.position - b.position);
    expect(heard.flatMap(({ facts }) => facts)).toEqual(byPosition);
  });

  test('is written before the ledger closes, and nothing after that', async () => {
    const ledger = new Ledger(store.url);
    const streams = Array.from({ length: 100 }, fresh);
    const answers = streams.map(stream => ledger.append(requestOf(stream, 0, created('x'))));
    await ledger.close();
    await Promise.all(answers);
    const [row] = await store.sql`select count(*) as n from ledger.events where stream = any(${streams})`;
    expect(row!['n']).toBe(100);
    await expect(ledger.append(requestOf(fresh(), 0, created('x')))).rejects.toThrow('the ledger is closed');
  });
});
