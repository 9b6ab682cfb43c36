/**
 * Catching up with much at once: it gives the rows that following gives, leaves unread what is of no concern, and what
 * it can't digest comes as events.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { AnyEvent } from '../events/index.ts';
import { deliveries } from '../projections/deliveries.ts';
import { type Projection, schemaOf } from '../projections/projection.ts';
import { scans } from '../projections/scans.ts';
import { Projector } from '../src/projector.ts';
import { archive, fullPartitions } from '../src/store/archiving.ts';
import { readHead } from '../src/store/read.ts';
import { behindReader, partitioned } from './support/moving.ts';
import { scratchDirectory } from './support/postgres.ts';
import { rebuild, rowsIn, silentFeed } from './support/read-models.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from './support/store.ts';

let store: TestStore;
let errors: string[];
let scanned: number;
const projectors: Projector[] = [];

beforeEach(async () => {
  store = await testStore();
  errors = [];
  scanned = 0;
});
afterEach(async () => {
  await Promise.all(projectors.splice(0).map(projector => projector.stop()));
  await store.close();
});

const place = () => ({
  sql: store.sql,
  feed: silentFeed,
  onError: (error: unknown, name: string) => void errors.push(`${name}: ${(error as Error).message}`),
});

async function started(projection: Projection): Promise<Projector> {
  const projector = new Projector(place());
  await projector.prepare([projection]);
  await projector.start([projection]);
  projectors.push(projector);
  return projector;
}

/** Scans of a code of each of these organisations in turn. */
async function scan(count: number, ...orgs: string[]): Promise<void> {
  const some = Array.from({ length: count }, (_, i) => ({ ...scanOf(`qr_${i % 7}`), org: orgs[i % orgs.length]! }));
  await store.ledger.append(scansTo('scans-1', scanned, ...some));
  scanned += count;
}

const hook = (id: string, org: string, ...events: string[]) => ({
  ...requestOf(id, 0, { type: 'webhook.created', data: { url: 'https://a.example', events, secret: 'whsec_a' } }),
  org,
});

test('a model that wants the scans of some organisations is given those and all its facts, in the order of the ledger', async () => {
  const given: [string | null, number][] = [];
  const model: Projection = {
    ...{ name: 'model', version: 1, family: 'all', handles: ['qr.created', 'scan.recorded'] },
    tables: 'create table nothing (id integer primary key)',
    scansOf: async (_, facts) => (facts.length > 0 ? ['org_2'] : []),
    async apply(_, events) {
      for (const { org, position } of events) given.push([org, position]);
    },
  };
  await scan(40_000, 'org_1', 'org_2');
  await store.ledger.append(requestOf('qr_1', 0, created('a')));
  await store.ledger.append({ ...requestOf('key_1', 0, { type: 'key.revoked', data: {} }), org: 'org_1' });
  await scan(40_000, 'org_1', 'org_2');
  const projector = await started(model);
  await projector.reached(await readHead(store.sql), ['model'], 60_000);
  const positions = given.map(([, position]) => position);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  // The first stretch has a fact; of the second nothing is wanted.
  expect(given.filter(([org]) => org === 'org_1')).toEqual([['org_1', 40_001]]);
  expect(given.filter(([org]) => org === 'org_2')).toHaveLength(20_000 + 4_999);
  expect(errors).toEqual([]);
});

test('what would be left behind a stretch as less than is worth one comes along with it', async () => {
  const given: number[] = [];
  const model: Projection = {
    ...{ name: 'model', version: 1, family: 'all', handles: ['scan.recorded'] },
    tables: 'create table nothing (id integer primary key)',
    scansOf: async () => ['org_1'],
    async apply(_, events) {
      given.push(events.length);
    },
  };
  await scan(55_000, 'org_1');
  const projector = await started(model);
  await projector.reached(55_000, ['model'], 60_000);
  expect(given).toEqual([55_000]);
  expect(errors).toEqual([]);
});

