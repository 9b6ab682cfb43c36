import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { anotherOrganization, keyOf, limitReached, setLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

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
  expect(await usage(call)).toMatchObject({
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
  await setLimits(program, org, { qrCodesPerMonth: 3, apiRequestsPerMinute: 77 });
  await limitReached(program, key, 77);
  const small = caller(program.url, key);
  expect((await usage(small)).limits).toEqual({ qrCodesPerMonth: 3, apiRequestsPerMinute: 77 });
  refusal(await small('POST', '/v1/qr/bulk', { json: { codes: [json, json, json, json] } }), 403, 'quota_exceeded');
  expect((await small('POST', '/v1/qr/bulk', { json: { codes: [json, json] } })).status).toBe(201);
  expect((await small('POST', '/v1/qr/create', { json })).status).toBe(201);
  refusal(await small('POST', '/v1/qr/create', { json }), 403, 'quota_exceeded');
  expect(await usage(small)).toMatchObject({ qrCodesCreated: 3 });
});

test('usage of other months can be asked for, and what is no month is refused', async () => {
  expect((await call('GET', '/v1/account/usage?period=2020-02')).body).toMatchObject({
    ...{ period: '2020-02', qrCodesCreated: 0, apiRequests: 0, teams: [], keys: [] },
  });
  for (const period of ['2020-13', '2020', 'now']) {
    const answer = await call('GET', `/v1/account/usage?period=${period}`);
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['?period pattern']);
  }
});

test('usage is told by team and by key, and every unit of it is an event of the ledger', async () => {
  const { key } = await anotherOrganization(program, 'Parts');
  const whole = caller(program.url, key);
  await until(async () => (await whole('GET', '/v1/teams')).status === 200, 5_000);
  const team = (await whole('POST', '/v1/teams', { json: { name: 'Field' } })).body.id;
  const issued = (await whole('POST', '/v1/keys', { json: { name: 'Theirs', scope: 'write', team } })).body;
  const theirs = caller(program.url, issued.key);
  const trial = (await whole('POST', '/v1/keys', { json: { name: 'Trial', scope: 'write', mode: 'test' } })).body;
  for (let i = 0; i < 3; i++) await theirs('POST', '/v1/qr/create', { json });
  await whole('POST', '/v1/qr/bulk', { json: { codes: [json, json] } });
  await caller(program.url, trial.key)('POST', '/v1/qr/create', { json });

  const all = await usage(whole);
  expect(all.qrCodesCreated).toBe(5);
  expect(all.teams).toEqual([
    { id: team, name: 'Field', qrCodesCreated: 3, apiRequests: 3 },
    { id: null, name: null, qrCodesCreated: 2, apiRequests: all.apiRequests - 3 },
  ]);
  expect(all.keys.find((row: { id: string }) => row.id === issued.id)).toMatchObject({
    name: 'Theirs',
    qrCodesCreated: 3,
  });
  expect(await usage(theirs)).toMatchObject({ qrCodesCreated: 3, apiRequests: 4 });

  const units = async (query: string) => {
    const found = [];
    for (let cursor = ''; ; ) {
      const { body } = await whole('GET', `/v1/account/usage/events?limit=2${query}${cursor}`);
      found.push(...body.data);
      if (!body.has_more) return found;
      cursor = `&cursor=${body.next_cursor}`;
    }
  };
  const ofTeam = await units(`&team=${team}`);
  const sum = (of: 'qrCodesCreated' | 'apiRequests') => ofTeam.reduce((total, each) => total + each[of], 0);
  expect([sum('qrCodesCreated'), sum('apiRequests')]).toEqual([3, 4]);
  const { data: ledger } = (await whole('GET', '/v1/events?limit=1000')).body;
  for (const each of ofTeam) {
    const event = ledger.find(({ position }: { position: number }) => position === each.position);
    expect([event.type, each.key, each.team]).toEqual([each.type, issued.id, team]);
  }
  expect((await units('')).reduce((total, each) => total + each.qrCodesCreated, 0)).toBe(5);
});
