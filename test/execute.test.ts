import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { execute } from '../src/execute.ts';
import { readHead, readStream } from '../src/store/read.ts';
import { contextOf, creation, deletion, type QrOrder, relabeling, run } from './support/commands.ts';
import { faultsOf, problemOf } from './support/problem-of.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const context = contextOf();
const typesOf = async (id: string) => (await readStream(store.sql, id)).map(({ type }) => type);

describe('a command', () => {
  test('is on record with its time, organisation, actor and request before it is answered', async () => {
    const reply = await run(store, context, creation('qr_1', 'one'));
    expect(reply).toEqual({ status: 200, headers: {}, body: [[null, 1]] });
    const [event] = await readStream(store.sql, 'qr_1');
    expect(event).toMatchObject({ ...context, stream: 'qr_1', version: 1, type: 'qr.created', data: { slug: 'one' } });
  });

  test('that changes nothing is answered with the state as it is and leaves no trace', async () => {
    await run(store, context, creation('qr_2', 'two'));
    const head = await readHead(store.sql);
    expect((await run(store, context, relabeling('qr_2', null))).body).toEqual([[null, 1]]);
    expect(await readHead(store.sql)).toBe(head);
  });

  test('tells when the object was changed last, which is not when it was asked', async () => {
    const changedAt = async (at: number, label: string | null): Promise<unknown> => {
      const order = relabeling('qr_2', label);
      const reply = await execute(
        { ...store },
        contextOf({ at }),
        () => [order],
        ([outcome]) => ({
          status: 200,
          headers: {},
          body: outcome!.changedAt,
        }),
      );
      return reply.body;
    };
    expect(await changedAt(context.at + 5_000, null)).toBe(context.at);
    expect(await changedAt(context.at + 6_000, 'Menu')).toBe(context.at + 6_000);
    expect(await changedAt(context.at + 7_000, 'Menu')).toBe(context.at + 6_000);
  });

  test('that the decider refuses leaves no trace', async () => {
    const head = await readHead(store.sql);
    const bad = await problemOf(run(store, context, relabeling('qr_1', 'a\u0000b')));
    expect(faultsOf(bad)).toEqual(['/label format']);
    expect(await readHead(store.sql)).toBe(head);
  });

  test('on an object of another organisation finds nothing, as on one that never was', async () => {
    const other = contextOf({ org: 'org_2' });
    for (const order of [
      relabeling('qr_1', 'Mine'),
      deletion('qr_1'),
      relabeling('qr_none', 'x'),
      deletion('qr_none'),
    ]) {
      expect((await problemOf(run(store, other, order))).code).toBe('not_found');
    }
    expect(await typesOf('qr_1')).toEqual(['qr.created']);
  });

  test('on a stream of another noun finds nothing', async () => {
    const fact = { type: 'org.created', data: { name: 'Acme', plan: 'free' } };
    await store.ledger.append(requestOf('org_1', 0, fact));
    expect((await problemOf(run(store, context, deletion('org_1')))).code).toBe('not_found');
    expect((await problemOf(run(store, context, relabeling('org_1', 'x')))).code).toBe('not_found');
    expect(await typesOf('org_1')).toEqual(['org.created']);
  });
});

describe('several commands at once', () => {
  test('on one object are all decided, each on what the one before has left', async () => {
    await run(store, context, creation('qr_many', 'many'));
    const replies = await Promise.all(
      Array.from({ length: 25 }, (_, i) => run(store, context, relabeling('qr_many', `Label ${i}`))),
    );
    const versions = replies.map(({ body }) => (body as [string, number][])[0]![1]);
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 2));
    const events = await readStream(store.sql, 'qr_many');
    expect(new Set(events.slice(1).map(event => (event.data as { label: string }).label)).size).toBe(25);
  });

  test('that want to delete one object delete it once, and the others hear that it is gone', async () => {
    await run(store, context, creation('qr_del', 'del'));
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => run(store, context, deletion('qr_del'))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not_found' });
    }
    expect(await typesOf('qr_del')).toEqual(['qr.created', 'qr.deleted']);
  });

  test('are written together or not at all', async () => {
    await run(store, context, creation('qr_a', 'a1'), creation('qr_b', 'b1'));
    expect(await typesOf('qr_a')).toEqual(['qr.created']);
    expect(await typesOf('qr_b')).toEqual(['qr.created']);
    const head = await readHead(store.sql);
    const refused = [
      problemOf(run(store, context, relabeling('qr_a', 'x'), relabeling('qr_b', 'a\nb'))),
      problemOf(run(store, context, relabeling('qr_a', 'x'), relabeling('qr_b', 'y', { expected: [9] }))),
      problemOf(run(store, context, relabeling('qr_a', 'x'), creation('qr_c', 'a1'))),
    ];
    const codes = (await Promise.all(refused)).map(({ code }) => code);
    expect(codes).toEqual(['validation_failed', 'precondition_failed', 'conflict']);
    expect(await readHead(store.sql)).toBe(head);
  });
});

