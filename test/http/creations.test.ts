import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { anotherOrganization, liftLimits } from '../support/tenants.ts';

let program: Program;
let call: Call;
let other: Call;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  await liftLimits(program);
  other = caller(program.url, (await anotherOrganization(program)).key);
});
afterAll(async () => {
  await program?.stop();
});

const destination = 'https://example.com/landing';
const total = async (): Promise<number> => (await call('GET', '/v1/qr?limit=1')).body.total;
const withKey = (key: string) => ({ 'idempotency-key': key });

describe('creating a code', () => {
  test('the request of the reference gets the answer of the reference', async () => {
    const json = {
      type: 'url',
      destination,
      label: 'Campaign A',
      style: { dotColor: '#1a1a2e', bgColor: '#ffffff' },
    };
    const { status, headers, body } = await call('POST', '/v1/qr/create', { json });
    expect(status).toBe(201);
    expect(body).toMatchObject(json);
    expect(body.id).toMatch(/^qr_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(body.shortUrl).toMatch(new RegExp(`^http://localhost:${new URL(program.url).port}/[2-9a-hjkmnp-z]{8}$`));
    expect(body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.parse(body.createdAt) - Date.now())).toBeLessThan(60_000);
    expect(headers.get('location')).toBe(`${new URL(body.shortUrl).origin}/v1/qr/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  test('a destination alone is enough', async () => {
    const { status, body } = await call('POST', '/v1/qr/create', { json: { destination } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ type: 'url', label: null, style: {}, status: 'active' });
  });

  test('a chosen slug is the short URL in lower case, and nobody gets it again, not even after its end', async () => {
    const made = await call('POST', '/v1/qr/create', { json: { destination, slug: 'Summer-Sale' } });
    expect(made.body.shortUrl).toEndWith('/summer-sale');
    const again = { json: { destination, slug: 'SUMMER-sale' } };
    expect(refusal(await call('POST', '/v1/qr/create', again), 409, 'slug_taken')).toEqual([
      { pointer: '/slug', code: 'taken', detail: 'The slug "SUMMER-sale" is taken.' },
    ]);
    refusal(await other('POST', '/v1/qr/create', again), 409, 'slug_taken');
    await call('DELETE', `/v1/qr/${made.body.id}`);
    refusal(await call('POST', '/v1/qr/create', again), 409, 'slug_taken');
  });

  test('of twenty that want one slug at once exactly one gets it', async () => {
    const json = { destination, slug: 'contested' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/qr/create', { json })));
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) refusal(answer, 409, 'slug_taken');
  });
});

describe('creating in bulk', () => {
  test('the request of the reference gets the answer of the reference', async () => {
    const codes = [
      { destination: 'https://example.com/product/1', label: 'Product 1' },
      { destination: 'https://example.com/product/2', label: 'Product 2' },
    ];
    const { status, body } = await call('POST', '/v1/qr/bulk', { json: { codes } });
    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual(['created', 'codes']);
    expect(body.created).toBe(2);
    for (const [i, { id, shortUrl, ...more }] of body.codes.entries()) {
      expect(more).toEqual({});
      expect((await call('GET', `/v1/qr/${id}`)).body).toMatchObject({ shortUrl, ...codes[i] });
    }
  });

  test('ten thousand codes are made in one call, answered in order and led where they should', async () => {
    const codes = Array.from({ length: 10_000 }, (_, i) => ({ destination: `https://example.com/p/${i}` }));
    const { status, body } = await call('POST', '/v1/qr/bulk', { json: { codes } });
    expect(status).toBe(201);
    expect(body.created).toBe(10_000);
    expect(body.codes).toHaveLength(10_000);
    expect(new Set(body.codes.map((code: { shortUrl: string }) => code.shortUrl)).size).toBe(10_000);
    expect(body.codes.map((code: { id: string }) => code.id)).toEqual(
      body.codes.map((code: { id: string }) => code.id).sort(),
    );
    for (const i of [0, 1, 4_999, 9_999]) {
      const { pathname } = new URL(body.codes[i].shortUrl);
      expect((await call('GET', pathname)).headers.get('location')).toBe(codes[i]!.destination);
    }
  }, 120_000);

  test('one taken slug is named with its pointer and nothing is created', async () => {
    await call('POST', '/v1/qr/create', { json: { destination, slug: 'taken-early' } });
    const before = await total();
    const codes = [{ destination }, { destination, slug: 'still-free' }, { destination, slug: 'taken-early' }];
    const faults = refusal(await call('POST', '/v1/qr/bulk', { json: { codes } }), 409, 'slug_taken');
    expect(faults.map(fault => fault.pointer)).toEqual(['/codes/2/slug']);
    expect(await total()).toBe(before);
    expect((await call('GET', '/still-free')).status).toBe(404);
  });
});

describe('the same Idempotency-Key', () => {
  test('twenty times at once with a chosen slug creates once and answers all alike', async () => {
    const before = await total();
    const json = { destination, slug: 'only-once' };
    const headers = withKey('create-once');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', '/v1/qr/create', { json, headers })),
    );
    expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map(answer => answer.body.id)).size).toBe(1);
    expect(new Set(answers.map(answer => answer.headers.get('location'))).size).toBe(1);
    expect(answers.filter(answer => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await total()).toBe(before + 1);
  });

  test('twenty times at once in bulk creates the codes once', async () => {
    const before = await total();
    const json = { codes: [{ destination }, { destination, slug: 'bulk-once' }, { destination }] };
    const headers = withKey('bulk-once');
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/qr/bulk', { json, headers })));
    expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map(answer => JSON.stringify(answer.body))).size).toBe(1);
    expect(await total()).toBe(before + 3);
  });

  test('with another body or on another route is refused', async () => {
    const headers = withKey('one-use');
    await call('POST', '/v1/qr/create', { json: { destination }, headers });
    const json = { destination: `${destination}/2` };
    refusal(await call('POST', '/v1/qr/create', { json, headers }), 422, 'idempotency_key_reused');
    const codes = [{ destination }];
    refusal(await call('POST', '/v1/qr/bulk', { json: { codes }, headers }), 422, 'idempotency_key_reused');
  });

  test('of two organisations is two keys', async () => {
    const headers = withKey('shared');
    const mine = await call('POST', '/v1/qr/create', { json: { destination }, headers });
    const theirs = await other('POST', '/v1/qr/create', { json: { destination }, headers });
    expect(theirs.status).toBe(201);
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  test('of two keys of one organisation is two keys: what one was answered is not shown to the other', async () => {
    const asked = { json: { destination }, headers: withKey('shared') };
    const mine = await call('POST', '/v1/qr/create', asked);
    const { key } = (await call('POST', '/v1/keys', { json: { name: 'T', scope: 'write', mode: 'test' } })).body;
    const theirs = await caller(program.url, key)('POST', '/v1/qr/create', asked);
    expect([theirs.status, theirs.headers.get('idempotency-replayed'), theirs.body.test]).toEqual([201, null, true]);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  test('after a refusal is still good', async () => {
    const headers = withKey('second-try');
    refusal(
      await call('POST', '/v1/qr/create', { json: { destination: 'nowhere' }, headers }),
      422,
      'validation_failed',
    );
    expect((await call('POST', '/v1/qr/create', { json: { destination }, headers })).status).toBe(201);
  });

  test('that can not be one is refused', async () => {
    const headers = withKey('x'.repeat(256));
    const faults = refusal(
      await call('POST', '/v1/qr/create', { json: { destination }, headers }),
      422,
      'validation_failed',
    );
    expect(faults.map(fault => fault.pointer)).toEqual(['header:Idempotency-Key']);
  });

  test('outlives a kill -9: what was answered is answered again, and nothing is done twice', async () => {
    const json = { codes: [{ destination }, { destination, slug: 'survivor' }] };
    const headers = withKey('before-the-kill');
    const first = await call('POST', '/v1/qr/bulk', { json, headers });
    const single = await call('POST', '/v1/qr/create', { json: { destination }, headers: withKey('single') });
    const before = await total();
    await program.kill();
    program = await startProgram({ again: program });
    const again = await call('POST', '/v1/qr/bulk', { json, headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    const singleAgain = await call('POST', '/v1/qr/create', { json: { destination }, headers: withKey('single') });
    expect(singleAgain.body).toEqual(single.body);
    expect(singleAgain.headers.get('location')).toBe(single.headers.get('location'));
    expect(await total()).toBe(before);
    expect((await call('GET', '/survivor')).headers.get('location')).toBe(destination);
  });
});
