import { beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/there', slug: 'routed' } });
});

/** The first line that comes back for bytes as they are written. */
async function firstLine(request: string): Promise<string> {
  const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
  socket.setEncoding('utf8').write(request);
  const [text] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return text.split('\r\n')[0]!;
}

describe('an address', () => {
  test.each(['/routed', '/ROUTED', '/Routed?to=https://evil.example', '/%72outed', '/routed?'])(
    'one level deep is a slug: %s',
    async path => {
      const { status, headers } = await call('GET', path);
      expect([status, headers.get('location')]).toEqual([302, 'https://example.com/there']);
    },
  );

  test.each(['/', '/unknown-slug', '/%00', '/%zz', '/%ff', '/a/b', '/routed/', '/robots.txt', '/v2', '/docs/x'])(
    'that is nothing is a page that says so: %s',
    async path => {
      const { status, headers, body } = await call('GET', path);
      expect(status).toBe(404);
      expect(headers.get('content-type')).toStartWith('text/html');
      expect(body).toContain('There is no code at this address');
    },
  );

  test.each([
    '/docs/constructor',
    '/docs/__proto__',
    '/docs/toString',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
  ])('below the docs leads to nothing that is not meant to be seen: %s', async path =>
    expect((await call('GET', path)).status).toBe(404),
  );

  test.each(['/livez', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/problems', '/docs/swagger-ui.css'])(
    'of the service takes GET and HEAD only: %s',
    async path => {
      expect((await call('GET', path)).status).toBe(200);
      const head = await call('HEAD', path);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const method of ['POST', 'DELETE', 'OPTIONS']) {
        const answer = await call(method, path);
        refusal(answer, 405, 'method_not_allowed');
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
      }
    },
  );

  test('that leads on says which request it was, whatever the code holds', async () => {
    const content = { number: '+4930123456', message: 'Hello' };
    await call('POST', '/v1/qr/create', { json: { type: 'whatsapp', content, slug: 'chat' } });
    for (const path of ['/routed', '/chat']) {
      const { status, headers } = await call('GET', path);
      expect([status, headers.get('x-request-id')]).toEqual([302, expect.stringMatching(/^req_/)]);
    }
  });

  test('of ten thousand characters is answered', async () => {
    const long = 'a'.repeat(10_000);
    expect((await call('GET', `/${long}`)).status).toBe(414);
    refusal(await call('GET', `/v1/qr/${long}`), 404, 'not_found');
    refusal(await call('GET', `/v1/qr?search=${long}`), 422, 'validation_failed');
    expect((await call('GET', '/livez', { headers: { 'x-long': 'b'.repeat(8_000) } })).status).toBe(200);
  });
});

test('whatever the address, the answer is no 5xx', async () => {
  const part = fc.oneof(
    fc.constantFrom('v1', 'qr', 'events', 'docs', 'routed', '..', '%00', '%ff', '%', 'page=1', 'limit=', 'after=9'),
    fc.string({ unit: 'binary' }).map(text => encodeURIComponent(text.toWellFormed())),
    fc.webPath(),
    fc.webQueryParameters(),
  );
  const address = fc
    .tuple(
      fc.constantFrom('/', '/v1/', '/v1/qr/', '/v1/events?', '/v1/qr?', '/docs/'),
      fc.array(part),
      fc.constantFrom('/', '&', '?'),
    )
    .map(([start, parts, glue]) => start + parts.join(glue));
  await fc.assert(
    fc.asyncProperty(address, async path => {
      const { status, headers } = await call('GET', path);
      expect(status).toBeLessThan(500);
      expect(headers.get('x-request-id')).toMatch(/^req_/);
      if (status >= 400 && path.startsWith('/v1/')) expect(headers.get('content-type')).toMatch(/problem\+json|html/);
    }),
    { numRuns: 500 },
  );
}, 120_000);

describe('a request', () => {
  const authorization = () => `Authorization: Bearer ${program.key}\r\n`;

  test('to a host with the shortest name is answered', async () => {
    expect(await firstLine(`GET /v1/qr HTTP/1.1\r\nHost: a\r\n${authorization()}\r\n`)).toContain(' 200 ');
    expect(await firstLine('GET /routed HTTP/1.1\r\nHost: a\r\n\r\n')).toContain(' 302 ');
  });

  test('of an old health check without a host is answered', async () => {
    expect(await firstLine('GET /livez HTTP/1.0\r\n\r\n')).toContain(' 200 ');
    expect(await firstLine(`GET /v1/qr HTTP/1.0\r\n${authorization()}\r\n`)).toContain(' 200 ');
  });

  test('that makes no sense leaves the program alive', async () => {
    for (const head of [
      'GET /v1/qr HTTP/1.1\r\nHost: bad host^<>',
      'GET /v1/qr HTTP/1.1\r\nHost:',
      'GET http://x/v1/qr HTTP/1.1\r\nHost: y',
    ]) {
      expect(await firstLine(`${head}\r\n\r\n`)).toMatch(/ 4\d\d /);
    }
    expect((await call('GET', '/livez')).status).toBe(200);
  });
});
