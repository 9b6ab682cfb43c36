/** What `execute` promises beyond the single try: once and once only, also when the store goes away meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { replay } from '../src/execute.ts';
import { connect } from '../src/store/connect.ts';
import { Ledger } from '../src/store/ledger.ts';
import { readHead, readStream } from '../src/store/read.ts';
import { contextOf, creation, deletion, keyed, type QrOrder, relabeling, run } from './support/commands.ts';
import { problemOf } from './support/problem-of.ts';
import { type TestStore, testStore } from './support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const context = contextOf();
const countOf = async (id: string) => (await readStream(store.sql, id)).length;

describe('an idempotency key', () => {
  test('gives the first answer again to the same request, and writes nothing again', async () => {
    const first = await run(store, keyed('k1'), creation('qr_1', 'one'));
    const head = await readHead(store.sql);
    const second = await run(store, keyed('k1'), creation('qr_other', 'other'));
    expect(second).toEqual({ ...first, replayed: true });
    expect(first.replayed).toBeUndefined();
    expect(await readHead(store.sql)).toBe(head);
    expect(await replay(store, keyed('k1'))).toEqual(second);
  });

  test('is refused to another request, whether that would succeed or not', async () => {
    for (const order of [creation('qr_2', 'two'), deletion('qr_none')]) {
      const problem = await problemOf(run(store, keyed('k1', 'b'), order));
      expect(problem).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    }
    expect(await countOf('qr_2')).toBe(0);
  });

  test('belongs to its organisation', async () => {
    const reply = await run(store, keyed('k1', 'b', 'org_2'), creation('qr_3', 'three'));
    expect(reply.replayed).toBeUndefined();
    expect(await countOf('qr_3')).toBe(1);
  });

  test('remembers the answer to a command that changes nothing', async () => {
    const head = await readHead(store.sql);
    const first = await run(store, keyed('noop'), relabeling('qr_1', null));
    expect(first.body).toEqual([[null, 1]]);
    expect(await readHead(store.sql)).toBe(head);
    await run(store, context, relabeling('qr_1', 'Changed meanwhile'));
    expect(await run(store, keyed('noop'), relabeling('qr_1', null))).toEqual({ ...first, replayed: true });
  });

  test('of a refused request may be used again', async () => {
    expect((await problemOf(run(store, keyed('again'), deletion('qr_none')))).code).toBe('not_found');
    expect((await run(store, keyed('again', 'b'), creation('qr_4', 'four'))).replayed).toBeUndefined();
  });

  test('remembers every character of an answer', async () => {
    const body = { text: 'tab\t, lines\r\n, quotes "\', 中文 😀, half \ud800, nul \u0000, \u2028' };
    await store.ledger.append({
      ...{ at: 1, org: 'org_1', actor: 'a', request: null, writes: [] },
      answer: {
        ...keyed('text').idempotency!,
        org: 'org_1',
        status: 201,
        headers: { etag: '"1"' },
        body: JSON.stringify(body),
      },
    });
    expect(await replay(store, keyed('text'))).toEqual({ status: 201, headers: { etag: '"1"' }, body, replayed: true });
  });
});

describe('20 requests with one idempotency key at once', () => {
  /** All replies; one wrote, all say the same. */
  async function race(key: string, order: (i: number) => QrOrder): Promise<void> {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => run(store, keyed(key), order(i))));
    const [first] = replies;
    for (const { status, body } of replies)
      expect({ status, body }).toEqual({ status: first!.status, body: first!.body });
    expect(replies.filter(({ replayed }) => !replayed)).toHaveLength(1);
  }

  test('create one code, also when its slug is claimed by the first of them', async () => {
    await race('create', i => creation(`qr_create_${i}`, 'claimed'));
    const [row] = await store.sql`select count(*) from ledger.events where stream like 'qr_create_%'`;
    expect(row!['count']).toBe(1);
  });

  test('change a code once', async () => {
    await run(store, context, creation('qr_c', 'cc'));
    await race('change', () => relabeling('qr_c', 'Once'));
    expect(await countOf('qr_c')).toBe(2);
  });

  test('change a code once when all of them name the version they have seen', async () => {
    await run(store, context, creation('qr_i', 'ii'));
    await race('if-match', () => relabeling('qr_i', 'Once', { expected: [1] }));
    expect(await countOf('qr_i')).toBe(2);
  });

  test('delete a code once, and all hear that it was deleted', async () => {
    await run(store, context, creation('qr_d', 'dd'));
    await race('delete', () => deletion('qr_d'));
    expect(await countOf('qr_d')).toBe(2);
  });

  test('with 20 different contents write one of them', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => run(store, keyed('mixed', `${i}`), creation(`qr_mix_${i}`, `mix${i}`))),
    );
    const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(refused).toEqual(Array(19).fill('idempotency_key_reused'));
    const [row] = await store.sql`select count(*) from ledger.events where stream like 'qr_mix_%'`;
    expect(row!['count']).toBe(1);
  });
});

describe('a store that is away', () => {
  const nowhere = 'postgres://postgres@127.0.0.1:1/nothing';

  test('is told as unavailable, with a time to come back, and not as our mistake', async () => {
    const ledger = new Ledger(nowhere);
    const sql = connect(nowhere, { max: 1 });
    for (const deps of [
      { ledger, sql: store.sql },
      { ledger: store.ledger, sql },
      { ledger, sql },
    ]) {
      for (const asked of [context, keyed('away')]) {
        const problem = await problemOf(run(deps, asked, creation('qr_9', 'nine', { fresh: false })));
        expect(problem).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      }
    }
    await ledger.close();
    await sql.end({ timeout: 1 });
    expect(await countOf('qr_9')).toBe(0);
  });

  test('that cuts connections while commands run has written what was answered, and each key once', async () => {
    await run(store, context, creation('qr_cut', 'cut'));
    const labels = Array.from({ length: 200 }, (_, i) => `Label ${i}`);
    const cuts = [50, 100, 150];
    const answered = new Set<string>();
    for (const [i, label] of labels.entries()) {
      const attempt = () => run(store, keyed(label), relabeling('qr_cut', label)).catch(error => error);
      let result = attempt();
      if (cuts.includes(i)) {
        await store.sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'indelible ledger' and datname = current_database()`;
      }
      for (let tries = 0; (await result).code === 'unavailable' && tries < 10; tries++) result = attempt();
      expect((await result).status).toBe(200);
      answered.add(label);
    }
    const written = (await readStream(store.sql, 'qr_cut'))
      .slice(1)
      .map(event => (event.data as { label: string }).label);
    expect(written).toEqual(labels);
    expect(answered.size).toBe(labels.length);
  });
});
