/**
 * The projector at work on real tables: rows and checkpoint move together, an event is applied once whoever else works
 * on the same rows, one that can't be digested stops its projection and no other, and an outage stops none.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../events/index.ts';
import { type Projection, schemaOf } from '../projections/projection.ts';
import { Projector } from '../src/projector.ts';
import { EmbeddedFeed } from '../src/stream/embedded.ts';
import type { Feed } from '../src/stream/subscribe.ts';
import { silentFeed } from './support/read-models.ts';
import { created, cutConnections, requestOf, scanOf, scansTo, type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

/** A read model that notes the position of each event it is given; a second time would break its key. */
const notes = (name: string, digest: (event: AnyEvent) => void = () => {}, version = 1): Projection => ({
  name,
  version,
  family: 'facts',
  handles: ['qr.created'],
  tables: 'create table notes (position bigint primary key)',
  async apply(sql, events) {
    for (const event of events) digest(event);
    const positions = events.map(({ position }) => position);
    await sql`insert into notes select unnest(${positions}::bigint[])`;
  },
});

let store: TestStore;
let feed: Feed;
const projectors: Projector[] = [];
let errors: string[];

beforeEach(async () => {
  store = await testStore();
  feed = new EmbeddedFeed(store.ledger, store.sql);
  errors = [];
});
afterEach(async () => {
  await Promise.all(projectors.splice(0).map(projector => projector.stop()));
  await feed.close();
  await store.close();
});

async function started(projections: readonly Projection[], from: Feed = feed): Promise<Projector> {
  const onError = (error: unknown, name: string) => void errors.push(`${name}: ${(error as Error).message}`);
  const projector = new Projector({ sql: store.sql, feed: from, onError });
  await projector.prepare(projections);
  await projector.start(projections);
  projectors.push(projector);
  return projector;
}

let streams = 0;
/** Appends this many codes, one commit each. */
async function appended(count: number): Promise<number> {
  for (let i = 0; i < count; i++) await store.ledger.append(requestOf(`qr_${++streams}`, 0, created('x')));
  return store.ledger.position;
}
const noted = async (projection: Projection): Promise<number[]> => {
  const rows = await store.sql.unsafe(`select position from ${schemaOf(projection)}.notes order by 1`);
  return rows.map(row => row['position']);
};
const upTo = (last: number, but: readonly number[] = []) =>
  Array.from({ length: last }, (_, i) => i + 1).filter(position => !but.includes(position));

describe('A projection', () => {
  test('takes in what was there before it and what comes after, each event once', async () => {
    const model = notes('model');
    await appended(20);
    const projector = await started([model]);
    await projector.reached(20, ['model']);
    await projector.reached(await appended(20), ['model']);
    expect(await noted(model)).toEqual(upTo(40));
    expect(await projector.checkpoint(model)).toBe(40);
    expect(projector.status()).toEqual([{ name: 'model', position: 40 }]);
  });

  test('lives on the ledger alone when the feed brings nothing', async () => {
    const model = notes('model');
    const projector = await started([model], silentFeed);
    await projector.reached(await appended(3), ['model']);
    expect(await noted(model)).toEqual([1, 2, 3]);
  });

  test('passes by what it does not handle, and stores that it did', async () => {
    const model = notes('model');
    const projector = await started([model]);
    await store.ledger.append(requestOf('key_1', 0, { type: 'key.revoked', data: {} }));
    await store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1')));
    await projector.reached(2, ['model']);
    await until(async () => (await projector.checkpoint(model)) === 2, 5_000);
    expect(await noted(model)).toEqual([]);
  });

  test('is applied once by many projectors on the same rows at once', async () => {
    const models = [notes('first'), notes('second')];
    const all = await Promise.all([started(models), started(models), started(models, silentFeed), started(models)]);
    const head = await appended(150);
    await Promise.all(all.map(projector => projector.reached(head, ['first', 'second'])));
    for (const model of models) expect(await noted(model)).toEqual(upTo(150));
    // Twice would have broken the primary key.
    expect(errors).toEqual([]);
  });

  test('goes on where it was after a restart', async () => {
    const model = notes('model');
    const first = await started([model]);
    await first.reached(await appended(5), ['model']);
    await first.stop();
    await appended(5);
    const second = await started([model]);
    await second.reached(10, ['model']);
    expect(await noted(model)).toEqual(upTo(10));
  });

  test('of a new version is built from the beginning beside the old one', async () => {
    const [one, two] = [notes('model'), notes('model', () => {}, 2)];
    const old = await started([one]);
    await old.reached(await appended(10), ['model']);
    const young = await started([two]);
    const head = await appended(5);
    await Promise.all([old.reached(head, ['model']), young.reached(head, ['model'])]);
    expect(await noted(one)).toEqual(upTo(15));
    expect(await noted(two)).toEqual(upTo(15));
  });

  test('makes rows again that the database lost with its last moments', async () => {
    const model = notes('model');
    const projector = await started([model]);
    await projector.reached(await appended(10), ['model']);
    // What a crash takes with it, since a projection's commit does not wait for the disk.
    await store.sql`
      with lost as (delete from model_v1.notes where position > 6)
      update projections.checkpoints set position = 6 where schema = 'model_v1'`;
    await until(async () => (await noted(model)).length === 10, 5_000);
    await projector.reached(await appended(1), ['model']);
    expect(await noted(model)).toEqual(upTo(11));
  });
});

