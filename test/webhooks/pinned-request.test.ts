/**
 * One POST to an endpoint of a stranger: what is sent, what is kept of the answer, what ends it, and that no connection
 * is opened to an address that was not vetted at that moment. Endpoints are real servers; names are given addresses
 * by the test.
 */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { Unsettled } from '../../src/webhooks/attempt-error.ts';
import { PinnedClient, type PinnedClientOptions, type Resolve } from '../../src/webhooks/pinned-request.ts';
import { networksOf } from '../../src/webhooks/vetting.ts';
import { authority } from '../support/certificates.ts';
import { type Answering, type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Listener, startListener } from '../support/listener.ts';
import { until } from '../support/until.ts';

const loopback = networksOf(['127.0.0.0/8', '::1/128']);
const payload = new TextEncoder().encode('{"a":"ü"}');

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(options: Partial<PinnedClientOptions> = {}): PinnedClient {
  const client = new PinnedClient({ allow: loopback, limitMs: 5_000, ...options });
  closing.push(() => client.close());
  return client;
}

async function start(answer?: Answering, options?: { tls: boolean }): Promise<Endpoint> {
  const endpoint = await startEndpoint(answer, options);
  closing.push(() => endpoint.close());
  return endpoint;
}

async function listen(onSocket?: (socket: Socket) => unknown): Promise<Listener> {
  const listener = await startListener(onSocket);
  closing.push(() => listener.close());
  return listener;
}

const named =
  (addresses: Readonly<Record<string, readonly string[]>>): Resolve =>
  async name => {
    const found = addresses[name];
    if (!found) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
    return found;
  };