describe('a version the caller asks for', () => {
  test('is the one the command is decided on, or the present one is told', async () => {
    await run(store, context, creation('qr_v', 'vv'));
    expect((await run(store, context, relabeling('qr_v', 'A', { expected: [1] }))).body).toEqual([['A', 2]]);
    const late = await problemOf(run(store, context, relabeling('qr_v', 'B', { expected: [1] })));
    expect(late).toMatchObject({ code: 'precondition_failed', status: 412, headers: { etag: '"2"' } });
    expect((await run(store, context, relabeling('qr_v', 'B', { expected: [7, 2] }))).body).toEqual([['B', 3]]);
    expect((await problemOf(run(store, context, relabeling('qr_v', 'C', { expected: [] })))).status).toBe(412);
  });

  test('lets one of many callers through who have all seen it', async () => {
    await run(store, context, creation('qr_w', 'ww'));
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => run(store, context, relabeling('qr_w', `${i}`, { expected: [1] }))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(reasons).toEqual(Array(11).fill('precondition_failed'));
    expect(await typesOf('qr_w')).toEqual(['qr.created', 'qr.relabeled']);
  });
});

describe('a name', () => {
  const reply = () => ({ status: 201, headers: {}, body: null });

  test('that is taken is told to the next attempt, which takes another', async () => {
    await store.ledger.append({
      ...requestOf('qr_x', 0, created('dup')),
      claims: [{ name: 'slug:dup', stream: 'qr_x' }],
    });
    const seen: (readonly string[])[] = [];
    const orders = (taken: readonly string[]): QrOrder[] => {
      seen.push(taken);
      return [creation('qr_y', taken.length === 0 ? 'dup' : 'free')];
    };
    await execute(store, context, orders, reply);
    expect(seen).toEqual([[], ['slug:dup']]);
    expect((await readStream(store.sql, 'qr_y'))[0]).toMatchObject({ data: { slug: 'free' } });
  });

  test('that is generated twice for one request is generated anew, and nobody else notices', async () => {
    const slugs = ['same', 'same', 'left', 'right'];
    const orders = (): QrOrder[] => [creation('qr_l', slugs.shift()!), creation('qr_r', slugs.shift()!)];
    const bystander = run(store, context, creation('qr_by', 'bystander'));
    await Promise.all([execute(store, context, orders, reply), bystander]);
    expect(await Promise.all(['qr_l', 'qr_r', 'qr_by'].map(typesOf))).toEqual(Array(3).fill(['qr.created']));
  });

  test('that stays taken, or is asked for twice, ends in a conflict', async () => {
    expect((await problemOf(run(store, context, creation('qr_z', 'dup')))).code).toBe('conflict');
    expect((await problemOf(run(store, context, creation('qr_z', 'z1'), creation('qr_zz', 'z1')))).code).toBe(
      'conflict',
    );
    expect(await typesOf('qr_z')).toEqual([]);
  });

  test('goes to one of many who want it at once', async () => {
    const wanted = Array.from({ length: 10 }, (_, i) => run(store, context, creation(`qr_race_${i}`, 'wanted')));
    const results = await Promise.allSettled(wanted);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const rows = await store.sql`select stream from ledger.claims where name = 'slug:wanted'`;
    expect(rows).toHaveLength(1);
  });
});
