/**
 * A read model built anew: from where it was cancelled, up to where the ledger ends, and put in the place of the live one
 * at one position, whatever happens meanwhile. One whose build was taken away writes nothing more.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Projection } from '../projections/projection.ts';
import { Projector } from '../src/projector.ts';
import { Cancelled, dropBuilds, Gone, Replay } from '../src/replay.ts';
import { connect } from '../src/store/connect.ts';
import { EmbeddedFeed } from '../src/stream/embedded.ts';
import { rowsIn } from './support/read-models.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

let store: TestStore;
let feed: EmbeddedFeed;
const errors: unknown[] = [];
const taken: number[] = [];
const notes: Projection = {
  name: 'notes',
  version: 1,
  family: 'facts',
  batchMax: 10,
  handles: ['qr.created'],
  tables: 'create table notes (position bigint primary key); create table asked (answer text)',
  keeps: ['asked'],
  async apply(sql, events) {
    taken.push(...events.map(({ position }) => position));
    for (const { position } of events) await sql`insert into notes values (${position})`;
  },
};

beforeEach(async () => {
  store = await testStore();
  feed = new EmbeddedFeed(store.ledger, store.sql);
  for (let n = 0; n < 60; n++) await store.ledger.append(requestOf(`qr_${n}`, 0, created(`s${n}`)));
});
afterEach(async () => {
  await feed.close();
  await store.close();
});
const live = async () => {
  const projector = new Projector({ sql: store.sql, feed, onError: error => errors.push(error) });
  await projector.prepare([notes]);
  await projector.start([notes]);
  await projector.reached(store.ledger.position, ['notes']);
  return projector;
};
const replayOf = (
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
  restart = false,
  projection = notes,
) =>
  new Replay(projection, { sql: store.sql, feed, signal, onProgress, onError: error => errors.push(error), restart });

test('a replay is where the ledger ends, though what comes last in it is of no concern', async () => {
  const projector = await live();
  for (let n = 0; n < 40; n++) await store.ledger.append(requestOf(`qr_${n}`, 1, { type: 'qr.deleted', data: {} }));
  await until(async () => (await projector.checkpoint(notes)) === 100, 10_000);
  const { signal } = new AbortController();
  expect(await replayOf(signal, () => {}).build()).toBe(0);
  const again = replayOf(signal, () => {});
  expect(await again.build()).toBe(100);
  expect(await again.compare()).toMatchObject({ position: 100, tables: [{ rows: 60, missing: 0, extra: 0 }] });
  await again.discard();
  await projector.stop();
});

test('a replay waits for nothing beside a live model that stands still, if all that came since is of no concern', async () => {
  const projector = await live();
  await until(async () => (await projector.checkpoint(notes)) === 60, 10_000);
  await projector.stop();
  for (let n = 0; n < 40; n++) await store.ledger.append(requestOf(`qr_${n}`, 1, { type: 'qr.deleted', data: {} }));
  const replay = replayOf(new AbortController().signal, () => {});
  await replay.build();
  expect(await replay.compare()).toMatchObject({ position: 60, tables: [{ rows: 60, missing: 0, extra: 0 }] });
  expect(await replay.swap()).toBe(60);
});

test('a replay that was cancelled is gone on with where it was, and begun anew when that is wished', async () => {
  const projector = await live();
  taken.length = 0;
  const cancel = new AbortController();
  const first = replayOf(cancel.signal, done => {
    if (done >= 20) cancel.abort();
  });
  await expect(first.build()).rejects.toThrow(Cancelled);
  const reached = Math.max(...taken);
  expect(reached).toBeLessThan(60);
  taken.length = 0;
  const seen: number[][] = [];
  const second = replayOf(new AbortController().signal, (...told) => seen.push(told));
  expect(await second.build()).toBe(reached);
  expect(Math.min(...taken)).toBe(reached + 1);
  expect(seen.at(-1)).toEqual([60, 60]);
  expect(await second.compare()).toMatchObject({ position: 60, tables: [{ rows: 60, missing: 0, extra: 0 }] });
  expect(await second.swap()).toBe(60);
  expect((await rowsIn(store.sql, 'notes_v1'))['notes']).toHaveLength(60);
  const again = new AbortController();
  const third = replayOf(again.signal, done => done >= 20 && again.abort());
  await expect(third.build()).rejects.toThrow(Cancelled);
  expect(await replayOf(new AbortController().signal, () => {}, true).build()).toBe(0);
  // What was built with other tables is not gone on with.
  const other = { ...notes, tables: `${notes.tables}; create table more (text text)` };
  expect(await replayOf(new AbortController().signal, () => {}, false, other).build()).toBe(0);
  await third.discard();
  await projector.stop();
  expect(errors).toEqual([]);
});

test('a replay whose build is taken away ends there, writes nothing more, and is begun anew', async () => {
  const projector = await live();
  const { signal } = new AbortController();
  let dropping: Promise<void> | undefined;
  const replay = replayOf(signal, done => {
    if (done >= 20) dropping ??= dropBuilds(store.sql);
  });
  const gone = () => store.sql`select from pg_namespace where nspname in ('notes_v1_next', 'notes_v1_old')`;
  await replay.build().catch(error => expect(error).toBeInstanceOf(Gone));
  await dropping;
  expect(await gone()).toHaveLength(0);
  await expect(replay.compare()).rejects.toThrow(Gone);
  await expect(replay.swap()).rejects.toThrow(Gone);
  expect(await replay.build()).toBe(0);
  // What a change was cut off from dropping goes too.
  await store.sql`create schema notes_v1_old`;
  await dropBuilds(store.sql);
  expect(await gone()).toHaveLength(0);
  expect(await replay.build()).toBe(0);
  expect(await replay.swap()).toBe(60);
  expect((await rowsIn(store.sql, 'notes_v1'))['notes']).toHaveLength(60);
  await projector.stop();
  expect(errors).toEqual([]);
});

test('a replay that is cancelled while it compares ends there, whatever it waits for, and changes nothing', async () => {
  const projector = await live();
  const cancel = new AbortController();
  const replay = replayOf(cancel.signal, () => {});
  await replay.build();
  const other = connect(store.url, { max: 1 });
  await other`begin`;
  await other`lock table notes_v1_next.notes`;
  const comparing = replay.compare();
  await until(async () => {
    const [row] = await store.sql`
      select count(*) as waiting from pg_locks l join pg_database d on d.oid = l.database
      where not l.granted and d.datname = current_database()`;
    return row!['waiting'] === 1;
  }, 10_000);
  cancel.abort();
  await expect(comparing).rejects.toThrow(Cancelled);
  await other.end();
  await expect(replay.compare()).rejects.toThrow(Cancelled);
  await expect(replay.swap()).rejects.toThrow(Cancelled);
  const [row] = await store.sql`select to_regclass('notes_v1_next.notes') as built`;
  expect(row!['built']).not.toBeNull();
  const again = replayOf(new AbortController().signal, () => {});
  expect(await again.build()).toBe(60);
  expect(await again.compare()).toMatchObject({ position: 60, tables: [{ rows: 60, missing: 0, extra: 0 }] });
  await again.discard();
  await projector.stop();
  expect(errors).toEqual([]);
});

test('a replay compares and changes at one position while events keep coming', async () => {
  const projector = await live();
  await store.sql`insert into notes_v1.asked values ('kept by the one that serves')`;
  const replay = replayOf(new AbortController().signal, () => {});
  let isWriting = true;
  let n = 100;
  const writing = (async () => {
    while (isWriting) await store.ledger.append(requestOf(`qr_${++n}`, 0, created(`s${n}`)));
  })();
  await replay.build();
  for (let round = 0; round < 5; round++) {
    const { position, tables } = await replay.compare();
    expect(tables).toEqual([{ table: 'notes', rows: position, missing: 0, extra: 0, samples: [] }]);
  }
  const position = await replay.swap();
  isWriting = false;
  await writing;
  await until(async () => (await rowsIn(store.sql, 'notes_v1'))['notes']!.length === store.ledger.position, 10_000);
  expect(position).toBeLessThanOrEqual(store.ledger.position);
  await projector.stop();
}, 120_000);