test('deliveries are the same rows, whoever asks for scans from when on', async () => {
  await scan(9_000, 'org_1', 'org_2', 'org_3');
  await store.ledger.append(hook('wh_1', 'org_1', 'scan.created'));
  await store.ledger.append(hook('wh_2', 'org_2', 'qr.*'));
  await scan(300, 'org_1', 'org_2', 'org_3');
  await store.ledger.append({ ...requestOf('qr_1', 0, created('a')), org: 'org_2' });
  await store.ledger.append({
    ...requestOf('wh_2', 1, { type: 'webhook.subscribed', data: { events: ['scan.*'] } }),
    org: 'org_2',
  });
  await scan(300, 'org_1', 'org_2', 'org_3');
  // So little is not caught up with, and what comes after it is followed.
  const live = await started(deliveries);
  await live.reached(await readHead(store.sql), ['deliveries'], 60_000);
  await scan(60_000, 'org_3');
  await scan(90, 'org_1', 'org_2', 'org_3');
  await live.reached(await readHead(store.sql), ['deliveries'], 60_000);
  const before = await rowsIn(store.sql, schemaOf(deliveries));
  expect(before['deliveries']).toHaveLength(100 + 1 + 100 + 100 + 2 * 30);
  await rebuild(place(), deliveries);
  expect(await rowsIn(store.sql, schemaOf(deliveries))).toEqual(before);
  expect(errors).toEqual([]);
});

test('scans that are moved into a file while they are read are not missed', async () => {
  await partitioned(store.sql, 20_000);
  await store.ledger.append(hook('wh_1', 'org_1', 'scan.created'));
  await scan(30_000, 'org_2', 'org_2', 'org_1');
  const [partition] = await fullPartitions(store.sql);
  await behindReader(
    store.sql,
    () => archive(store.sql, partition!, scratchDirectory(), 0),
    () => started(deliveries),
    () => started(scans),
  );
  const head = await readHead(store.sql);
  for (const projector of projectors) await projector.reached(head, [deliveries.name, scans.name], 60_000);
  const [told] = await store.sql.unsafe(`select count(*) as deliveries from ${schemaOf(deliveries)}.deliveries`);
  const [counted] = await store.sql.unsafe(
    `select sum(scans)::bigint as scans from ${schemaOf(scans)}.scan_totals where qr like 'qr%'`,
  );
  expect([told!['deliveries'], counted!['scans']]).toEqual([10_000, 30_000]);
  const before = await rowsIn(store.sql, schemaOf(deliveries));
  await rebuild(place(), deliveries);
  expect(await rowsIn(store.sql, schemaOf(deliveries))).toEqual(before);
  expect(errors).toEqual([]);
});

test('what can not be digested comes as events', async () => {
  const asked: number[] = [];
  const model: Projection = {
    ...scans,
    async digest(sql, after, to, known) {
      asked.push(after);
      if (after > 0) throw new Error('no stomach for this');
      return scans.digest!(sql, after, to, known);
    },
  };
  await scan(270_000, 'org_1');
  const projector = await started(model);
  await projector.reached(await readHead(store.sql), ['scans'], 60_000);
  expect(asked).toEqual([0, 250_000]);
  expect(errors).toEqual([`catching up of ${schemaOf(scans)}: no stomach for this`]);
  const caught = await rowsIn(store.sql, schemaOf(scans));
  await rebuild(place(), { ...scans, digest: undefined } as never);
  expect(await rowsIn(store.sql, schemaOf(scans))).toEqual(caught);
}, 120_000);

test('a stretch is read while the one before it is written', async () => {
  const said: string[] = [];
  const read = Promise.withResolvers<void>();
  const model: Projection = {
    ...{ name: 'model', version: 1, family: 'scans', handles: ['scan.recorded'] },
    tables: 'create table nothing (id integer primary key)',
    apply: async (_, events: readonly AnyEvent[]) => void said.push(`${events.length} events`),
    async digest(_, after, to) {
      said.push(`read ${after}`);
      if (after > 0) read.resolve();
      return async () => {
        if (after === 0) await read.promise;
        said.push(`written ${to}`);
      };
    },
  };
  await scan(265_000, 'org_1');
  const projector = await started(model);
  await projector.reached(265_000, ['model'], 60_000);
  expect(said).toEqual(['read 0', 'read 250000', 'written 250000', 'written 265000']);
}, 120_000);
