import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { anotherOrganization, keyOf, liftLimits, limitReached, organizationOf, setLimits } from '../support/tenants.ts';

let program: Place;
let call: Call;
let reader: Call;
let writer: Call;
let id: string;

beforeAll(async () => {
  program = await sharedProgram();
  const org = await organizationOf(program);
  call = caller(program.url, program.key);
  reader = caller(program.url, await keyOf(program, org, 'read'));
  writer = caller(program.url, await keyOf(program, org, 'write'));
  await liftLimits(program);
  const made = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  id = made.body.id;
});

const json = { destination: 'https://example.com/2' };
const routes = (): [string, string, string][] => [
  ['POST', '/v1/qr/create', 'write'],
  ['POST', '/v1/qr/bulk', 'write'],
  ['GET', '/v1/qr', 'read'],
  ['GET', `/v1/qr/${id}`, 'read'],
  ['PATCH', `/v1/qr/${id}`, 'write'],
  ['DELETE', `/v1/qr/${id}`, 'write'],
  ['GET', `/v1/qr/${id}/analytics`, 'read'],
  ['GET', `/v1/qr/${id}/image`, 'read'],
  ['GET', '/v1/account/usage', 'read'],
  ['GET', '/v1/events', 'audit'],
];

describe('every route', () => {
  test('wants a key and says how', async () => {
    for (const [method, path] of routes()) {
      const answer = await caller(program.url)(method, path, method === 'GET' ? {} : { json });
      refusal(answer, 401, 'missing_key');
      expect(answer.headers.get('www-authenticate')).toStartWith('Bearer');
    }
  });

  test('refuses a key that is mistyped, unknown or no key', async () => {
    const key = await keyOf(program, await organizationOf(program), 'read');
    const mistyped = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    for (const wrong of [mistyped, key.toUpperCase(), 'x', `${key} ${key}`, 'fdqr_live_sk_', 'ü']) {
      const answer = await caller(program.url, wrong)('GET', '/v1/qr').catch(() => undefined);
      // A header can't hold every character: such a request does not leave the client.
      if (answer) refusal(answer, 401, 'invalid_key');
    }
    for (const authorization of [`Basic ${btoa(`${key}:`)}`, key, 'Bearer', 'Bearer ']) {
      const answer = await caller(program.url)('GET', '/v1/qr', { headers: { authorization } });
      refusal(answer, 401, 'invalid_key');
    }
    refusal(await caller(program.url)('GET', `/v1/qr?key=${key}`), 401, 'missing_key');
  });

  test('names the scope that a key lacks, before it looks at the body', async () => {
    for (const [method, path, scope] of routes()) {
      const body = method === 'GET' ? {} : { raw: '{"bad', headers: { 'content-type': 'application/json' } };
      const weaker = scope === 'audit' ? [reader, writer] : scope === 'write' ? [reader] : [];
      for (const ask of weaker) {
        const answer = await ask(method, path, body);
        refusal(answer, 403, 'scope_missing');
        expect(answer.body.detail).toContain(`"${scope}"`);
        expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
      }
    }
    expect((await reader('GET', '/v1/qr')).status).toBe(200);
    expect((await writer('POST', '/v1/qr/create', { json })).status).toBe(201);
  });

  test('refuses query parameters it does not know, and hints at the one that was meant', async () => {
    for (const [method, path] of routes()) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { json };
      const answer = await call(
        method,
        `${path}?surprise=1`,
        path.endsWith('/bulk') ? { json: { codes: [json] } } : body,
      );
      expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['?surprise unknown_property']);
    }
    const [fault] = refusal(await call('GET', '/v1/qr?serach=x'), 422, 'validation_failed');
    expect(fault!.detail).toContain('Did you mean "search"?');
  });

  test('refuses a query parameter that is given twice', async () => {
    const answer = await call('GET', '/v1/qr?page=1&limit=5&page=2&limit=5&search=a');
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['?page duplicate', '?limit duplicate']);
  });

  test('refuses NUL in an address', async () => {
    for (const path of ['/v1/qr/%00', `/v1/qr/${id}%00`, '/v1/qr?search=a%00', '/v1/events?stream=%00', '/v1/%00']) {
      refusal(await call('GET', path), 400, 'bad_request');
    }
  });

  test('takes HEAD for GET without the body, and OPTIONS without a key', async () => {
    for (const [method, path] of routes()) {
      const options = await caller(program.url)('OPTIONS', path);
      expect(options.status).toBe(204);
      expect(options.headers.get('allow')).toContain(method);
      if (method !== 'GET') continue;
      const head = await call('HEAD', path);
      const get = await call('GET', path);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const name of ['content-type', 'etag', 'cache-control']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    }
    for (const path of [`/v1/qr/${id}`, `/v1/qr/${id}/image`]) {
      const [head, get] = [await call('HEAD', path), await call('GET', path)];
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    }
    for (const path of ['/v1/qr/export?format=csv', '/v1/scans/export?format=csv', '/v1/events?format=ndjson']) {
      const head = await call('HEAD', path);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, null]);
    }
  });

  test('answers any other method with 405 and the ones it has', async () => {
    for (const [path, methods] of [
      ['/v1/qr', 'GET, HEAD, OPTIONS'],
      ['/v1/qr/create', 'OPTIONS, POST'],
      ['/v1/qr/bulk', 'DELETE, OPTIONS, PATCH, POST'],
      [`/v1/qr/${id}`, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
      [`/v1/qr/${id}/image`, 'GET, HEAD, OPTIONS'],
      ['/v1/events', 'GET, HEAD, OPTIONS'],
    ]) {
      const answer = await call('PUT', path!, { json });
      refusal(answer, 405, 'method_not_allowed');
      expect(answer.headers.get('allow')).toBe(methods!);
    }
  });

  test('is found with a slash at its end and not where it is not', async () => {
    expect((await call('GET', '/v1/qr/')).status).toBe(200);
    expect((await call('GET', `/v1/qr/${id}/`)).status).toBe(200);
    for (const path of ['/v1', '/v1/', '/v1/nothing', `/v1/qr/${id}/x`, `/v1/qr/${id}/image/x`, '/v1/account']) {
      refusal(await call('GET', path), 404, 'not_found');
    }
  });
});

