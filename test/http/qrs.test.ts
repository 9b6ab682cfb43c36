import { beforeAll, describe, expect, test } from 'bun:test';
import { type Answer, type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { anotherOrganization, liftLimits } from '../support/tenants.ts';

let program: Place;
let call: Call;
let other: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  other = caller(program.url, (await anotherOrganization(program)).key);
  await liftLimits(program);
});

const destination = 'https://example.com/landing';
const make = async (more: object = {}) =>
  (await call('POST', '/v1/qr/create', { json: { destination, ...more } })).body;
const scan = (shortUrl: string): Promise<Answer> => caller(program.url)('GET', new URL(shortUrl).pathname);
const unknownId = 'qr_00000000000000000000000000';

describe('a code', () => {
  test('is shown as the reference shows it', async () => {
    const made = await make({ label: 'Campaign A' });
    await scan(made.shortUrl);
    const { status, headers, body } = await call('GET', `/v1/qr/${made.id}`);
    expect(status).toBe(200);
    expect(body).toEqual({ ...made, scans: body.scans });
    expect(body.scans).toBeNumber();
    expect(headers.get('etag')).toBe('"1"');
  });

  test('can be led elsewhere, relabelled and restyled, each alone or all together', async () => {
    const { id } = await make({ label: 'A' });
    const patch = async (json: object) => (await call('PATCH', `/v1/qr/${id}`, { json })).body;
    expect(await patch({ destination: `${destination}/2` })).toMatchObject({
      id,
      destination: `${destination}/2`,
      label: 'A',
    });
    expect(await patch({ label: 'Campaign A — Updated' })).toMatchObject({ label: 'Campaign A — Updated' });
    expect(await patch({ label: null })).toMatchObject({ label: null });
    const all = { destination, label: 'B', style: { dotColor: '#123' } };
    const body = await patch(all);
    expect(body).toMatchObject(all);
    expect(body.updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await call('GET', `/v1/qr/${id}`)).body).toMatchObject(body);
  });

  test('keeps its type for ever, and an empty change is none', async () => {
    const { id } = await make();
    for (const json of [{ type: 'url' }, { id: 'x' }, { status: 'deleted' }, { destination: null }]) {
      refusal(await call('PATCH', `/v1/qr/${id}`, { json }), 422, 'validation_failed');
    }
    const faults = refusal(await call('PATCH', `/v1/qr/${id}`, { json: {} }), 422, 'validation_failed');
    expect(faults).toHaveLength(1);
    const json = { destination: 'javascript:x', label: 'a\nb', colour: 1 };
    expect(places(refusal(await call('PATCH', `/v1/qr/${id}`, { json }), 422, 'validation_failed')).sort()).toEqual([
      '/colour unknown_property',
      '/destination scheme',
      '/label format',
    ]);
    expect((await call('GET', `/v1/qr/${id}`)).headers.get('etag')).toBe('"1"');
  });

  test('is gone when it was deleted: here, in the list and under its short URL', async () => {
    const { id, shortUrl } = await make({ label: 'short-lived' });
    const { status, body } = await call('DELETE', `/v1/qr/${id}`);
    expect([status, body]).toEqual([200, { deleted: true, id }]);
    for (const path of [`/v1/qr/${id}`, `/v1/qr/${id}/image`, `/v1/qr/${id}/analytics`]) {
      refusal(await call('GET', path), 404, 'not_found');
    }
    refusal(await call('DELETE', `/v1/qr/${id}`), 404, 'not_found');
    refusal(await call('PATCH', `/v1/qr/${id}`, { json: { destination } }), 404, 'not_found');
    expect((await call('GET', '/v1/qr?search=short-lived')).body.total).toBe(0);
    expect((await scan(shortUrl)).status).toBe(410);
  });

  test('of another organisation is not there, and neither is one that never was', async () => {
    const { id } = await make({ label: 'mine' });
    for (const path of [`/v1/qr/${id}`, `/v1/qr/${unknownId}`, '/v1/qr/x', '/v1/qr/org_1', "/v1/qr/'or'1'='1"]) {
      for (const tail of ['', '/image', '/analytics']) refusal(await other('GET', path + tail), 404, 'not_found');
      refusal(await other('PATCH', path, { json: { destination } }), 404, 'not_found');
      refusal(await other('DELETE', path), 404, 'not_found');
    }
    expect((await other('GET', '/v1/qr?search=mine')).body).toMatchObject({ data: [], total: 0 });
    expect((await call('GET', `/v1/qr/${id}`)).status).toBe(200);
  });

  test('is found by an id with escaped characters too', async () => {
    const { id } = await make();
    expect((await call('GET', `/v1/qr/${id.replace('_', '%5F')}`)).body.id).toBe(id);
  });
});