describe('what is sent', () => {
  test('is a POST of exactly these bytes and headers', async () => {
    const endpoint = await start();
    const url = `http://127.0.0.1:${endpoint.port}/a%20b/?x=1&y=%2F`;
    const attempted = await open().post(url, { 'content-type': 'application/json', 'webhook-id': 'msg_1' }, payload);
    expect(attempted).toMatchObject({ status: 204, error: null, excerpt: null });
    const [delivered] = endpoint.received;
    expect(delivered).toMatchObject({ method: 'POST', path: '/a%20b/?x=1&y=%2F' });
    expect(delivered!.headers).toMatchObject({
      host: `127.0.0.1:${endpoint.port}`,
      'content-type': 'application/json',
      'content-length': String(payload.length),
      'webhook-id': 'msg_1',
    });
    expect(new Uint8Array(delivered!.body)).toEqual(payload);
  });

  test('goes over TLS to the name that the certificate has, at the address the name has', async () => {
    const endpoint = await start(undefined, { tls: true });
    const client = open({
      ca: authority,
      resolve: named({ 'a.hook.test': ['127.0.0.1'], 'hook.other': ['127.0.0.1'] }),
    });
    expect(await client.post(`https://a.hook.test:${endpoint.port}/`, {}, payload)).toMatchObject({ status: 204 });
    expect(endpoint.received[0]!.headers.host).toBe(`a.hook.test:${endpoint.port}`);
    const invalid = 'The certificate of the endpoint is not valid.';
    expect(await client.post(`https://hook.other:${endpoint.port}/`, {}, payload)).toMatchObject({ error: invalid });
    const strict = open({ resolve: named({ 'a.hook.test': ['127.0.0.1'] }) });
    expect(await strict.post(`https://a.hook.test:${endpoint.port}/`, {}, payload)).toMatchObject({ error: invalid });
    expect(endpoint.received).toHaveLength(1);
  });

  test('goes through one connection, one after the other', async () => {
    const endpoint = await start((_, response) => response.end('thank you'));
    const client = open();
    for (let i = 0; i < 20; i++) expect((await client.post(endpoint.url, {}, payload)).status).toBe(200);
    expect(endpoint.connections()).toBe(1);
  });

  test('is sent once more when the idle connection it took was closed meanwhile', async () => {
    let requests = 0;
    const listener = await listen(socket => {
      socket.on('data', () => {
        requests += 1;
        // The second request on a connection finds it closed.
        if (requests === 2) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const client = open();
    const url = `http://127.0.0.1:${listener.port}/`;
    expect(await client.post(url, {}, payload)).toMatchObject({ status: 200 });
    expect(await client.post(url, {}, payload)).toMatchObject({ status: 200, error: null });
    expect(listener.sockets).toHaveLength(2);
  });
});

describe('what is kept of the answer', () => {
  test('is its status, the scrubbed beginning, what it asks for and the time to the first byte', async () => {
    const endpoint = await start((_, response) => {
      response.writeHead(503, { 'retry-after': '120' }).end('down\nfor password=hunter2 reasons');
    });
    const attempted = await open().post(endpoint.url, {}, payload);
    expect(attempted).toMatchObject({
      status: 503,
      error: null,
      excerpt: 'down for password=[…] reasons',
      retryAfter: '120',
    });
    expect(attempted.latencyMs).toBeLessThan(5_000);
  });

  test('is the redirect itself: it is not followed', async () => {
    const behind = await listen();
    const endpoint = await start((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${behind.port}/` }).end();
    });
    expect(await open().post(endpoint.url, {}, payload)).toMatchObject({ status: 307 });
    expect(behind.sockets).toHaveLength(0);
  });

  test('is bounded: a text without an end is cut off, and the status stands', async () => {
    let isOpen = true;
    const endpoint = await start((_, response) => {
      response.on('close', () => (isOpen = false));
      response.writeHead(200);
      // Some at a time: a server that takes all of it at once would never get to hear that the client is gone.
      const flood = () => {
        let left = 64;
        while (isOpen && left > 0 && response.write('x'.repeat(16_384))) left -= 1;
        if (isOpen && left > 0) response.once('drain', flood);
        else if (isOpen) setImmediate(flood);
      };
      flood();
    });
    const attempted = await open().post(endpoint.url, {}, payload);
    expect(attempted).toMatchObject({ status: 200, error: null });
    expect(attempted.excerpt!.length).toBeLessThan(400);
    await until(() => !isOpen, 5_000);
  });

  test('is the status also when its text comes later than the limit', async () => {
    const endpoint = await start((_, response) => {
      response.writeHead(202, { 'content-length': '4' }).flushHeaders();
      setTimeout(() => response.end('late'), 300);
    });
    expect(await open({ limitMs: 150 }).post(endpoint.url, {}, payload)).toMatchObject({ status: 202, error: null });
  });
});

describe('without an answer there is a sentence:', () => {
  test('of the time limit', async () => {
    const listener = await listen();
    const attempted = await open({ limitMs: 200 }).post(`http://127.0.0.1:${listener.port}/`, {}, payload);
    expect(attempted).toMatchObject({ status: null, error: 'There was no answer within 0.2 s.' });
    expect(attempted.latencyMs).toBeGreaterThanOrEqual(190);
  });

  test('of the time limit, also when headers drip in one by one', async () => {
    const listener = await listen(socket => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x-a: b\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const attempted = await open({ limitMs: 300 }).post(`http://127.0.0.1:${listener.port}/`, {}, payload);
    expect(attempted).toMatchObject({ status: null, error: 'There was no answer within 0.3 s.' });
  });

  test.each([
    ['a closed connection', (socket: Socket) => socket.end(), 'The endpoint closed the connection without an answer.'],
    ['something else than HTTP', (socket: Socket) => socket.end('SSH-2.0-x\r\n\r\n'), 'The answer was not HTTP.'],
  ])('of %s', async (_, answer, sentence) => {
    const listener = await listen(socket => socket.on('data', () => answer(socket)));
    const attempted = await open().post(`http://127.0.0.1:${listener.port}/`, {}, payload);
    expect(attempted).toMatchObject({ status: null, error: sentence, excerpt: null });
  });

  test('of a change of protocol', async () => {
    const listener = await listen(socket =>
      socket.on('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      ),
    );
    const attempted = await open().post(`http://127.0.0.1:${listener.port}/`, {}, payload);
    expect(attempted).toMatchObject({ status: null, error: 'The endpoint wanted to change the protocol.' });
  });

  test('of a port where nobody listens', async () => {
    const listener = await startEndpoint();
    await listener.close();
    expect(await open().post(listener.url, {}, payload)).toMatchObject({ error: 'There was no connection.' });
  });

  test('of a name without an address', async () => {
    const client = open({ resolve: named({ 'empty.test': [] }) });
    expect(await client.post('https://none.test/', {}, payload)).toMatchObject({
      error: 'The name could not be resolved.',
    });
    expect(await client.post('https://empty.test/', {}, payload)).toMatchObject({ error: 'The name has no address.' });
  });

  test('of what is no URL', async () => {
    expect(await open().post('https://[', {}, payload)).toMatchObject({ error: 'The URL can not be read.' });
  });
});

test('who gives an attempt up is told that nobody knows what became of it', async () => {
  const listener = await listen();
  const giveUp = new AbortController();
  const attempt = open().post(`http://127.0.0.1:${listener.port}/`, {}, payload, giveUp.signal);
  await until(() => listener.sockets.length === 1, 5_000);
  giveUp.abort();
  expect(attempt).rejects.toBeInstanceOf(Unsettled);
  await attempt.catch(() => {});
  expect(open().post(`http://127.0.0.1:${listener.port}/`, {}, payload, giveUp.signal)).rejects.toBeInstanceOf(
    Unsettled,
  );
});
