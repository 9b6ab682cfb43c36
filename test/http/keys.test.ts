import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from '../../src/store/connect.ts';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { organizationOf, stranger } from '../support/tenants.ts';

let program: Program;
let call: Call;
let org: string;
beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});
afterAll(async () => {
  await program?.stop();
});

/** A new key and a caller with it. */
const issue = async (json: object, by = call) => {
  const answer = await by('POST', '/v1/keys', { json: { name: 'K', scope: 'read', ...json } });
  expect(answer.status).toBe(201);
  const { key, ...shown } = answer.body;
  return { text: key as string, shown, ask: caller(program.url, key) };
};
const destination = 'https://example.com/';
const create = (by: Call) => by('POST', '/v1/qr/create', { json: { destination } });

describe('a key', () => {
  test('is issued with its text, and read ever after without it', async () => {
    const { status, headers, body } = await call('POST', '/v1/keys', { json: { name: ' Shop ', scope: 'write' } });
    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    const { key, ...shown } = body;
    expect(key).toMatch(/^fdqr_live_sk_[0-9A-Za-z]{36}$/);
    expect(shown).toMatchObject({
      ...{ name: 'Shop', prefix: 'fdqr_live_sk_', lastFour: key.slice(-4), mode: 'live', scope: 'write' },
      ...{ role: 'editor', member: null, team: null, tags: null, domains: null, operations: null, addresses: null },
      ...{ requestsPerMinute: null, expiresAt: null, status: 'active', lastUsedAt: null },
    });
    const path = `/v1/keys/${shown.id}`;
    expect(headers.get('location')).toEndWith(path);
    const read = await call('GET', path);
    expect(read.body).toEqual(shown);
    expect((await call('GET', path, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
    expect((await create(caller(program.url, key))).status).toBe(201);
    const { body: ledger } = await call('GET', '/v1/events?limit=1000');
    expect(JSON.stringify([ledger, (await call('GET', '/v1/keys')).body])).not.toContain(key);
  });

  test('is listed newest first with when it was last used, revoked ones on request', async () => {
    const [a, b] = [await issue({}), await issue({ mode: 'test' })];
    await a.ask('GET', '/v1/qr');
    await call('DELETE', `/v1/keys/${b.shown.id}`);
    const list = (await call('GET', '/v1/keys?limit=1')).body;
    expect(list.data).toEqual([{ ...a.shown, lastUsedAt: expect.stringMatching(/^20\d\d-.*Z$/) }]);
    const all = (await call('GET', '/v1/keys?limit=1&revoked=true')).body;
    expect(all.data).toMatchObject([{ id: b.shown.id, status: 'revoked', prefix: 'fdqr_test_sk_' }]);
    expect(all.total).toBeGreaterThan(list.total);
    expect((await call('GET', `/v1/keys?limit=1&cursor=${all.next_cursor}&revoked=true`)).body.data[0].id).toBe(
      a.shown.id,
    );
  });

  test('is shown again to the key that asked when the request is repeated, and stored nowhere', async () => {
    const options = { json: { name: 'K', scope: 'read' }, headers: { 'idempotency-key': 'issue-1' } };
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/v1/keys', options)));
    const { body } = answers[0]!;
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([201, body]);
    expect((await caller(program.url, body.key)('GET', '/v1/qr')).status).toBe(200);
    const other = await callerWith(program, org);
    expect((await other('POST', '/v1/keys', options)).body.id).not.toBe(body.id);
    const sql = connect(program.databaseUrl, { max: 1 });
    const [{ found } = { found: 1 }] =
      await sql`select count(*) as found from ledger.answers where body like ${`%${body.key}%`}`;
    await sql.end();
    expect(found).toBe(0);
  });

  test('is revoked at once and for good, and twice is as good as once', async () => {
    const { ask, shown, text } = await issue({});
    const path = `/v1/keys/${shown.id}`;
    expect((await ask('GET', '/v1/qr')).status).toBe(200);
    for (let i = 0; i < 2; i++) expect((await call('DELETE', path)).body).toEqual({ revoked: true, id: shown.id });
    refusal(await ask('GET', '/v1/qr'), 401, 'invalid_key');
    expect((await call('GET', path)).body.status).toBe('revoked');
    refusal(await call('PATCH', path, { json: { name: 'X' } }), 409, 'conflict');
    refusal(await call('POST', `${path}/rotate`), 409, 'conflict');
    expect(text).not.toBeEmpty();
  });

  test('that is wrong is told so, with every fault', async () => {
    const json = {
      ...{ name: 'K', scope: 'wirte', mode: 'dead', role: 'boss', addresses: ['here'], expiresAt: 'soon', colour: 1 },
      ...{ operations: ['qr.paint'], requestsPerMinute: 0, tags: ['a,b'] },
    };
    expect(places(refusal(await call('POST', '/v1/keys', { json }), 422, 'validation_failed')).sort()).toEqual([
      ...['/addresses/0 format', '/colour unknown_property', '/expiresAt format', '/mode not_allowed'],
      ...['/operations/0 not_allowed', '/requestsPerMinute too_small', '/role not_allowed', '/scope not_allowed'],
      ...['/tags/0 format'],
    ]);
    const past = await call('POST', '/v1/keys', {
      json: { name: 'K', scope: 'read', expiresAt: '2020-01-01T00:00:00Z' },
    });
    expect(places(refusal(past, 422, 'validation_failed'))).toEqual(['/expiresAt too_small']);
  });

  test('of another organisation is not there', async () => {
    const other = await stranger(program);
    const { shown, ask } = await issue({});
    const path = `/v1/keys/${shown.id}`;
    refusal(await other('GET', path), 404, 'not_found');
    refusal(await other('PATCH', path, { json: { name: 'X' } }), 404, 'not_found');
    refusal(await other('POST', `${path}/rotate`), 404, 'not_found');
    refusal(await other('DELETE', path), 404, 'not_found');
    expect((await other('GET', '/v1/keys')).body.data).not.toContainEqual(shown);
    expect((await ask('GET', '/v1/qr')).status).toBe(200);
  });
});

describe('a narrowed key', () => {
  test('opens what it is narrowed to and says what keeps it from the rest', async () => {
    const reader = await issue({ scope: 'write', operations: ['qr.read'] });
    expect((await reader.ask('GET', '/v1/qr')).status).toBe(200);
    refusal(await create(reader.ask), 403, 'not_permitted');
    const away = await issue({ addresses: ['203.0.113.0/24'] });
    refusal(await away.ask('GET', '/v1/qr'), 403, 'not_permitted');
    expect((await away.ask('GET', '/v1/qr', { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(200);
    refusal(await away.ask('GET', '/v1/qr', { headers: { 'x-forwarded-for': '203.0.114.9' } }), 403, 'not_permitted');
  });

  test('has a rate of its own', async () => {
    const slow = await issue({ requestsPerMinute: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await slow.ask('GET', '/v1/qr')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await call('PATCH', `/v1/keys/${slow.shown.id}`, { json: { requestsPerMinute: null } });
    expect((await slow.ask('GET', '/v1/qr')).headers.get('x-ratelimit-limit')).toBe('1000');
  });

  test('is changed at once, and the answer is what is read later', async () => {
    const { shown, ask } = await issue({ scope: 'write' });
    const path = `/v1/keys/${shown.id}`;
    expect((await create(ask)).status).toBe(201);
    const json = {
      name: 'N',
      tags: ['Summer'],
      operations: ['qr.read'],
      requestsPerMinute: 9,
      expiresAt: '2100-01-01T00:00:00Z',
    };
    const changed = await call('PATCH', path, { json, headers: { 'if-match': '"1"' } });
    expect(changed.body).toMatchObject({ ...json, tags: ['summer'] });
    expect((await call('GET', path)).body).toMatchObject({ ...changed.body, lastUsedAt: expect.anything() });
    refusal(await create(ask), 403, 'not_permitted');
    refusal(
      await call('PATCH', path, { json: { name: 'X' }, headers: { 'if-match': '"1"' } }),
      412,
      'precondition_failed',
    );
  });
});

describe('a key that ends', () => {
  test('gives away none that outlasts it, itself neither', async () => {
    const end = '2099-01-01T00:00:00.000Z';
    const { shown, ask } = await issue({ scope: 'admin', expiresAt: end });
    const lasting = await issue({ scope: 'read' });
    const refused = [
      await ask('PATCH', `/v1/keys/${shown.id}`, { json: { expiresAt: null } }),
      await ask('PATCH', `/v1/keys/${shown.id}`, { json: { expiresAt: '2099-01-01T00:00:01Z' } }),
      await ask('POST', '/v1/keys', { json: { name: 'For ever', scope: 'read', expiresAt: null } }),
      await ask('POST', `/v1/keys/${lasting.shown.id}/rotate`),
    ];
    for (const answer of refused)
      expect(places(refusal(answer, 403, 'not_permitted'))).toEqual(['/expiresAt not_allowed']);
    const made = await ask('POST', '/v1/keys', { json: { name: 'As long', scope: 'read' } });
    expect(Date.parse(made.body.expiresAt)).toBe(Date.parse(end));
    expect((await ask('PATCH', `/v1/keys/${lasting.shown.id}`, { json: { name: 'Renamed' } })).status).toBe(200);
    expect((await ask('PATCH', `/v1/keys/${shown.id}`, { json: { expiresAt: '2098-01-01T00:00:00Z' } })).status).toBe(
      200,
    );
    expect((await ask('POST', `/v1/keys/${shown.id}/rotate`)).status).toBe(200);
  });
});

describe('a rotated key', () => {
  test('has two texts until its grace period ends, under one name', async () => {
    const { shown, ask, text } = await issue({ scope: 'write' });
    const rotated = await call('POST', `/v1/keys/${shown.id}/rotate`, { json: { graceSeconds: 600 } });
    const { key, graceUntil, ...after } = rotated.body;
    expect(after).toMatchObject({ id: shown.id, lastFour: key.slice(-4) });
    expect(key).not.toBe(text);
    expect(Date.parse(graceUntil) - Date.now()).toBeWithin(590_000, 610_000);
    const codes = [await create(ask), await create(caller(program.url, key))];
    expect(codes.map(({ status }) => status)).toEqual([201, 201]);
    const { data } = (await call('GET', '/v1/events?type=qr.created&limit=1000')).body;
    for (const { body } of codes) {
      expect(data.find((event: { stream: string }) => event.stream === body.id).actor).toBe(shown.id);
    }
  });

  test('without grace has the new text alone, at once', async () => {
    const { shown, ask } = await issue({});
    expect((await ask('GET', '/v1/qr')).status).toBe(200);
    const { key } = (await call('POST', `/v1/keys/${shown.id}/rotate`, { json: { graceSeconds: 0 } })).body;
    refusal(await ask('GET', '/v1/qr'), 401, 'invalid_key');
    expect((await caller(program.url, key)('GET', '/v1/qr')).status).toBe(200);
    await call('DELETE', `/v1/keys/${shown.id}`);
    refusal(await caller(program.url, key)('GET', '/v1/qr'), 401, 'invalid_key');
  });

  test('can be the one that asks, and a day of grace is usual', async () => {
    const { shown, ask } = await issue({ scope: 'admin' });
    const { key, graceUntil } = (await ask('POST', `/v1/keys/${shown.id}/rotate`)).body;
    expect(Date.parse(graceUntil) - Date.now()).toBeWithin(86_390_000, 86_410_000);
    expect((await caller(program.url, key)('GET', `/v1/keys/${shown.id}`)).status).toBe(200);
  });

  test('gets one new text for one idempotency key', async () => {
    const { shown } = await issue({});
    const options = { json: {}, headers: { 'idempotency-key': 'rotate-1' } };
    const [first, again] = [
      await call('POST', `/v1/keys/${shown.id}/rotate`, options),
      await call('POST', `/v1/keys/${shown.id}/rotate`, options),
    ];
    expect(again.body).toEqual(first.body);
    expect((await caller(program.url, first.body.key)('GET', '/v1/qr')).status).toBe(200);
  });
});
