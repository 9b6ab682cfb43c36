/**
 * Webhooks where everything is a process of its own: the API and the redirect write, two workers tell, a broker carries.
 * Each event is told once, whoever is asked, whoever ends, and with the broker gone.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { idsAt } from '../webhooks/rig.ts';
import { scan, visitor } from './visits.ts';

setDefaultTimeout(180_000);

const soonMs = 20_000;
let nats: TestNats;
let endpoint: Endpoint;
const programs: Program[] = [];
let call: Call;
let slug: string;

async function start(role: string): Promise<Program> {
  const databaseUrl = programs[0]?.databaseUrl;
  const env = {
    ROLE: role,
    NATS_URL: nats.url,
    WEBHOOK_ALLOW: 'loopback',
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  };
  const program = await startProgram({ env });
  programs.push(program);
  return program;
}

beforeAll(async () => {
  nats = await natsServer();
  endpoint = await startEndpoint();
  const worker = await start('worker');
  const api = await start('api');
  await start('redirect');
  await start('worker');
  call = caller(api.url, worker.key);
  await call('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['scan.created', 'qr.*'] } });
  ({ slug } = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body);
  await until(async () => (await scan(programs[2]!.url, slug, visitor(1))).status === 302, soonMs);
});
afterAll(async () => {
  await Promise.all(programs.map(program => program.kill()));
  await endpoint.close();
  await nats.remove();
});

/** Scans that were answered, the first one before all tests. */
let answered = 1;

/** Scans so often; how many were answered. */
async function scans(count: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => scan(programs[2]!.url, slug, visitor(n))));
  const { length } = answers.filter(({ status }) => status === 302);
  answered += length;
  return length;
}

/** What a worker had under way when it was stopped on a machine too slow to end it in its three seconds: that is told again. */
let mayRepeat = 0;

/** Resolves when the endpoint has been told of all that is on record; each once. */
async function toldOfAll(): Promise<void> {
  // A hundred at once are a rush: their scans may wait on disk before they come into the ledger.
  const counted = (await until(async () => {
    const { body } = await call('GET', '/v1/events?limit=1000&type=scan.recorded,qr.created,qr.retargeted');
    const events: { type: string; data: { kind?: string } }[] = body.data;
    const scanned = events.filter(({ type, data }) => type === 'scan.recorded' && data.kind === 'scan');
    const others = events.filter(({ type }) => type !== 'scan.recorded');
    return scanned.length >= answered ? [...scanned, ...others] : undefined;
  }, soonMs))!;
  await until(() => new Set(idsAt(endpoint)).size >= counted.length, soonMs);
  const told = new Set(idsAt(endpoint)).size;
  expect(told).toBe(counted.length);
  expect(endpoint.received.length - told).toBeLessThanOrEqual(mayRepeat);
}

test('what the API and the redirect write two workers tell, each once', async () => {
  expect(await scans(100)).toBe(100);
  const { data } = (await call('GET', '/v1/qr')).body;
  await call('PATCH', `/v1/qr/${data[0].id}`, { json: { destination: 'https://example.com/2' } });
  await toldOfAll();
});

test('when the worker that told ends, the other goes on', async () => {
  const begunAt = performance.now();
  const stopped = programs[0]!.stop();
  await scans(50);
  await stopped;
  if (performance.now() - begunAt > 3_000) mayRepeat = 64;
  await scans(50);
  await toldOfAll();
});

test('without the broker the ledger itself brings it', async () => {
  await nats.stop();
  await scans(50);
  await toldOfAll();
  await nats.restart();
  await scans(50);
  await toldOfAll();
});