describe('headers', () => {
  test('name the request on every answer, each its own', async () => {
    const paths = [
      '/v1/qr',
      '/v1/nothing',
      '/nobody',
      '/livez',
      '/readyz',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/a/b',
    ];
    const ids = await Promise.all(paths.map(async path => (await call('GET', path)).headers.get('x-request-id')));
    ids.push((await caller(program.url)('GET', '/v1/qr')).headers.get('x-request-id'));
    for (const requestId of ids) expect(requestId).toMatch(/^req_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('tell the rate limit on every authenticated answer, refusals too', async () => {
    for (const [method, path, options] of [
      ['GET', '/v1/qr', {}],
      ['GET', '/v1/qr/qr_00000000000000000000000000', {}],
      ['POST', '/v1/qr/create', { json: {} }],
      ['POST', '/v1/qr/create', { raw: '{', headers: { 'content-type': 'application/json' } }],
      ['GET', `/v1/qr/${id}`, { headers: { 'if-none-match': '"1"' } }],
    ] as const) {
      const { headers } = await call(method, path, options);
      expect(headers.get('ratelimit')).toMatch(/^"minute";r=\d+;t=\d+$/);
      expect(headers.get('ratelimit-policy')).toMatch(/^"minute";q=\d+;w=60$/);
      expect(headers.get('x-ratelimit-limit')).toMatch(/^\d+$/);
      // So many a minute are let through here that what was taken may be back at once.
      expect(Number(headers.get('x-ratelimit-remaining'))).toBeWithin(0, Number(headers.get('x-ratelimit-limit')) + 1);
      expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) - 5);
    }
  });
});

test('who asks too often is told when to come back, and nobody else is', async () => {
  const { org, key } = await anotherOrganization(program, 'Eager');
  await setLimits(program, org, { apiRequestsPerMinute: 5 });
  await limitReached(program, key, 5);
  const eager = caller(program.url, key);
  const answers = await Promise.all(Array.from({ length: 12 }, () => eager('GET', '/v1/qr')));
  const refused = answers.filter(answer => answer.status === 429);
  expect(refused.length).toBeWithin(7, 13);
  expect(answers.filter(answer => answer.status === 200)).toHaveLength(12 - refused.length);
  for (const answer of refused) {
    refusal(answer, 429, 'rate_limited');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(answer.headers.get('retry-after'))).toBeWithin(1, 14);
  }
  expect((await call('GET', '/v1/qr')).status).toBe(200);
});
