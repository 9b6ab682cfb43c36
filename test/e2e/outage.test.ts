/**
 * Never down: the database is away, or silent, or the program is killed meanwhile, and whoever scans a known code is led
 * on as ever. What was answered is counted afterwards, each scan once.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Gate, gate } from '../support/gate.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Program, type ProgramOptions, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { parallel } from './parallel.ts';
import { type Code, scan, visitor } from './visits.ts';

setDefaultTimeout(180_000);

let door: Gate;
/** Has a way to the database of its own, and never redirects here. */
let office: Program;
/** Redirects, behind the door. */
let node: Program;
let call: Call;
const codes: Code[] = [];
/** Answers with 302 by code: what has to be counted. */
const answered = new Map<string, number>();

const start = (options: ProgramOptions = {}) =>
  startProgram({ ...options, env: { ROLE: 'redirect', DATABASE_URL: door.url, ...options.env }, runtime: 'bun' });

beforeAll(async () => {
  const { url } = await testDatabase();
  door = await gate(url);
  office = await startProgram({ env: { DATABASE_URL: url } });
  call = caller(office.url, office.key);
  const json = { codes: Array.from({ length: 5 }, (_, i) => ({ destination: `https://example.com/${i}` })) };
  const { body } = await call('POST', '/v1/qr/bulk', { json });
  for (const [i, { id, shortUrl }] of body.codes.entries()) {
    codes.push({ id, slug: new URL(shortUrl).pathname.slice(1), destination: `https://example.com/${i}` });
    answered.set(id, 0);
  }
  node = await start();
});

afterAll(async () => {
  await door?.open().catch(() => {});
  await node?.kill();
  await office?.kill();
  await door?.shut();
});

/** So many scans, some at once, each of which has to be led on. */
async function scans(count: number, from = 0): Promise<void> {
  await parallel(
    Array.from({ length: count }, (_, n) => n + from),
    16,
    async n => {
      const code = codes[n % codes.length]!;
      expect(await scan(node.url, code.slug, visitor(n))).toEqual({ status: 302, location: code.destination });
      answered.set(code.id, answered.get(code.id)! + 1);
    },
  );
}

const counted = async (): Promise<Map<string, number>> =>
  new Map(
    await parallel(codes, 5, async ({ id }) => {
      const { body } = await call('GET', `/v1/qr/${id}/analytics`);
      return [id, body.totalScans] as [string, number];
    }),
  );

/** Waits until as many scans are counted as were answered, and then that there are not more of them. */
async function expectExact(): Promise<void> {
  const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  await until(async () => sum(await counted()) >= sum(answered), 30_000);
  expect(await counted()).toEqual(answered);
}

const unknown = () => fetch(`${node.url}/nobody-knows-this`);
const status = async () => (await fetch(`${node.url}/readyz?verbose`)).json();

test('while the database is there, scans are counted and an unknown code is a 404', async () => {
  await scans(100);
  expect((await unknown()).status).toBe(404);
  await expectExact();
});

test('while the database is away, known codes answer, and of unknown ones nothing wrong is said', async () => {
  await door.shut();
  await scans(400, 1_000);
  await until(async () => (await unknown()).status === 503, 5_000);
  expect((await unknown()).headers.get('retry-after')).toBe('2');
  const { status: ready, redirects } = await status();
  expect(ready).toBe('ready');
  expect(redirects).toMatchObject({ codes: 5, complete: false, spool: { filling: true } });
  expect(redirects.spool.bytes).toBeGreaterThan(0);
  await door.open();
  await until(async () => (await unknown()).status === 404, 10_000);
  await expectExact();
  expect((await status()).redirects.spool.bytes).toBe(0);
});

test('while the database is silent, nobody waits for it', async () => {
  door.stick();
  const started = performance.now();
  await scans(1_600, 20_000);
  // One patience of the recorder, and not one for every sixteen of them, which comes to 25 seconds.
  expect(performance.now() - started).toBeLessThan(20_000);
  await until(async () => (await unknown()).status === 503, 10_000);
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  door.loosen();
  await expectExact();
});

test('a door that opens and shuts under load loses no scan and counts none twice', async () => {
  for (let round = 0; round < 6; round++) {
    const load = scans(300, 3_000 + round * 300);
    await door.shut();
    await scans(20, 9_000);
    await door.open();
    await load;
  }
  await expectExact();
});

test('killed while the database is away, a node starts without it, knows the codes and brings home what waited', async () => {
  await call('PATCH', `/v1/qr/${codes[0]!.id}`, { json: { destination: 'https://moved.example/' } });
  codes[0]!.destination = 'https://moved.example/';
  await until(
    async () =>
      (await fetch(`${node.url}/${codes[0]!.slug}`, { method: 'HEAD', redirect: 'manual' })).headers.get('location') ===
      codes[0]!.destination,
    5_000,
  );
  await door.shut();
  await scans(200, 10_000);
  await node.kill();
  node = await start({ again: node });
  await scans(200, 11_000);
  expect((await unknown()).status).toBe(503);
  await door.open();
  await until(async () => (await unknown()).status === 404, 10_000);
  await expectExact();
});

test('a code that is made while a node is cut off is known there when it is back, and changes are too', async () => {
  await door.shut();
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://new.example/' } });
  await call('PATCH', `/v1/qr/${codes[1]!.id}`, { json: { destination: 'https://changed.example/' } });
  const made = () => scan(node.url, body.slug, visitor(1));
  await until(async () => (await made()).status === 503, 5_000);
  await door.open();
  await until(async () => (await made()).location === 'https://new.example/', 10_000);
  const changed = await scan(node.url, codes[1]!.slug, visitor(2), 'HEAD');
  expect(changed.location).toBe('https://changed.example/');
  codes[1]!.destination = 'https://changed.example/';
});

test('stopped in order while the database is away, a node keeps what waits for the next start', async () => {
  await door.shut();
  await scans(100, 12_000);
  expect(await node.stop()).toBe(0);
  await door.open();
  node = await start({ again: node });
  await expectExact();
});

test('a spool that is full turns scans away with a word in log and metrics, and takes them again', async () => {
  await node.stop();
  node = await start({ again: node, env: { SPOOL_BYTES_MAX: '40000' } });
  await door.shut();
  let turnedAway = 0;
  for (let n = 0; n < 400; n++) {
    const code = codes[n % codes.length]!;
    const answer = await scan(node.url, code.slug, visitor(n));
    if (answer.status === 302) answered.set(code.id, answered.get(code.id)! + 1);
    else turnedAway += Number(answer.status === 503);
  }
  expect(turnedAway).toBeGreaterThan(100);
  expect(turnedAway).toBeLessThan(400);
  expect(node.log()).toContain('the spool holds 40000 bytes at most');
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  expect(metrics).toContain('\nindelible_spool_bytes_max 40000\n');
  await door.open();
  await expectExact();
  await scans(20, 13_000);
  await expectExact();
});

test('a node that never saw the database says so instead of starting', async () => {
  await door.shut();
  await expect(start()).rejects.toThrow(/ECONNREFUSED|CONNECT/);
  await door.open();
});
