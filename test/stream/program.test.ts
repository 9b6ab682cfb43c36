/**
 * Two real programs on one database and one real broker: one that does everything, one that only redirects. What the
 * first has answered, the second serves; with the broker, without it, and with it again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

/** What the contract allows all nodes to take with a broker, and what the poll of the ledger may take without. */
const withBrokerMs = 1_000;
const withoutBrokerMs = 5_000;

let nats: TestNats;
let first: Program;
let second: Program;
let call: Call;
let slug: string;
let id: string;

beforeAll(async () => {
  nats = await natsServer();
  // The broker is down when both start: nobody may wait for it.
  await nats.stop();
  first = await startProgram({ env: { NATS_URL: nats.url } });
  second = await startProgram({ env: { NATS_URL: nats.url, DATABASE_URL: first.databaseUrl, ROLE: 'redirect' } });
  call = caller(first.url, first.key);
}, 120_000);
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
  await nats.remove();
});

const target = async (): Promise<string | null> =>
  (await fetch(`${second.url}/${slug}`, { redirect: 'manual' })).headers.get('location');

/** Points the code somewhere else; resolves when the second program serves that. */
async function retargeted(destination: string, timeoutMs: number): Promise<void> {
  const { status } = await call('PATCH', `/v1/qr/${id}`, { json: { destination } });
  expect(status).toBe(200);
  await until(async () => (await target()) === destination, timeoutMs);
}

test('both start and serve while the broker is down', async () => {
  const created = await call('POST', '/v1/qr/create', { json: { type: 'url', destination: 'https://example.com/0' } });
  expect(created.status).toBe(201);
  id = created.body.id;
  slug = new URL(created.body.shortUrl).pathname.slice(1);
  await until(async () => (await target()) === 'https://example.com/0', withoutBrokerMs);
  await retargeted('https://example.com/down', withoutBrokerMs);
});

test('when the broker has come, what one answers the other serves within a second', async () => {
  await nats.restart();
  await until(() => first.log().split('compared with the ledger').length > 2, 10_000);
  for (let i = 0; i < 10; i++) await retargeted(`https://example.com/up/${i}`, withBrokerMs);
});

test('while the broker is gone again, the ledger itself brings the changes', async () => {
  await nats.kill();
  await retargeted('https://example.com/gone', withoutBrokerMs);
});

test('when the broker is back with an empty store, everything goes on', async () => {
  const before = first.log().length;
  await nats.restart();
  await until(() => first.log().slice(before).includes('compared with the ledger'), 10_000);
  for (let i = 0; i < 3; i++) await retargeted(`https://example.com/back/${i}`, withBrokerMs);
});

test('a scan that the second program answered is counted by the first', async () => {
  const count = async () => (await call('GET', `/v1/qr/${id}/analytics`)).body.totalScans as number;
  const before = await count();
  for (let i = 0; i < 5; i++)
    await fetch(`${second.url}/${slug}`, { redirect: 'manual', headers: { 'user-agent': iPhone } });
  await until(async () => (await count()) >= before + 5, withoutBrokerMs);
  expect(await count()).toBe(before + 5);
});

test('both drain in order while the broker is down', async () => {
  await nats.kill();
  expect(await Promise.all([first.stop(), second.stop()])).toEqual([0, 0]);
  expect(first.log() + second.log()).not.toContain('the drain took too long');
});
