/**
 * Rebuilding: every real read model is built anew from position 0 while it serves and while events keep coming. The
 * rows are the same as before, nobody ever reads an empty table, and nothing is left lying about.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Fact } from '../events/envelope.ts';
import { projections } from '../projections/index.ts';
import { type Projection, schemaOf } from '../projections/projection.ts';
import { Projector } from '../src/projector.ts';
import { connect, transaction } from '../src/store/connect.ts';
import { readHead } from '../src/store/read.ts';
import { EmbeddedFeed } from '../src/stream/embedded.ts';
import type { Feed } from '../src/stream/subscribe.ts';
import { facts, scanData } from './support/history.ts';
import { rebuild, rowsIn } from './support/read-models.ts';
import { created, cutConnections, requestOf, scansTo, type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

const names = projections.map(({ name }) => name);
let store: TestStore;
let feed: Feed;
let projector: Projector;
let errors: unknown[];

beforeEach(async () => {
  store = await testStore();
  feed = new EmbeddedFeed(store.ledger, store.sql);
  errors = [];
  projector = await started(projections);
});
afterEach(async () => {
  await projector.stop();
  await feed.close();
  await store.close();
});

const place = () => ({ sql: store.sql, feed, onError: (error: unknown) => errors.push(error) });

async function started(some: readonly Projection[]): Promise<Projector> {
  const starting = new Projector(place());
  await starting.prepare(some);
  await starting.start(some);
  return starting;
}

/**
 * Random histories, told apart by their number: all kinds of facts, and scans. What comes after an erasure has an append
 * of its own, as in real life: within one append the ledger destroys that too, though readers have been told it.
 */
async function chapter(n: number): Promise<void> {
  const own = (name: string) => `${name}-${n}`;
  const streams = new Map<string, { org: string | null; appends: Fact[][] }>();
  for (const { stream, org, type, data } of fc.sample(facts, { numRuns: 3, seed: n })[2]!) {
    const known = streams.get(own(stream)) ?? { org, appends: [[]] };
    const told =
      'slug' in data ? { ...data, slug: own(data.slug) } : 'hash' in data ? { ...data, hash: own(data.hash) } : data;
    known.appends.at(-1)!.push({ type, data: told });
    if (type.endsWith('.erased')) known.appends.push([]);
    streams.set(own(stream), known);
  }
  const scans = fc
    .sample(scanData, { numRuns: 20, seed: n })
    .map((data, i) => ({ at: i * 3_600_000, org: 'org_1', data }));
  await Promise.all([
    ...[...streams].map(async ([stream, { org, appends }]) => {
      let version = 0;
      for (const facts of appends.filter(({ length }) => length > 0)) {
        await store.ledger.append({ ...requestOf(stream, version, ...facts), org });
        version += facts.length;
      }
    }),
    store.ledger.append(scansTo(own('scans'), 0, ...scans)),
  ]);
}

const schemas = async (sql = store.sql): Promise<string[]> => {
  const rows = await sql`select nspname from pg_namespace where nspname ~ '_v[0-9]' order by 1`;
  return rows.map(row => row['nspname']);
};
const caughtUp = async () => projector.reached(await readHead(store.sql), names);
/** Every checkpoint is stored at the end of the ledger, also of models that the last events are of no concern to. */
const storedUp = async () => {
  const head = await readHead(store.sql);
  const checkpoints = () => Promise.all(projections.map(projection => projector.checkpoint(projection)));
  await until(async () => (await checkpoints()).every(position => position === head), 10_000);
  return head;
};
const everything = (sql = store.sql) => Promise.all(projections.map(projection => rowsIn(sql, schemaOf(projection))));

