import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { anotherOrganization, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let dns: TestDns;
let program: Program;
let call: Call;
let org: string;

beforeAll(async () => {
  dns = await dnsServer();
  program = await startProgram({ env: { DNS_SERVERS: dns.address } });
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});
afterAll(async () => {
  await program?.stop();
  await dns?.close();
});

const destination = 'https://example.com/1';
const make = async (more: object = {}) =>
  (await call('POST', '/v1/qr/create', { json: { destination, ...more } })).body;
const change = (id: string, json: object) => call('PATCH', `/v1/qr/${id}`, { json });
const restore = (id: string, json: object = {}, headers: Record<string, string> = {}) =>
  call('POST', `/v1/qr/${id}/restore`, { json, headers });
const eventsOf = async (id: string): Promise<{ type: string; position: number; at: string; request: string }[]> =>
  (await call('GET', `/v1/events?stream=${id}`)).body.data;
const visit = (slug: string) =>
  caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8' } });
const faults = async (id: string, json: object) => places(refusal(await restore(id, json), 422, 'validation_failed'));

describe('a code is taken back', () => {
  test('to an earlier version in all it held, and the redirect follows at once', async () => {
    const before = { label: 'first', style: { dotColor: '#123456' }, tags: ['a'], folder: 'Flyers' };
    const { id, slug } = await make(before);
    await change(id, { destination: 'https://example.com/2', label: null, style: {}, tags: ['b'], folder: null });
    const answer = await restore(id, { version: 1 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id, destination, status: 'active', ...before });
    expect((await visit(slug)).headers.get('location')).toBe(destination);
    const read = await call('GET', `/v1/qr/${id}`);
    expect(read.body).toMatchObject(answer.body);
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
    const events = (await eventsOf(id)).slice(6);
    expect(events[0]!.type).toBe('qr.restored');
    expect(new Set(events.map(event => event.request))).toEqual(new Set([answer.headers.get('x-request-id')!]));
    const [restored] = (await call('GET', `/v1/qr/${id}/history?order=asc&cursor=6&limit=1`)).body.data;
    expect(restored).toMatchObject({ type: 'qr.restored', restoredVersion: 1 });
  });

  test('to a moment, by time or by position', async () => {
    const { id } = await make();
    await change(id, { label: 'second' });
    await change(id, { label: 'third' });
    const [created, second] = await eventsOf(id);
    expect((await restore(id, { asOf: second!.position })).body.label).toBe('second');
    expect((await restore(id, { asOf: String(created!.position) })).body.label).toBeNull();
    const { at } = (await eventsOf(id)).at(-1)!;
    await until(() => Date.now() > Date.parse(at), 1_000);
    await change(id, { label: 'later' });
    expect((await restore(id, { asOf: at })).body.label).toBeNull();
    expect(await faults(id, { asOf: created!.position - 1 })).toEqual(['/asOf too_small']);
    expect(await faults(id, { asOf: 999_999_999 })).toEqual(['/asOf too_large']);
    expect(await faults(id, { asOf: 'soon' })).toEqual(['/asOf format']);
  });

  test('from deletion, with its slug and its scans', async () => {
    const { id, slug } = await make({ label: 'kept' });
    expect((await visit(slug)).status).toBe(302);
    await call('DELETE', `/v1/qr/${id}`);
    expect((await visit(slug)).status).toBe(410);
    const answer = await restore(id);
    expect(answer.body).toMatchObject({ id, slug, destination, label: 'kept', status: 'active' });
    expect((await visit(slug)).headers.get('location')).toBe(destination);
    expect((await call('GET', `/v1/qr/${id}`)).body).toMatchObject({ scans: 2, label: 'kept' });
    expect((await call('GET', '/v1/qr?search=kept')).body.total).toBe(1);
  });

  test('from its last deletion, as it was before that', async () => {
    const { id } = await make({ label: 'first' });
    await call('DELETE', `/v1/qr/${id}`);
    await restore(id);
    await change(id, { label: 'second' });
    await call('DELETE', `/v1/qr/${id}`);
    expect((await restore(id)).body).toMatchObject({ label: 'second', status: 'active' });
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'qr.restored', data: { version: 4 } });
  });

  test('once, however often the same request comes', async () => {
    const { id } = await make();
    await change(id, { label: 'x' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => restore(id, { version: 1 }, { 'idempotency-key': 'back' })),
    );
    expect(new Set(answers.map(answer => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect(answers.filter(answer => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual([
      'qr.created',
      'qr.relabeled',
      'qr.restored',
      'qr.relabeled',
    ]);
    // Under another body the key is taken; a restoration that changes nothing is no event.
    refusal(await restore(id, { version: 2 }, { 'idempotency-key': 'back' }), 422, 'idempotency_key_reused');
    expect((await restore(id, { version: 1 })).headers.get('etag')).toBe('"4"');
  });

  test('only at the version that was seen, when one is named', async () => {
    const { id } = await make();
    await change(id, { label: 'x' });
    refusal(await restore(id, { version: 1 }, { 'if-match': '"1"' }), 412, 'precondition_failed');
    expect((await restore(id, { version: 1 }, { 'if-match': '"2"' })).headers.get('etag')).toBe('"4"');
  });
});

describe('a code is not taken back', () => {
  test('when it is not said to what, to what never was, or to its deletion', async () => {
    const { id } = await make();
    expect(await faults(id, {})).toEqual(['/version required']);
    expect(await faults(id, { version: 2 })).toEqual(['/version too_large']);
    expect(await faults(id, { version: 0 })).toEqual(['/version too_small']);
    expect(await faults(id, { version: 1, asOf: 1 })).toEqual(['/asOf not_allowed']);
    expect(await faults(id, { version: 1, label: 'x' })).toEqual(['/label unknown_property']);
    await call('DELETE', `/v1/qr/${id}`);
    expect(await faults(id, { version: 2 })).toEqual(['/version not_allowed']);
  });

  test('when its domain was given up, whoever has it now', async () => {
    const other = await callerWith(program, (await anotherOrganization(program)).org);
    const proven = async (by: Call) => {
      const { id, record } = (await by('POST', '/v1/domains', { json: { host: 'once.example' } })).body;
      dns.records.set(record.name, [record.value]);
      expect((await by('POST', `/v1/domains/${id}/verify`)).body.status).toBe('verified');
      return id as string;
    };
    const under = { slug: 'dm', domain: 'once.example' };
    const domain = await proven(call);
    const { id } = await make(under);
    await call('DELETE', `/v1/qr/${id}`);
    expect((await restore(id)).body).toMatchObject({ status: 'active', domain: 'once.example' });
    await call('DELETE', `/v1/qr/${id}`);
    const moving = await make({ ...under, slug: 'moving' });
    await call('DELETE', `/v1/domains/${domain}`);
    const isRefused = async (id: string, json: object, fault: string) => {
      const problem = refusal(await restore(id, json), 422, 'validation_failed');
      expect([places(problem), JSON.stringify(problem).includes('once.example')]).toEqual([[fault], true]);
    };
    await isRefused(id, {}, '/version not_allowed');
    await proven(other);
    expect((await other('POST', '/v1/qr/create', { json: { destination, ...under } })).status).toBe(201);
    await isRefused(id, { asOf: (await eventsOf(id))[0]!.position }, '/asOf not_allowed');
    // An active one is told so too, until it is put under another.
    await isRefused(moving.id, { version: 1 }, '/version not_allowed');
    await change(moving.id, { domain: null });
    expect((await restore(moving.id, { version: 1 })).status).toBe(200);
  });

  test('by somebody of another organisation, by a reader, or out of the reach of the key', async () => {
    const { id } = await make({ tags: ['summer'] });
    await change(id, { tags: ['summer', 'winter'] });
    const ask = async (call: Call, json: object = { version: 1 }) => call('POST', `/v1/qr/${id}/restore`, { json });
    const { org: foreign } = await anotherOrganization(program);
    const [stranger, tester, reader, auditor, winter] = await Promise.all([
      callerWith(program, foreign),
      callerWith(program, org, { mode: 'test' }),
      callerWith(program, org, { scope: 'read' }),
      callerWith(program, org, { scope: 'audit' }),
      callerWith(program, org, { tags: ['winter'] }),
    ]);
    for (const call of [stranger, tester]) refusal(await ask(call), 404, 'not_found');
    for (const call of [reader, auditor]) refusal(await ask(call), 403, 'scope_missing');
    const refused = refusal(await ask(winter), 422, 'validation_failed');
    expect(places(refused)).toEqual(['/version not_allowed']);
    refusal(await restore('qr_00000000000000000000000000'), 404, 'not_found');
  });
});
