/**
 * A hundred personal values are planted wherever a code can hold one, and go everywhere: into the ledger, the read models,
 * the answers kept for idempotency keys, the streams of NATS, the entries on disk. Then the codes are erased, and no byte
 * of any of them is found anywhere.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projections } from '../../projections/index.ts';
import { Projector } from '../../src/projector.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readHead } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { verifyChain } from '../support/chain.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { dumpReadModels } from './dump.ts';
import { wholeDump } from './whole-dump.ts';

setDefaultTimeout(120_000);

let program: Program;
let nats: TestNats;
let call: Call;
const planted: string[] = [];
/** A word that stands nowhere else, and says whose it is. */
function plant(): string {
  const value = `plantedpersonal${planted.length}x`;
  planted.push(value);
  return value;
}

beforeAll(async () => {
  nats = await natsServer();
  program = await startProgram({ env: { NATS_URL: nats.url, LOG_LEVEL: 'debug' } });
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
  await nats?.remove();
});

/** Every file below a folder, as bytes. */
function bytesIn(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path));
}

/** The planted values that stand in these bytes, as they are or in base64. */
const foundIn = (bytes: Buffer): string[] =>
  planted.filter(value => bytes.includes(value) || bytes.includes(Buffer.from(value).toString('base64').slice(1, -4)));

const everywhere = async () => ({
  database: foundIn(Buffer.from(await wholeDump(program.databaseUrl))),
  streams: bytesIn(nats.storeDir).flatMap(foundIn),
  files: bytesIn(program.dataDir).flatMap(foundIn),
  log: foundIn(Buffer.from(program.log())),
});

const contents = [
  () => ({ type: 'text', content: { text: plant() } }),
  () => ({ type: 'email', content: { to: `${plant()}@example.com`, subject: plant(), body: plant() } }),
  () => ({ type: 'wifi', content: { ssid: plant(), password: plant() } }),
  () => ({
    type: 'vcard',
    content: { firstName: plant(), lastName: plant(), organization: plant(), title: plant(), note: plant() },
  }),
  () => ({ type: 'event', content: { title: plant(), start: '2027-05-01', end: '2027-05-02', location: plant() } }),
  () => ({ type: 'url', destination: `https://example.com/${plant()}` }),
];

test('a hundred planted values are found nowhere after their codes were erased', async () => {
  const ids: string[] = [];
  for (let n = 0; planted.length < 100; n++) {
    const frame = { shape: 'box', text: plant() };
    const filed = { label: plant(), tags: [plant()], folder: plant(), style: { frame } };
    const json = { ...contents[n % contents.length]!(), ...filed };
    const headers = { 'idempotency-key': `create-${n}` };
    const { status, body } = await call('POST', '/v1/qr/create', { json, headers });
    expect([status, body.errors]).toEqual([201, undefined]);
    ids.push(body.id);
    const change = { label: plant(), tags: [plant()], folder: null };
    const changing = { json: change, headers: { 'idempotency-key': `change-${n}` } };
    expect((await call('PATCH', `/v1/qr/${body.id}`, changing)).status).toBe(200);
    await call('GET', `/v1/qr?search=${change.label}`);
    await caller(program.url)('GET', `/${body.slug}`, { headers: { 'user-agent': iPhone } });
    if (n % 4 === 3) await call('DELETE', `/v1/qr/${body.id}`);
  }
  // One request that made several codes: its answer is nobody's alone.
  const bulk = Array.from({ length: 3 }, () => ({ destination: `https://example.com/${plant()}`, label: plant() }));
  const made = await call('POST', '/v1/qr/bulk', { json: { codes: bulk }, headers: { 'idempotency-key': 'bulk' } });
  ids.push(...made.body.codes.map((code: { id: string }) => code.id));
  expect(planted.length).toBeGreaterThanOrEqual(100);
  const before = await everywhere();
  // The search is one that finds: read models and answers hold them in clear, and nothing else does.
  expect(new Set(before.database).size).toBe(planted.length);
  expect([before.streams, before.log]).toEqual([[], []]);
  const scans = (await call('GET', '/v1/analytics')).body.totalScans;

  for (const id of ids) expect((await call('POST', `/v1/qr/${id}/erase`)).status).toBe(200);
  const none = { database: [], streams: [], files: [], log: [] };
  await until(async () => Bun.deepEquals(await everywhere(), none), 20_000).catch(async () => {
    expect(await everywhere()).toEqual(none);
  });
  expect((await call('GET', '/v1/analytics')).body.totalScans).toBe(scans);
});

test('the chain holds afterwards, and a replay from zero gives the rows that are there', async () => {
  await program.stop();
  const sql = connect(program.databaseUrl, { max: 8 });
  const ledger = new Ledger(program.databaseUrl);
  const feed = new EmbeddedFeed(ledger, sql);
  const errors: unknown[] = [];
  const projector = new Projector({ sql, feed, onError: error => errors.push(error) });
  await projector.prepare(projections);
  await projector.start(projections);
  await projector.reached(
    await readHead(sql),
    projections.map(({ name }) => name),
    60_000,
  );
  const live = await dumpReadModels(program.databaseUrl);
  for (const projection of projections) await projector.rebuild(projection);
  expect(await dumpReadModels(program.databaseUrl)).toEqual(live);
  expect(errors).toEqual([]);
  expect(await verifyChain(sql)).toBeGreaterThan(0);
  await projector.stop();
  await feed.close();
  await ledger.close();
  await sql.end();
});