describe('Rows and checkpoint', () => {
  test('move together: what fails in between leaves neither', async () => {
    let fails = true;
    const model: Projection = {
      ...notes('model'),
      async apply(sql, events) {
        await notes('model').apply(sql, events);
        if (fails) throw new Error('after the rows');
      },
    };
    const projector = await started([model]);
    await appended(3);
    await until(() => projector.status()[0]!.poisoned, 5_000);
    expect([await noted(model), await projector.checkpoint(model)]).toEqual([[], 0]);
    fails = false;
    await until(() => projector.status()[0]!.position === 3, 5_000);
    expect([await noted(model), await projector.checkpoint(model)]).toEqual([upTo(3), 3]);
    expect(projector.status()).toEqual([{ name: 'model', position: 3 }]);
  });
});

describe('An event that can not be digested', () => {
  const poison = (event: AnyEvent) => {
    if (event.position === 7) throw new Error('no stomach for this');
  };

  test('stops its projection alone, which has what stands before it and says where it stopped', async () => {
    const [sick, well] = [notes('sick', poison), notes('well')];
    await appended(5);
    const projector = await started([sick, well]);
    const head = await appended(10);
    await projector.reached(head, ['well']);
    await until(() => projector.status()[0]!.poisoned, 5_000);
    expect(projector.status()).toEqual([
      { name: 'sick', position: 6, poisoned: { position: 7, message: 'no stomach for this' } },
      { name: 'well', position: 15 },
    ]);
    expect([await noted(sick), await projector.checkpoint(sick)]).toEqual([upTo(6), 6]);
    expect(await noted(well)).toEqual(upTo(15));
    expect(errors[0]).toBe('projection sick_v1: no stomach for this');
    await projector.stop();
  });

  test('is told at once to who waits for it, and does not keep a start waiting', async () => {
    const sick = notes('sick', poison);
    const projector = await started([sick]);
    const reached = () => projector.reached(8, ['sick'], 600_000).catch(error => error.message);
    const [waiting, settled] = [reached(), projector.settled(8)];
    await appended(8);
    expect(await waiting).toBe('projection sick stopped at position 7: no stomach for this');
    expect(await reached()).toBe(await waiting);
    await settled;
    await projector.reached(6, ['sick']);
  });

  test('in the middle of a batch lets in once what stands before it, and a mended projection goes on from there', async () => {
    await appended(15);
    const sick = await started([notes('model', poison)]);
    // Each retry begins behind what was taken in at the first.
    await until(() => errors.length > 2, 10_000);
    expect(sick.status()[0]!.poisoned?.position).toBe(7);
    await sick.stop();
    const model = notes('model');
    const mended = await started([model]);
    await mended.reached(15, ['model']);
    expect(await noted(model)).toEqual(upTo(15));
    expect(mended.status()).toEqual([{ name: 'model', position: 15 }]);
  });
});

describe('Waiting', () => {
  test('for a position that does not come ends with an error, and for one that was reached ends at once', async () => {
    const projector = await started([notes('model')]);
    await expect(projector.reached(1, ['model'], 20)).rejects.toThrow(
      'projection model did not reach position 1 in time',
    );
    await projector.reached(await appended(1), ['model']);
    await projector.reached(1, ['model'], 0);
    await projector.reached(999, ['another'], 0);
  });
});

test('a connection that is cut while events are applied is an outage, not poison, and nothing is lost or doubled', async () => {
  const model = notes('model');
  const projector = await started([model]);
  let cuts = 0;
  for (let round = 0; round < 12; round++) {
    await appended(10);
    cuts += await cutConnections(store, 'indelible');
    expect(projector.status()[0]!.poisoned).toBeUndefined();
  }
  expect(cuts).toBeGreaterThan(12);
  await projector.reached(await appended(1), ['model']);
  expect(await noted(model)).toEqual(upTo(121));
}, 120_000);
