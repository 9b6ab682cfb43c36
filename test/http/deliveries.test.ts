/**
 * The log of deliveries over HTTP: what is in it, what it can be asked for, and one of them sent again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
let endpoint: Endpoint;
/** What the endpoint answers. */
let status = 200;
beforeAll(async () => {
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  call = caller(program.url, program.key);
  endpoint = await startEndpoint((_, response) => response.writeHead(status).end('sorry, token=geheim'));
});
afterAll(async () => {
  await program?.stop();
  await endpoint?.close();
});

const soonMs = 15_000;
const create = async (events: string[]) =>
  (await call('POST', '/v1/webhooks', { json: { url: endpoint.url, events } })).body.id as string;
const log = async (id: string, query = '') => (await call('GET', `/v1/webhooks/${id}/deliveries${query}`)).body;
const newCode = (n: number) => call('POST', '/v1/qr/create', { json: { destination: `https://example.com/${n}` } });

test('a delivery tells its state, its attempts, how long the answer took and how it began, and what is sent', async () => {
  status = 500;
  const id = await create(['qr.created']);
  const qr = (await newCode(1)).body;
  const failed = await until(
    async () => (await log(id)).data.find((each: { attempts: number }) => each.attempts === 1),
    soonMs,
  );
  expect(failed).toMatchObject({
    ...{ type: 'qr.created', status: 'pending', responseStatus: 500, error: null },
    ...{ responseExcerpt: 'sorry, token=[…]', latencyMs: expect.any(Number) },
  });
  expect(Date.parse(failed.nextAttemptAt)).toBeGreaterThan(Date.parse(failed.lastAttemptAt));
  const detail = (await call('GET', `/v1/webhooks/${id}/deliveries/${failed.id}`)).body;
  expect(detail).toMatchObject({ ...failed, payload: { type: 'qr.created', data: { id: qr.id } } });
  const sent = endpoint.received.find(({ headers }) => headers['webhook-id'] === failed.id)!;
  expect(JSON.parse(sent.body.toString())).toEqual(detail.payload);
  // It is tried again by itself, under the same id.
  status = 200;
  const done = await until(async () => (await log(id, '?status=delivered')).data[0], soonMs);
  expect(done).toMatchObject({ id: failed.id, attempts: 2, nextAttemptAt: null, responseExcerpt: null });
  const [first, second] = endpoint.received.filter(({ headers }) => headers['webhook-id'] === failed.id);
  expect(second!.body).toEqual(first!.body);
}, 120_000);

test('the log is asked for by state and by name, page by page', async () => {
  status = 200;
  const id = await create(['qr.created', 'qr.updated']);
  const made = [(await newCode(2)).body, (await newCode(3)).body, (await newCode(4)).body];
  await call('PATCH', `/v1/qr/${made[0].id}`, { json: { label: 'x' } });
  await until(async () => (await log(id, '?status=delivered')).data.length === 4, soonMs);
  const first = await log(id, '?limit=3');
  expect(first.data.map(({ type }: { type: string }) => type)).toEqual(['qr.updated', 'qr.created', 'qr.created']);
  const second = await log(id, `?limit=3&cursor=${first.next_cursor}`);
  expect([second.data.length, second.has_more, second.next_cursor]).toEqual([1, false, null]);
  expect((await log(id, '?type=qr.updated')).data).toHaveLength(1);
  expect((await log(id, '?status=exhausted')).data).toEqual([]);
  refusal(await call('GET', `/v1/webhooks/${id}/deliveries?status=lost`), 422, 'validation_failed');
  refusal(await call('GET', `/v1/webhooks/${id}/deliveries?cursor=x`), 422, 'validation_failed');
});

test('one is sent again, under its id, once for an idempotency key', async () => {
  status = 200;
  const id = await create(['qr.created']);
  await newCode(5);
  const done = await until(async () => (await log(id, '?status=delivered')).data[0], soonMs);
  const times = () => endpoint.received.filter(({ headers }) => headers['webhook-id'] === done.id).length;
  expect(times()).toBe(1);
  const headers = { 'idempotency-key': 'resend-1' };
  for (let i = 0; i < 2; i++) {
    const answer = await call('POST', `/v1/webhooks/${id}/deliveries/${done.id}/resend`, { headers });
    expect([answer.status, answer.body]).toEqual([202, { id: done.id, type: 'qr.created', status: 'pending' }]);
  }
  await until(() => times() === 2, soonMs);
  const [after] = await until(async () => {
    const { data } = await log(id, '?status=delivered');
    return data.length === 1 && data;
  }, soonMs);
  expect(after).toMatchObject({ id: done.id, attempts: 1 });
  expect(times()).toBe(2);
});

test('what is not there is not found, and a disabled webhook sends nothing again', async () => {
  const id = await create(['qr.created']);
  await newCode(6);
  const [done] = await until(async () => {
    const { data } = await log(id);
    return data.length > 0 && data;
  }, soonMs);
  const others = [
    done.id.replace(/\d+_/, '999999_'),
    done.id.replace(/.$/, (digit: string) => (digit === '0' ? '1' : '0')),
  ];
  for (const message of ['msg_nobody_1', ...others, id])
    refusal(await call('GET', `/v1/webhooks/${id}/deliveries/${message}`), 404, 'not_found');
  status = 410;
  await newCode(7);
  await until(async () => (await call('GET', `/v1/webhooks/${id}`)).body.status === 'disabled', soonMs);
  expect((await call('GET', `/v1/webhooks/${id}`)).body.disabledReason).toBe('gone');
  refusal(await call('POST', `/v1/webhooks/${id}/deliveries/${done.id}/resend`), 409, 'conflict');
  refusal(await call('POST', `/v1/webhooks/${id}/replays`), 409, 'conflict');
  status = 200;
  await call('POST', `/v1/webhooks/${id}/resume`);
  expect((await call('POST', `/v1/webhooks/${id}/deliveries/${done.id}/resend`)).status).toBe(202);
});
