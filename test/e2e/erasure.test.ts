/**
 * More than a hundred personal values are planted wherever one can be held, in codes and in all else that has a name, and
 * go everywhere: into the ledger, the read models, the answers kept for idempotency keys, what webhooks were answered, the
 * streams of NATS, the entries on disk. Then what holds them is erased, and no byte of any of them is found anywhere.
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
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { type Program, startProgram } from '../support/program.ts';
import { rebuild } from '../support/read-models.ts';
import { until } from '../support/until.ts';
import { dumpReadModels } from './dump.ts';
import { wholeDump } from './whole-dump.ts';

setDefaultTimeout(120_000);

let program: Program;
let nats: TestNats;
let call: Call;
let endpoint: Endpoint;
const planted: string[] = [];
/** A word that stands nowhere else, and says whose it is. */
function plant(): string {
  const value = `plantedpersonal${planted.length}x`;
  planted.push(value);
  return value;
}

beforeAll(async () => {
  nats = await natsServer();
  // It fails and says what it was told, as some do.
  endpoint = await startEndpoint(({ body }, response) =>
    response.writeHead(500).end([...new Set(String(body).match(/plantedpersonal\d+x/g))].join(' ')),
  );
  program = await startProgram({ env: { NATS_URL: nats.url, LOG_LEVEL: 'debug', WEBHOOK_ALLOW: 'loopback' } });
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
  await endpoint?.close();
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

/** Plants in everything but codes that can hold something personal; the paths to erase each by. */
async function plantElsewhere(): Promise<string[]> {
  const paths: string[] = [];
  const make = async (noun: string, json: object, change?: object, key = `${noun}-${paths.length}`) => {
    const headers = { 'idempotency-key': key };
    const { status, body } = await call('POST', `/v1/${noun}`, { json, headers });
    expect([noun, status, body.errors]).toEqual([noun, 201, undefined]);
    paths.push(`/v1/${noun}/${body.id}`);
    if (change) expect((await call('PATCH', paths.at(-1)!, { json: change })).status).toBe(200);
    return body.id as string;
  };
  const url = () => `${endpoint.url}/${plant()}`;
  await make('webhooks', { url: url(), events: ['*'] });
  await make('webhooks', { url: url(), events: ['qr.*'], tags: [plant()] }, { url: url(), tags: [plant()] });
  const person = () => ({ name: plant(), email: `${plant()}@example.com` });
  const member = await make('members', { ...person(), role: 'editor' }, person());
  await make('keys', { name: plant(), scope: 'read', tags: [plant()], member }, { name: plant(), tags: [plant()] });
  await make('styles', { name: plant(), style: { frame: { shape: 'box', text: plant() } } }, { name: plant() });
  const page = () => ({ title: plant(), text: plant() });
  const pages = { pages: { root: page(), gone: { url: `https://example.com/${plant()}` } } };
  await make('domains', { host: 'go.example.com' }, pages);
  await make('exclusions', { utmSource: 'trial', reason: plant() });
  await make('teams', { name: plant() }, { name: plant() });
  paths.pop();
  expect((await call('PATCH', '/v1/organization', { json: { name: plant() } })).status).toBe(200);
  return [...paths, '/v1/organization'];
}

test('a hundred planted values are found nowhere after what held them was erased', async () => {
  const elsewhere = await plantElsewhere();
  // This one stays, and was told of the codes by their tags.
  const staying = { url: endpoint.url, events: ['*'], tags: ['kept'] };
  expect((await call('POST', '/v1/webhooks', { json: staying })).status).toBe(201);
  const ids: string[] = [];
  for (let n = 0; planted.length < 100; n++) {
    const frame = { shape: 'box', text: plant() };
    const filed = { label: plant(), tags: [plant(), 'kept'], folder: plant(), style: { frame } };
    const json = {
      ...contents[n % contents.length]!(),
      ...filed,
      routing: { parameters: { add: { [plant()]: plant() } } },
    };
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
  // What the endpoint answered has been put on record, and is read.
  const [hook] = elsewhere;
  const answers = async () =>
    (await call('GET', `${hook}/deliveries?limit=100`)).body.data as { responseExcerpt: string }[];
  await until(async () => foundIn(Buffer.from(JSON.stringify(await answers()))).length > 20, 10_000);
  const before = await everywhere();
  // The search is one that finds: read models and answers hold them in clear, and nothing else does.
  expect(new Set(before.database).size).toBe(planted.length);
  expect([before.streams, before.log]).toEqual([[], []]);
  const scans = (await call('GET', '/v1/analytics')).body.totalScans;

  for (const path of [...ids.map(id => `/v1/qr/${id}`), ...elsewhere.toReversed()]) {
    const erased = await call('POST', `${path}/erase`);
    expect([path, erased.status]).toEqual([path, 200]);
    // And again, as anybody may who wants to be sure.
    expect((await call('POST', `${path}/erase`)).body).toEqual(erased.body);
  }
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
    120_000,
  );
  const live = await dumpReadModels(program.databaseUrl);
  await rebuild({ sql, feed, onError: error => errors.push(error) }, ...projections);
  expect(await dumpReadModels(program.databaseUrl)).toEqual(live);
  expect(errors).toEqual([]);
  expect(await verifyChain(sql)).toBeGreaterThan(0);
  await projector.stop();
  await feed.close();
  await ledger.close();
  await sql.end();
});