describe('versions', () => {
  test('If-None-Match of the current one is a 304 without a body, of an older one the code', async () => {
    const { id } = await make();
    const ask = (etag: string) => call('GET', `/v1/qr/${id}`, { headers: { 'if-none-match': etag } });
    for (const etag of ['"1"', 'W/"1"', '"7", "1"', '*']) {
      const { status, headers, body } = await ask(etag);
      expect([status, body.length, headers.get('etag')]).toEqual([304, 0, '"1"']);
    }
    await call('PATCH', `/v1/qr/${id}`, { json: { label: 'x' } });
    expect((await ask('"1"')).headers.get('etag')).toBe('"2"');
  });

  test('If-Match lets through the version that was seen and no other', async () => {
    const { id } = await make();
    const change = (match: string, label: string) =>
      call('PATCH', `/v1/qr/${id}`, { json: { label }, headers: { 'if-match': match } });
    expect((await change('"1"', 'a')).headers.get('etag')).toBe('"2"');
    const late = await change('"1"', 'b');
    refusal(late, 412, 'precondition_failed');
    expect(late.headers.get('etag')).toBe('"2"');
    expect((await change('"1", "2"', 'c')).status).toBe(200);
    expect((await change('*', 'd')).status).toBe(200);
    refusal(await change('W/"4"', 'e'), 412, 'precondition_failed');
    expect(places(refusal(await change('4', 'f'), 422, 'validation_failed'))).toEqual(['header:If-Match pattern']);
    refusal(await call('DELETE', `/v1/qr/${id}`, { headers: { 'if-match': '"1"' } }), 412, 'precondition_failed');
    expect((await call('DELETE', `/v1/qr/${id}`, { headers: { 'if-match': '"4"' } })).status).toBe(200);
  });

  test('of twenty changes to the version they have seen exactly one is made', async () => {
    const { id } = await make();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        call('PATCH', `/v1/qr/${id}`, { json: { label: `L${i}` }, headers: { 'if-match': '"1"' } }),
      ),
    );
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(1);
    expect(answers.filter(answer => answer.status === 412)).toHaveLength(19);
    expect((await call('GET', `/v1/qr/${id}`)).headers.get('etag')).toBe('"2"');
  });

  test('the same Idempotency-Key changes and deletes once, however often it comes at once', async () => {
    const { id } = await make();
    const twenty = (method: string, headers: Record<string, string>, json?: object) =>
      Promise.all(Array.from({ length: 20 }, () => call(method, `/v1/qr/${id}`, { headers, json })));
    for (const answers of [
      await twenty('PATCH', { 'idempotency-key': 'change', 'if-match': '"1"' }, { label: 'once' }),
      await twenty('DELETE', { 'idempotency-key': 'delete' }),
    ]) {
      expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(200));
      expect(new Set(answers.map(answer => JSON.stringify(answer.body))).size).toBe(1);
      expect(answers.filter(answer => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    }
    const { body } = await call('GET', `/v1/events?stream=${id}`);
    expect(body.data.map((event: { type: string }) => event.type)).toEqual([
      'qr.created',
      'qr.relabeled',
      'qr.deleted',
    ]);
  });
});

test('what was answered is known to every read that follows, two hundred times', async () => {
  const follow = async (name: string) => {
    const { id, shortUrl } = await make({ label: name });
    expect((await scan(shortUrl)).headers.get('location')).toBe(destination);
    expect((await call('GET', `/v1/qr/${id}`)).body.label).toBe(name);
    expect((await call('GET', `/v1/qr?search=${name}`)).body.data).toMatchObject([{ id }]);
    await call('PATCH', `/v1/qr/${id}`, { json: { destination: `${destination}/${name}` } });
    expect((await scan(shortUrl)).headers.get('location')).toBe(`${destination}/${name}`);
    expect((await call('GET', `/v1/qr/${id}`)).body.destination).toBe(`${destination}/${name}`);
    await call('DELETE', `/v1/qr/${id}`);
    expect((await scan(shortUrl)).status).toBe(410);
    expect((await call('GET', `/v1/qr?search=${name}`)).body.total).toBe(0);
  };
  const lane = async (letter: string) => {
    for (let i = 0; i < 20; i++) await follow(`fresh-${letter}${i}-`);
  };
  await Promise.all([...'abcdefghij'].map(lane));
}, 120_000);
