/**
 * A webhook let rest and go on, tried out, and given another secret: what is answered, and what its endpoint then gets.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Webhook } from 'standardwebhooks';
import { newId } from '../../src/ids.ts';
import { type Call, caller } from '../support/client.ts';
import { type Delivered, type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { callerWith } from '../support/keys.ts';
import { asOperator } from '../support/operator.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { anotherOrganization, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { signedHeaders } from '../webhooks/rig.ts';

let program: Program;
let call: Call;
let endpoint: Endpoint;
beforeAll(async () => {
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  call = caller(program.url, program.key);
  endpoint = await startEndpoint();
});
afterAll(async () => {
  await program?.stop();
  await endpoint?.close();
});

const soonMs = 15_000;
const create = async (more: object = {}) =>
  (await call('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['qr.*'], ...more } })).body;
const arrived = async (id: string): Promise<Delivered> => {
  const delivered = await until(() => endpoint.received.find(({ headers }) => headers['webhook-id'] === id), soonMs);
  return delivered!;
};

describe('a test', () => {
  test('is told like any event, under the id that is answered', async () => {
    const { id, secret } = await create();
    const { status, body } = await call('POST', `/v1/webhooks/${id}/test`);
    expect([status, body.status, body.type]).toEqual([202, 'pending', 'webhook.tested']);
    const delivered = await arrived(body.id);
    const message = new Webhook(secret).verify(delivered.body.toString(), signedHeaders(delivered));
    expect(message).toMatchObject({ type: 'webhook.tested', data: { id, event: { name: 'webhook.tested' } } });
  });

  test('tells the example of another event when that is asked for, and only of one there is', async () => {
    const { id } = await create();
    const { body } = await call('POST', `/v1/webhooks/${id}/test`, { json: { type: 'scan.created' } });
    expect(JSON.parse((await arrived(body.id)).body.toString())).toMatchObject({
      type: 'scan.created',
      data: { country: 'DE', event: { name: 'webhook.tested' } },
    });
    const [fault] = refusal(
      await call('POST', `/v1/webhooks/${id}/test`, { json: { type: 'qr.*' } }),
      422,
      'validation_failed',
    );
    expect(fault!.pointer).toBe('/type');
  });

  test('that is asked for twice under one idempotency key is told once', async () => {
    const { id } = await create();
    const headers = { 'idempotency-key': 'test-1' };
    const first = await call('POST', `/v1/webhooks/${id}/test`, { headers });
    const again = await call('POST', `/v1/webhooks/${id}/test`, { headers });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    await arrived(first.body.id);
    const { body } = await call('GET', `/v1/webhooks/${id}/deliveries`);
    expect(body.data).toHaveLength(1);
  });

  test('needs a webhook that is at work', async () => {
    const { id } = await create();
    await call('POST', `/v1/webhooks/${id}/pause`);
    refusal(await call('POST', `/v1/webhooks/${id}/test`), 409, 'conflict');
  });
});

test('a pause keeps what happens, and going on tells it', async () => {
  const { id } = await create();
  expect((await call('POST', `/v1/webhooks/${id}/pause`)).body.status).toBe('paused');
  expect((await call('POST', `/v1/webhooks/${id}/pause`, { json: {} })).body.status).toBe('paused');
  const json = { destination: 'https://example.com/paused' };
  const qr = (await call('POST', '/v1/qr/create', { json })).body;
  const [waiting] = (await call('GET', `/v1/webhooks/${id}/deliveries`)).body.data;
  expect(waiting).toMatchObject({ type: 'qr.created', status: 'pending', attempts: 0 });
  expect((await call('POST', `/v1/webhooks/${id}/resume`)).body.status).toBe('active');
  const delivered = await arrived(waiting.id);
  expect(JSON.parse(delivered.body.toString())).toMatchObject({
    type: 'qr.created',
    data: { id: qr.id, ...json, event: { name: 'qr.created', version: 1 } },
  });
});

describe('a rotation', () => {
  test('lets both secrets sign for a while, and shows the new one this once', async () => {
    const { id, secret } = await create();
    const headers = { 'idempotency-key': `rotate-${id}` };
    const rotated = await call('POST', `/v1/webhooks/${id}/rotate`, { json: { graceSeconds: 600 }, headers });
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(secret);
    const until_ = Date.parse(rotated.body.previousSecretUntil) - Date.now();
    expect(until_).toBeGreaterThan(500_000);
    const again = await call('POST', `/v1/webhooks/${id}/rotate`, { json: { graceSeconds: 600 }, headers });
    expect(again.body).toEqual(rotated.body);
    const told = (await call('POST', `/v1/webhooks/${id}/test`)).body;
    const delivered = await arrived(told.id);
    for (const one of [secret, rotated.body.secret]) {
      expect(() => new Webhook(one).verify(delivered.body.toString(), signedHeaders(delivered))).not.toThrow();
    }
  });

  test('without a grace period leaves only the new one', async () => {
    const { id, secret } = await create();
    const mine = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;
    const { body } = await call('POST', `/v1/webhooks/${id}/rotate`, { json: { secret: mine, graceSeconds: 0 } });
    expect([body.secret, body.previousSecretUntil]).toEqual([null, null]);
    const told = (await call('POST', `/v1/webhooks/${id}/test`)).body;
    const delivered = await arrived(told.id);
    expect(() => new Webhook(mine).verify(delivered.body.toString(), signedHeaders(delivered))).not.toThrow();
    expect(() => new Webhook(secret).verify(delivered.body.toString(), signedHeaders(delivered))).toThrow();
  });

  test('takes no weak secret, no endless grace and not the secret there is', async () => {
    const mine = `whsec_${Buffer.alloc(24, 4).toString('base64')}`;
    const { id } = await create({ secret: mine });
    for (const json of [{ secret: `whsec_${'A'.repeat(33)}` }, { graceSeconds: 8 * 86_400 }, { secret: mine }])
      refusal(await call('POST', `/v1/webhooks/${id}/rotate`, { json }), 422, 'validation_failed');
  });
});

test('a webhook for test codes is narrowed to these, and to no live ones', async () => {
  const tester = await callerWith(program, await organizationOf(program), { mode: 'test' });
  const [live, trial] = await Promise.all(
    [call, tester].map(
      async by => (await by('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body.id,
    ),
  );
  const make = (test: boolean, code: string) =>
    call('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['qr.*'], test, codes: [code] } });
  const made = [await make(true, trial), await make(false, live)];
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  for (const answer of [await make(true, live), await make(false, trial)]) refusal(answer, 404, 'not_found');
  refusal(await call('PATCH', `/v1/webhooks/${made[0]!.body.id}`, { json: { codes: [live] } }), 404, 'not_found');
});

test('an organisation has a thousand webhooks at most, and room again when one is deleted', async () => {
  const { org, key } = await anotherOrganization(program);
  const ids = Array.from({ length: 1_000 }, () => newId('wh'));
  await asOperator(program, async ({ deps: { ledger }, actor, now }) => {
    const data = { url: endpoint.url, events: ['qr.*'], secret: `whsec_${'A'.repeat(32)}` };
    const writes = ids.map(stream => ({ stream, expected: 0, facts: [{ type: 'webhook.created', data }] }));
    await ledger.append({ at: now(), org, actor, request: null, writes });
  });
  const theirs = caller(program.url, key);
  const make = () => theirs('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['qr.*'] } });
  await until(async () => (await theirs('GET', '/v1/webhooks')).body.total === 1_000, soonMs);
  refusal(await make(), 409, 'conflict');
  await theirs('DELETE', `/v1/webhooks/${ids[0]}`);
  expect((await make()).status).toBe(201);
});
