/**
 * No connection is opened to an address that may not be reached, however it is spelt, whatever name leads to it, and
 * whatever the name led to a moment before. What counts are the sockets at a private listener.
 */
import { afterEach, describe, expect, test } from 'bun:test';
import { PinnedClient, type PinnedClientOptions, type Resolve } from '../../src/webhooks/pinned-request.ts';
import { networksOf } from '../../src/webhooks/vetting.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Listener, startListener } from '../support/listener.ts';

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

async function start(): Promise<Endpoint> {
  const endpoint = await startEndpoint();
  closing.push(() => endpoint.close());
  return endpoint;
}

async function listen(): Promise<Listener> {
  const listener = await startListener();
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

describe('an address that may not be reached', () => {
  const refused = { status: null, error: 'The address is not a public one.' };

  test('is not connected to: as a literal, by name, or as one of several addresses of a name', async () => {
    const listener = await listen();
    const client = open({
      allow: [],
      resolve: named({ 'private.test': ['127.0.0.1'], 'mixed.test': ['8.8.8.8', '127.0.0.1'] }),
    });
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'private.test', 'mixed.test']) {
      for (const scheme of ['http', 'https']) {
        const attempted = await client.post(`${scheme}://${host}:${listener.port}/`, {}, payload);
        expect({ host, status: attempted.status }).toEqual({ host, status: null });
        expect(attempted.error).toMatch(/not a public one|Only https/);
      }
    }
    expect(listener.sockets).toHaveLength(0);
  });

  test('is not connected to when the name had another one a moment ago', async () => {
    const listener = await listen();
    const endpoint = await start();
    let asked = 0;
    const client = open({
      allow: networksOf(['127.0.0.1/32']),
      resolve: async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']),
    });
    expect(await client.post(`http://turning.test:${endpoint.port}/`, {}, payload)).toMatchObject({ status: 204 });
    const attempted = await client.post(`http://turning.test:${listener.port}/`, {}, payload);
    expect(attempted).toMatchObject(refused);
    expect(listener.sockets).toHaveLength(0);
  });

  test('is connected to at no other address than the vetted one', async () => {
    const endpoint = await start();
    // The system knows no such name: who asked it again would find nothing.
    const client = open({ resolve: named({ 'pinned.invalid': ['127.0.0.1'] }) });
    expect(await client.post(`http://pinned.invalid:${endpoint.port}/`, {}, payload)).toMatchObject({ status: 204 });
  });
});
