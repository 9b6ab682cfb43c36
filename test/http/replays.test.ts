/**
 * Replays over HTTP: a range by positions or by times, from the first day on when nothing is said, and how far it is.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';
import { idsAt } from '../webhooks/rig.ts';

let program: Program;
let call: Call;
let endpoint: Endpoint;
/** Positions of the codes that were created, in order. */
let created: number[] = [];
beforeAll(async () => {
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  call = caller(program.url, program.key);
  endpoint = await startEndpoint();
  for (let i = 0; i < 5; i++)
    await call('POST', '/v1/qr/create', { json: { destination: `https://example.com/${i}` } });
  const { data } = (await call('GET', '/v1/events?type=qr.created')).body;
  created = data.map(({ position }: { position: number }) => position);
});
afterAll(async () => {
  await program?.stop();
  await endpoint?.close();
});

const soonMs = 15_000;
const create = async () =>
  (await call('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['qr.created'] } })).body.id as string;

/** Asks for a replay and returns the positions that the endpoint was told of. */
async function replayed(id: string, json?: object): Promise<number[]> {
  const { status, headers, body } = await call('POST', `/v1/webhooks/${id}/replays`, { ...(json && { json }) });
  expect(status).toBe(202);
  expect(headers.get('location')).toEndWith(`/v1/webhooks/${id}/replays/${body.id}`);
  const path = `/v1/webhooks/${id}/replays/${body.id}`;
  await until(async () => (await call('GET', path)).body.status === 'done', soonMs);
  const pending = async () => (await call('GET', `/v1/webhooks/${id}/deliveries?status=pending`)).body.data.length;
  await until(async () => (await pending()) === 0, soonMs);
  const prefix = `msg_${id.slice(3)}_`;
  return idsAt(endpoint)
    .filter(message => message.startsWith(prefix))
    .map(message => Number(message.slice(prefix.length).split('_')[0]))
    .sort((a, b) => a - b);
}

describe('a replay', () => {
  test('goes from the first day to the end when nothing is said', async () => {
    expect(await replayed(await create())).toEqual(created);
  });

  test('goes from one position to another, both included', async () => {
    expect(await replayed(await create(), { from: created[1], to: created[3] })).toEqual(created.slice(1, 4));
    expect(await replayed(await create(), { from: created[3] })).toEqual(created.slice(3));
  });

  test('goes from one time to another, as the ledger has them', async () => {
    const { data } = (await call('GET', '/v1/events?type=qr.created')).body;
    const times = data.map(({ at }: { at: string }) => at) as string[];
    expect(await replayed(await create(), { from: times[2] })).toEqual(
      created.filter((_, i) => times[i]! >= times[2]!),
    );
    expect(await replayed(await create(), { to: times[2] })).toEqual(created.filter((_, i) => times[i]! <= times[2]!));
    expect(await replayed(await create(), { from: '2020-01-01' })).toEqual(created);
  });

  test('is listed with the others, and found by its id with the webhook it is of', async () => {
    const id = await create();
    const first = (await call('POST', `/v1/webhooks/${id}/replays`, { json: { to: 3 } })).body;
    const second = (await call('POST', `/v1/webhooks/${id}/replays`, { json: { from: 2, to: 2 } })).body;
    const list = (await call('GET', `/v1/webhooks/${id}/replays`)).body;
    expect([list.data.map((each: { id: string }) => each.id), list.total]).toEqual([[second.id, first.id], 2]);
    expect(second).toMatchObject({ webhook: id, from: 2, to: 2 });
    refusal(await call('GET', `/v1/webhooks/${await create()}/replays/${first.id}`), 404, 'not_found');
  });

  test('that is asked for twice under one idempotency key is one', async () => {
    const id = await create();
    const headers = { 'idempotency-key': `replay-${id}` };
    const [one, two] = [
      await call('POST', `/v1/webhooks/${id}/replays`, { headers }),
      await call('POST', `/v1/webhooks/${id}/replays`, { headers }),
    ];
    expect(two.body).toEqual(one.body);
    expect((await call('GET', `/v1/webhooks/${id}/replays`)).body.total).toBe(1);
  });

  test('of what is no range is refused, every fault at once', async () => {
    const id = await create();
    const faults = async (json: object) =>
      places(refusal(await call('POST', `/v1/webhooks/${id}/replays`, { json }), 422, 'validation_failed'));
    expect(await faults({ from: 'yesterday', to: '2026-02-30' })).toEqual(['/from format', '/to format']);
    expect(await faults({ from: 10, to: 5 })).toEqual(['/from too_large']);
    expect(await faults({ from: 1_000_000_000 })).toEqual(['/from too_large']);
    expect(await faults({ from: '2100-01-01' })).toEqual(['/from too_large']);
    expect(await faults({ to: '2020-01-01' })).toEqual(['/from too_large']);
    expect(await faults({ since: 5 })).toEqual(['/since unknown_property']);
  });
});
