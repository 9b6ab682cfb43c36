import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { anotherOrganization, keyOf, limitReached } from '../support/tenants.ts';

let program: Program;
let call: Call;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

const json = { destination: 'https://example.com/' };
const usage = async (ask: Call) => (await ask('GET', '/v1/account/usage')).body;

test('usage is what the reference shows: this month, with every code and request so far', async () => {
  expect(await usage(call)).toEqual({
    plan: 'enterprise',
    period: new Date().toISOString().slice(0, 7),
    qrCodesCreated: 0,
    apiRequests: 1,
    limits: { qrCodesPerMonth: 50_000, apiRequestsPerMinute: 1_000 },
  });
  const { body } = await call('POST', '/v1/qr/create', { json });
  await call('POST', '/v1/qr/bulk', { json: { codes: [json, json, json] } });
  await call('DELETE', `/v1/qr/${body.id}`);
  await call('POST', '/v1/qr/create', { json: {} });
  expect(await usage(call)).toMatchObject({ qrCodesCreated: 4, apiRequests: 6 });
});

test('requests at the same time are all counted', async () => {
  const { apiRequests } = await usage(call);
  await Promise.all(Array.from({ length: 50 }, () => usage(call)));
  expect((await usage(call)).apiRequests).toBe(apiRequests + 51);
});

test('usage is of the organisation, whichever of its keys was used, and outlives a restart', async () => {
  const { org, key } = await anotherOrganization(program);
  const second = caller(program.url, await keyOf(program, org, 'read'));
  const first = caller(program.url, key);
  const { apiRequests } = await usage(second);
  await first('POST', '/v1/qr/create', { json });
  expect(await usage(second)).toMatchObject({ qrCodesCreated: 1, apiRequests: apiRequests + 2 });
  expect(await program.stop()).toBe(0);
  program = await startProgram({ again: program });
  expect(await usage(first)).toMatchObject({ qrCodesCreated: 1, apiRequests: apiRequests + 3 });
});

test('limits of the organisation are shown and kept', async () => {
  const { org, key } = await anotherOrganization(program, 'Small');
  await program.org('limits', '--org', org, '--codes', '3', '--requests', '77');
  await limitReached(program, key, 77);
  const small = caller(program.url, key);
  expect((await usage(small)).limits).toEqual({ qrCodesPerMonth: 3, apiRequestsPerMinute: 77 });
  refusal(await small('POST', '/v1/qr/bulk', { json: { codes: [json, json, json, json] } }), 403, 'quota_exceeded');
  expect((await small('POST', '/v1/qr/bulk', { json: { codes: [json, json] } })).status).toBe(201);
  expect((await small('POST', '/v1/qr/create', { json })).status).toBe(201);
  refusal(await small('POST', '/v1/qr/create', { json }), 403, 'quota_exceeded');
  expect(await usage(small)).toMatchObject({ qrCodesCreated: 3 });
});
