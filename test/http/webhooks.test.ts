/**
 * Webhooks over HTTP: as the reference shows them, refused with every fault at once, seen by their own organisation
 * alone, and with their secret in no answer but the one that tells of its making.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { organizationOf, stranger } from '../support/tenants.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram({ env: { WEBHOOK_ALLOW: '10.1.0.0/16' } });
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

const url = 'https://yourapp.com/webhooks/qr-scans';
const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
/** Nobody is to be told of anything here: what it is subscribed to does not happen. */
const quiet = { url, events: ['style.renamed'] };

describe('POST /v1/webhooks', () => {
  test('registers an endpoint as the reference shows it', async () => {
    const { status, headers, body } = await call('POST', '/v1/webhooks', { json: { ...quiet, secret } });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...quiet,
      status: 'active',
    });
    expect(body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body.secret).toBeNull();
    expect(body.id).toMatch(/^wh_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(headers.get('location')).toEndWith(`/v1/webhooks/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
  });

  test('makes a secret where none was given, also for the reference’s own placeholder, and shows it this once', async () => {
    for (const given of [{}, { secret: 'whsec_...' }]) {
      const { body } = await call('POST', '/v1/webhooks', { json: { ...quiet, ...given } });
      expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect((await call('GET', `/v1/webhooks/${body.id}`)).body).not.toHaveProperty('secret');
    }
  });

  test('answers a repeated request with the same webhook and secret, to the same key only', async () => {
    const headers = { 'idempotency-key': 'hook-1' };
    const first = await call('POST', '/v1/webhooks', { json: quiet, headers });
    const again = await call('POST', '/v1/webhooks', { json: quiet, headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(first.body.secret).toStartWith('whsec_');
    const colleague = await callerWith(program, await organizationOf(program));
    const theirs = await colleague('POST', '/v1/webhooks', { json: quiet, headers });
    expect([theirs.status, theirs.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect([theirs.body.id, theirs.body.secret]).not.toContainAnyValues([first.body.id, first.body.secret]);
    refusal(
      await call('POST', '/v1/webhooks', { json: { ...quiet, test: true }, headers }),
      422,
      'idempotency_key_reused',
    );
  });

  test('names all faults at once', async () => {
    const json = {
      ...{
        url: 'http://u:p@192.168.0.1:22/',
        events: ['qr.painted', 'scan.created'],
        secret: `whsec_${'A'.repeat(33)}=`,
      },
      ...{ codes: ['nobody'], tags: ['a,b', ' '], colour: 'red' },
    };
    const faults = refusal(await call('POST', '/v1/webhooks', { json }), 422, 'validation_failed');
    expect([...new Set(places(faults))].sort()).toEqual(
      [
        '/codes/0 pattern',
        '/colour unknown_property',
        '/events/0 not_allowed',
        '/secret format',
        '/tags/0 format',
        '/tags/1 too_short',
        '/url not_allowed',
      ].sort(),
    );
    expect(faults.filter(({ pointer }) => pointer === '/url')).toHaveLength(4);
    expect(places(refusal(await call('POST', '/v1/webhooks', { json: {} }), 422, 'validation_failed'))).toEqual([
      '/url required',
      '/events required',
    ]);
  });

  test.each([
    'http://8.8.8.8/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::ffff:10.0.0.1]/',
    'https://localhost/',
    'https://169.254.169.254/latest/meta-data',
    'ftp://example.com/',
    'example.com',
  ])('refuses %s', async bad => {
    const faults = refusal(
      await call('POST', '/v1/webhooks', { json: { ...quiet, url: bad } }),
      422,
      'validation_failed',
    );
    expect(new Set(places(faults))).toEqual(new Set(['/url not_allowed']));
  });

  test('takes a private network that the operator allows, by plain HTTP too', async () => {
    expect((await call('POST', '/v1/webhooks', { json: { ...quiet, url: 'http://10.1.2.3:8080/' } })).status).toBe(201);
    refusal(
      await call('POST', '/v1/webhooks', { json: { ...quiet, url: 'http://10.2.2.3:8080/' } }),
      422,
      'validation_failed',
    );
  });

  test('refuses secrets that are too short, too long or none', async () => {
    for (const bytes of [0, 23, 65]) {
      const weak = `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
      const answer = await call('POST', '/v1/webhooks', { json: { ...quiet, secret: weak } });
      expect(refusal(answer, 422, 'validation_failed')[0]!.pointer).toBe('/secret');
      expect(JSON.stringify(answer.body)).not.toContain(weak.slice(8) || 'nothing');
    }
  });
});

