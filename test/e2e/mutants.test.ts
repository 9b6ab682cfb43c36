/**
 * What this house does not do, done: four well-known ways to lose or repeat events in silence are built beside the real
 * thing, and the same check is run on both. It has to pass on the one and fail on the other, or it proves nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import type { Projection, Sql } from '../../projections/projection.ts';
import { Projector } from '../../src/projector.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readHead, readRun } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { type Feed, type Listener, Subscription } from '../../src/stream/subscribe.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

let names = 0;
const fresh = () => `qr_${++names}`;
const code = (stream: string) => requestOf(stream, 0, created(stream.replace('_', '-')));

describe('A reader that asks for what comes after its checkpoint', () => {
  /** Whether a reader that looks between two commits, of which the first to begin is the last to end, sees both. */
  async function seesBoth(
    begin: () => Promise<{ end(): Promise<unknown> }>,
    read: (after: number) => Promise<number[]>,
  ) {
    const seen: number[] = [];
    const look = async () => void seen.push(...(await read(seen.at(-1) ?? 0)));
    const [slow, quick] = [await begin(), await begin()];
    await quick.end();
    await look();
    await slow.end();
    await look();
    return seen.length === 2 && seen[1] === seen[0]! + 1;
  }

  test('misses an event when positions come from a bare sequence', async () => {
    await store.sql`create table public.bare (position bigserial primary key)`;
    const begin = async () => {
      const sql = connect(store.url, { max: 1 });
      await sql`begin`;
      await sql`insert into public.bare default values`;
      return { end: () => sql`commit`.then(() => sql.end()) };
    };
    const read = async (after: number) =>
      (await store.sql`select position from public.bare where position > ${after} order by position`).map(
        row => row['position'] as number,
      );
    expect(await seesBoth(begin, read)).toBe(false);
  });

  test('misses none of the ledger, whoever is held up', async () => {
    const own = await testStore();
    const begin = async () => {
      const ledger = new Ledger(own.url);
      const stream = fresh();
      // It is under way; which of two is first is the ledger's to say.
      const written = ledger.append(code(stream));
      return { end: () => written.then(() => ledger.close()) };
    };
    const read = async (after: number) =>
      (await readRun(own.sql, 'facts', after, 100)).events.map(({ position }) => position);
    expect(await seesBoth(begin, read)).toBe(true);
    await own.close();
  });
});

describe('A write that was answered', () => {
  /** Whether each of two writers of one version who was answered finds what he wrote. */
  async function isKept(append: (label: string) => Promise<unknown>, read: () => Promise<string[]>): Promise<boolean> {
    const answered: string[] = [];
    await Promise.all(
      ['one', 'two'].map(label =>
        append(label).then(
          () => answered.push(label),
          () => {},
        ),
      ),
    );
    const labels = await read();
    return answered.every(label => labels.includes(label));
  }

  test('is lost when a conflict is met with DO NOTHING', async () => {
    await store.sql`create table public.silent (stream text, version integer, label text, primary key (stream, version))`;
    const append = (label: string) =>
      store.sql`insert into public.silent values ('s', 1, ${label}) on conflict do nothing`.then(() => {});
    const read = async () => (await store.sql`select label from public.silent`).map(row => row['label'] as string);
    expect(await isKept(append, read)).toBe(false);
  });

  test('is in the ledger, and the other one was refused', async () => {
    const stream = fresh();
    const append = (label: string) =>
      store.ledger.append(requestOf(stream, 0, { type: 'qr.relabeled', data: { label } }));
    const read = async () =>
      (await store.sql`select position from ledger.events where stream = ${stream}`).length === 1
        ? (await readRun(store.sql, 'facts', 0, 10_000)).events
            .filter(event => event.stream === stream)
            .map(({ data }) => (data as { label: string }).label)
        : [];
    expect(await isKept(append, read)).toBe(true);
  });
});

describe('A read model whose work fails once', () => {
  const tables = 'create table seen (position bigint primary key)';
  const put = (sql: Sql, events: readonly AnyEvent[]) =>
    sql`insert into seen select unnest(${events.map(({ position }) => position)}::bigint[])`;

  test('lacks rows when the checkpoint moves before the effect', async () => {
    await store.sql.unsafe(`create schema mutant; set search_path = mutant; ${tables}`).simple();
    let [checkpoint, failed] = [0, false];
    const step = async () => {
      const run = await readRun(store.sql, 'facts', checkpoint, 2);
      checkpoint = run.to;
      if (!failed && run.events.length > 0) {
        failed = true;
        throw new Error('killed in between');
      }
      await store.sql`insert into mutant.seen select unnest(${run.events.map(({ position }) => position)}::bigint[])`;
    };
    for (let i = 0; i < 3; i++) await store.ledger.append(code(fresh()));
    const head = await readHead(store.sql);
    while (checkpoint < head) await step().catch(() => {});
    const [row] = await store.sql`
      select (select count(*) from mutant.seen) as rows, (select count(*) from ledger.events) as events`;
    expect(row!['rows']).toBeLessThan(row!['events']);
  });

  test('has them all where both are one transaction', async () => {
    let failed = false;
    const model: Projection = {
      ...{ name: 'seen', version: 1, family: 'facts', handles: ['qr.created', 'qr.relabeled'], tables },
      async apply(sql, events) {
        await put(sql, events);
        if (!failed) {
          failed = true;
          await sql`select pg_terminate_backend(pg_backend_pid())`;
        }
      },
    };
    const feed = new EmbeddedFeed(store.ledger, store.sql);
    const projector = new Projector({ sql: store.sql, feed, onError: () => {} });
    await projector.prepare([model]);
    await projector.start([model]);
    await projector.reached(await readHead(store.sql), ['seen']);
    const [row] = await store.sql`
      select (select count(*) from seen_v1.seen) as rows, (select count(*) from ledger.events) as events`;
    expect([failed, row!['rows']]).toEqual([true, row!['events']]);
    await projector.stop();
    await feed.close();
  });
});

describe('An event that the broker brings again after its window', () => {
  /** A feed that brings every run twice, as a broker does whose memory of ids has ended. */
  const twice = (feed: Feed): Feed => ({
    ...feed,
    listen: (family, listener) => {
      const heard: Listener = {
        onRun: run => {
          listener.onRun(run);
          listener.onRun(run);
        },
        onHint: () => listener.onHint(),
      };
      return feed.listen(family, heard);
    },
    close: () => feed.close(),
  });

  test('counts twice for a consumer that trusts the broker, and once for a subscriber', async () => {
    const feed = new EmbeddedFeed(store.ledger, store.sql);
    const [trusting, real]: [number[], number[]] = [[], []];
    const after = await readHead(store.sql);
    const stop = twice(feed).listen('facts', {
      onRun: run => trusting.push(...run.events.map(({ position }) => position)),
      onHint: () => {},
    });
    const subscription = new Subscription({
      ...{ name: 'real', sql: store.sql, feed: twice(feed), family: 'facts', after },
      onRun: async run => {
        real.push(...run.events.map(({ position }) => position));
        return undefined;
      },
      onError: error => {
        throw error;
      },
    });
    for (let i = 0; i < 5; i++) await store.ledger.append(code(fresh()));
    const head = await readHead(store.sql);
    await until(() => subscription.position >= head, 10_000);
    expect(real).toEqual(Array.from({ length: 5 }, (_, i) => after + 1 + i));
    expect(trusting.length).toBe(10);
    stop();
    await subscription.stop();
    await feed.close();
  });
});
