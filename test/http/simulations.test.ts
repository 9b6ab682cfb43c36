import { beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;
let trial: Call;
let id: string;
beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const issued = await call('POST', '/v1/keys', { json: { name: 'Trial', scope: 'write', mode: 'test' } });
  trial = caller(program.url, issued.body.key);
  id = (await trial('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body.id;
});

const simulate = (json: object, by = trial, headers = {}) =>
  by('POST', `/v1/qr/${id}/scans/simulate`, { json, headers });
const scans = async () => (await trial('GET', `/v1/qr/${id}/analytics`)).body;

test('scans of a test code are simulated, counted in its analytics and marked in the ledger', async () => {
  const { status, body } = await simulate({ count: 25, country: 'TR', device: 'tablet' });
  expect([status, body]).toEqual([201, { recorded: 25 }]);
  await until(async () => (await scans()).totalScans === 25, 5_000);
  expect(await scans()).toMatchObject({ topCountries: [{ country: 'TR', scans: 25 }], devices: { tablet: 100 } });
  expect((await scans()).uniqueScans).toBeGreaterThan(20);
  const { data } = (await call('GET', '/v1/events?type=scan.recorded&limit=1000')).body;
  expect(data).toHaveLength(25);
  expect(data.every((event: { data: { test?: true } }) => event.data.test)).toBe(true);
  await simulate({ count: 5, sameVisitor: true, kind: 'bot' });
  await simulate({ count: 5, sameVisitor: true });
  await until(async () => (await scans()).totalScans === 30, 5_000);
});

test('they are recorded once for one idempotency key', async () => {
  const before = (await scans()).totalScans;
  const headers = { 'idempotency-key': 'simulate-1' };
  const answers = await Promise.all([1, 2, 3].map(() => simulate({ count: 3 }, trial, headers)));
  for (const { body } of answers) expect(body).toEqual({ recorded: 3 });
  await until(async () => (await scans()).totalScans === before + 3, 5_000);
});

test('only test keys can, and only of their codes', async () => {
  const live = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body.id;
  refusal(await call('POST', `/v1/qr/${live}/scans/simulate`, { json: {} }), 403, 'not_permitted');
  refusal(await simulate({}, call), 404, 'not_found');
  refusal(await trial('POST', `/v1/qr/${live}/scans/simulate`, { json: {} }), 404, 'not_found');
  const wrong = await simulate({ count: 1_001, country: 'de', colour: 1 });
  expect(places(refusal(wrong, 422, 'validation_failed')).sort()).toEqual([
    ...['/colour unknown_property', '/count too_large', '/country pattern'],
  ]);
});

test('a test code uses nothing of the quota and its requests are not billed', async () => {
  const usage = (await call('GET', '/v1/account/usage')).body;
  expect(usage.qrCodesCreated).toBe(1);
  expect(usage.keys.every((row: { name: string | null }) => row.name !== 'Trial')).toBe(true);
});