describe('a webhook', () => {
  const create = async (more: object = {}) =>
    (await call('POST', '/v1/webhooks', { json: { ...quiet, secret, ...more } })).body;

  test('is changed field by field, by version', async () => {
    const { id } = await create({ tags: ['Menu'] });
    const code = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
    const patch = { events: ['style.*'], tags: null, codes: [code.body.id] };
    const changed = await call('PATCH', `/v1/webhooks/${id}`, { json: patch, headers: { 'if-match': '"1"' } });
    expect(changed.body).toMatchObject({ ...patch, url, status: 'active' });
    const read = await call('GET', `/v1/webhooks/${id}`);
    expect(read.body).toEqual(changed.body);
    expect(read.headers.get('etag')).toBe(changed.headers.get('etag')!);
    expect((await call('GET', `/v1/webhooks/${id}`, { headers: { 'if-none-match': '"3"' } })).status).toBe(304);
    refusal(
      await call('PATCH', `/v1/webhooks/${id}`, { json: patch, headers: { 'if-match': '"1"' } }),
      412,
      'precondition_failed',
    );
    const paused = await call('PATCH', `/v1/webhooks/${id}`, { json: { status: 'paused' } });
    expect(paused.body.status).toBe('paused');
    refusal(
      await call('PATCH', `/v1/webhooks/${id}`, { json: { url: 'https://10.0.0.1/' } }),
      422,
      'validation_failed',
    );
    refusal(await call('PATCH', `/v1/webhooks/${id}`, { json: { secret } }), 422, 'validation_failed');
  });

  test('is listed newest first, page by page', async () => {
    const made = [await create(), await create(), await create()].map(({ id }) => id);
    const first = (await call('GET', '/v1/webhooks?limit=2')).body;
    expect(first.data.map(({ id }: { id: string }) => id)).toEqual([made[2], made[1]]);
    const second = (await call('GET', `/v1/webhooks?limit=2&cursor=${first.next_cursor}`)).body;
    expect(second.data[0].id).toBe(made[0]);
    expect(second.total).toBe(first.total);
  });

  test('is gone when it is deleted', async () => {
    const { id } = await create();
    expect((await call('DELETE', `/v1/webhooks/${id}`)).body).toEqual({ deleted: true, id });
    refusal(await call('GET', `/v1/webhooks/${id}`), 404, 'not_found');
    refusal(await call('DELETE', `/v1/webhooks/${id}`), 404, 'not_found');
    expect(
      (await call('GET', '/v1/webhooks?limit=100')).body.data.map((each: { id: string }) => each.id),
    ).not.toContain(id);
  });

  test('is told of codes that are there', async () => {
    const { id } = await create();
    const codes = ['qr_01J3K9M2P8XABCDEFGHJKMNPQR'];
    for (const answer of [
      await call('POST', '/v1/webhooks', { json: { ...quiet, codes } }),
      await call('PATCH', `/v1/webhooks/${id}`, { json: { codes } }),
    ]) {
      expect(places(refusal(answer, 404, 'not_found'))).toEqual(['/codes unknown']);
    }
  });

  test('does not exist for another organisation, in any route', async () => {
    const { id } = await create();
    const other = await stranger(program);
    for (const [method, path, json] of [
      ['GET', '', undefined],
      ['PATCH', '', { events: ['*'] }],
      ['DELETE', '', undefined],
      ['POST', '/pause', {}],
      ['POST', '/resume', {}],
      ['POST', '/rotate', {}],
      ['POST', '/test', {}],
      ['GET', '/deliveries', undefined],
      ['GET', `/deliveries/msg_${id.slice(3)}_1`, undefined],
      ['POST', `/deliveries/msg_${id.slice(3)}_1/resend`, {}],
      ['GET', '/replays', undefined],
      ['GET', '/replays/rep_01J3K9M2P8XABCDEFGHJKMNPQR', undefined],
      ['POST', '/replays', {}],
    ] as const) {
      refusal(await other(method, `/v1/webhooks/${id}${path}`, { json }), 404, 'not_found');
    }
    expect((await other('GET', '/v1/webhooks')).body.total).toBe(0);
    expect((await call('GET', `/v1/webhooks/${id}`)).body.status).toBe('active');
  });

  test('needs an admin key of the whole organisation, a live one', async () => {
    const org = await organizationOf(program);
    for (const [more, code] of [
      [{ scope: 'write' }, 'scope_missing'],
      [{ mode: 'test' }, 'not_permitted'],
      [{ tags: ['menu'] }, 'not_permitted'],
      [{ role: 'editor' }, 'not_permitted'],
    ] as const) {
      const narrow = await callerWith(program, org, more as never);
      refusal(await narrow('GET', '/v1/webhooks'), 403, code);
      refusal(await narrow('POST', '/v1/webhooks', { json: quiet }), 403, code);
    }
  });
});

test('no secret is in the ledger as it is shown, in any format, nor in the log', async () => {
  const mine = `whsec_${Buffer.from('this secret must not be shown ok').toString('base64')}`;
  const { id } = (await call('POST', '/v1/webhooks', { json: { ...quiet, secret: mine } })).body;
  const { body: rotated } = await call('POST', `/v1/webhooks/${id}/rotate`, { json: {} });
  const shown = await Promise.all([
    call('GET', `/v1/events?stream=${id}`),
    call('GET', `/v1/events?stream=${id}&format=ndjson`),
    call('GET', `/v1/webhooks/${id}`),
    call('GET', '/v1/webhooks?limit=100'),
  ]);
  const all = JSON.stringify(shown.map(({ body }) => body)) + program.log();
  expect(all).toContain('webhook.rotated');
  for (const text of [mine, rotated.secret]) expect(all).not.toContain(text.slice(6, 30));
});