describe('A rebuild', () => {
  test('gives the same rows for every read model', async () => {
    for (let n = 0; n < 15; n++) await chapter(n);
    await caughtUp();
    const before = await everything();
    const empty = projections.filter((_, i) => Object.values(before[i]!).every(rows => rows.length === 0));
    expect(empty.map(({ name }) => name)).toEqual([]);
    await rebuild(place(), ...projections);
    expect(await everything()).toEqual(before);
    expect(await schemas()).toEqual(projections.map(schemaOf).sort());
    expect(errors).toEqual([]);
  });

  test('while events keep coming hides nothing from readers and ends where the live one would', async () => {
    await chapter(0);
    await caughtUp();
    let rebuilding = true;
    const tables = ['codes', 'redirects', 'keys', 'usage_codes', 'scan_totals', 'scan_parts'];
    // Rows are only ever added, so fewer than before would be a glimpse of a table half built.
    const reading = tables.map(async table => {
      let seen = 1;
      let looks = 0;
      for (; rebuilding; looks++) {
        const [row] = await store.sql.unsafe(`select count(*) as n from ${table}`, [], { prepare: true });
        expect([table, row!['n'] >= seen]).toEqual([table, true]);
        seen = row!['n'];
      }
      return looks;
    });
    let chapters = 1;
    const writing = (async () => {
      for (; rebuilding; chapters++) {
        await chapter(chapters);
        // Read models are no faster than they are: without this the writer would run away from them.
        await caughtUp();
      }
    })();
    for (let round = 0; round < 2; round++) await rebuild(place(), ...projections);
    rebuilding = false;
    await writing;
    expect(Math.min(...(await Promise.all(reading)))).toBeGreaterThan(10);
    expect(chapters).toBeGreaterThan(3);
    await caughtUp();
    const lived = await everything();
    await rebuild(place(), ...projections);
    expect(await everything()).toEqual(lived);
    expect(errors).toEqual([]);
  }, 120_000);

  test('is taken over by followers in another program, which apply nothing twice', async () => {
    const other = await started(projections);
    for (let n = 0; n < 6; n++) {
      await chapter(n);
      await rebuild(place(), projections[n % projections.length]!);
    }
    const head = await readHead(store.sql);
    await Promise.all([projector.reached(head, names), other.reached(head, names)]);
    const lived = await everything();
    await rebuild(place(), ...projections);
    expect(await everything()).toEqual(lived);
    await other.stop();
  });

  test('ends also when the last events are none of the model’s concern', async () => {
    await chapter(1);
    await store.ledger.append(requestOf('key_x', 0, { type: 'key.revoked', data: {} }));
    const head = await storedUp();
    expect(await rebuild(place(), ...projections)).toEqual(names.map(() => head));
  });
});

/** Whether a rebuild has come to its last step and finds the live checkpoint held. */
async function isWaiting(sql: typeof store.sql): Promise<boolean> {
  const [row] = await sql`
    select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%where schema = $1 for update%'`;
  return row!['waiting'] > 0;
}

describe('A rebuild that fails', () => {
  /** Notes events, and one day has no stomach for the third. */
  const fussy = (fails: () => boolean): Projection => ({
    name: 'fussy',
    version: 1,
    family: 'facts',
    handles: ['qr.created'],
    tables: 'create table fussy (position bigint primary key)',
    async apply(sql, events) {
      for (const { position } of events) {
        if (fails() && position === 3) throw new Error('no stomach for this');
        await sql`insert into fussy values (${position})`;
      }
    },
  });

  test('leaves the live rows as they are, says why, and does not stand in the way of the next', async () => {
    let fails = false;
    const model = fussy(() => fails);
    const live = await started([model]);
    for (let n = 0; n < 5; n++) await store.ledger.append(requestOf(`qr_${n}`, 0, created(`s${n}`)));
    await live.reached(5, ['fussy']);
    fails = true;
    await expect(rebuild(place(), model)).rejects.toThrow('fussy stopped at position 3: no stomach for this');
    fails = false;
    const rows = () => rowsIn(store.sql, 'fussy_v1');
    expect((await rows())['fussy']).toHaveLength(5);
    expect(live.status()).toEqual([{ name: 'fussy', position: 5 }]);
    expect(await rebuild(place(), model)).toEqual([5]);
    expect((await rows())['fussy']).toHaveLength(5);
    await store.ledger.append(requestOf('qr_9', 0, created('s9')));
    await live.reached(6, ['fussy']);
    expect((await rows())['fussy']).toHaveLength(6);
    await live.stop();
  });

  test('because its connection was cut half-way leaves the live rows serving', async () => {
    const model = projections.find(({ name }) => name === 'qrs')!;
    for (let n = 0; n < 5; n++) await chapter(n);
    // A live checkpoint that is held while it is behind is not waited for: it might never come.
    await storedUp();
    const before = await everything();
    // Whoever holds the live checkpoint keeps the rebuild from its last step.
    const holder = connect(store.url, { max: 1, name: 'the one who holds' });
    const rebuilding = await transaction(holder, async tx => {
      await tx`select from projections.checkpoints where schema = 'qrs_v1' for update`;
      const failing = rebuild(place(), model).then(
        () => 'built',
        () => 'failed',
      );
      // Asked on another connection: within a transaction Postgres tells the same activity for ever.
      await until(() => isWaiting(store.sql), 10_000);
      expect(await cutConnections(store, 'indelible')).toBeGreaterThan(0);
      return { failing };
    });
    expect(await rebuilding.failing).toBe('failed');
    expect(await everything(holder)).toEqual(before);
    // The pool may hold connections that it does not know are cut.
    await until(() => rebuild(place(), model).catch(() => undefined), 10_000);
    expect(await everything(holder)).toEqual(before);
    expect(await schemas(holder)).toEqual(projections.map(schemaOf).sort());
    await holder.end();
  }, 120_000);
});
