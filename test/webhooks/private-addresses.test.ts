/**
 * No connection is opened to an address that may not be reached, however it is spelt, whatever name leads to it, whatever
 * the name led to a moment before, and wherever an answer points. One address of the loopback network is allowed and
 * serves; a listener at another one is private, and what counts are the sockets it is reached by, over all cases. Each
 * case that is about spelling is then tried with the private address allowed, so that it is known to lead there.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { PinnedClient, type Resolve } from '../../src/webhooks/pinned-request.ts';
import { networksOf } from '../../src/webhooks/vetting.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Listener, startListener } from '../support/listener.ts';
import { answersOfNames, carriers, changingNames, redirectsTo, spellings, trickyUrls } from './private-cases.ts';

/** What may be reached; the listener is at `127.0.0.1`. */
const allow = networksOf(['127.0.0.2/32']);
const body = new TextEncoder().encode('{}');

let listener: Listener;
let endpoint: Endpoint;
let redirect: Readonly<Record<string, string>> = {};
let redirectStatus = 302;
let tried = 0;
beforeAll(async () => {
  listener = await startListener(socket => socket.on('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n')));
  endpoint = await startEndpoint((_, response) => response.writeHead(redirectStatus, redirect).end(), {
    address: '127.0.0.2',
  });
});
afterAll(async () => {
  listener.close();
  await endpoint.close();
});

const never: Resolve = async name => {
  throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
};

/** Posts to a URL; tells the status and how many sockets the private listener saw of it. */
async function post(url: string, resolve: Resolve = never, networks = allow) {
  const before = listener.sockets.length;
  const client = new PinnedClient({ allow: networks, limitMs: 3_000, resolve });
  tried += 1;
  const { status, error } = await client.post(url, {}, body);
  client.close();
  return { status, error, reached: listener.sockets.length - before };
}

const schemes = ['http', 'https'] as const;

describe('an address', () => {
  test.each(spellings.map(host => [host]))('spelt %s is not reached, by either scheme', async host => {
    for (const scheme of schemes) {
      const { status, reached } = await post(`${scheme}://${host}:${listener.port}/`);
      expect({ scheme, status, reached }).toEqual({ scheme, status: null, reached: 0 });
    }
  });

  test('spelt so is reached when it is allowed: each of these leads there', async () => {
    const [before, open] = [tried, networksOf(['127.0.0.0/8'])];
    for (const host of spellings) {
      const { reached } = await post(`http://${host}:${listener.port}/`, never, open);
      expect({ host, reached: reached > 0 }).toEqual({ host, reached: true });
    }
    tried = before;
  });

  test.each(carriers.map(host => [host]))('carried in %s is not reached', async host => {
    for (const scheme of schemes) {
      expect(await post(`${scheme}://${host}:${listener.port}/`)).toMatchObject({ status: null, reached: 0 });
    }
  });

  test.each(trickyUrls.map(url => [url]))('behind %s is not reached', async url => {
    const { status, reached } = await post(url.replaceAll('PORT', String(listener.port)), async () => ['127.0.0.1']);
    expect({ status, reached }).toEqual({ status: null, reached: 0 });
  });
});

describe('a name', () => {
  test.each(answersOfNames.map(addresses => [addresses.join(' and '), addresses] as const))(
    'that resolves to %s is not reached',
    async (_, addresses) => {
      for (const scheme of schemes) {
        const url = `${scheme}://hooks.example:${listener.port}/`;
        expect(await post(url, async () => addresses)).toMatchObject({ status: null, reached: 0 });
      }
    },
  );

  test.each(changingNames.map((answers, i) => [i + 1, answers] as const))(
    'whose answer changes between checks is not reached, pattern %d',
    async (_, answers) => {
      const before = listener.sockets.length;
      let asked = 0;
      const resolve: Resolve = async () => answers[asked++ % answers.length]!;
      const client = new PinnedClient({ allow, limitMs: 3_000, resolve });
      redirectStatus = 204;
      redirect = {};
      // The same port at both addresses would be the same endpoint to who looks at names alone.
      for (let i = 0; i < 6; i++) {
        tried += 1;
        await client.post(`http://hooks.example:${i % 2 === 0 ? endpoint.port : listener.port}/`, {}, body);
      }
      client.close();
      expect(listener.sockets.length - before).toBe(0);
    },
  );

  test('is asked again for each new connection, and what it says now counts', async () => {
    const asked: string[] = [];
    const resolve: Resolve = async name => {
      asked.push(name);
      return asked.length === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
    };
    redirectStatus = 204;
    expect((await post(`http://hooks.example:${endpoint.port}/`, resolve)).status).toBe(204);
    expect(await post(`http://hooks.example:${endpoint.port}/`, resolve)).toMatchObject({ status: null, reached: 0 });
    expect(asked).toHaveLength(2);
  });
});

describe('an answer', () => {
  test.each(redirectsTo.map(([status, headers]) => [status, JSON.stringify(headers), headers] as const))(
    'of %d that points to a private address leads nowhere: %s',
    async (status, _, headers) => {
      redirectStatus = status;
      redirect = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replaceAll('PORT', String(listener.port))]),
      );
      expect(await post(endpoint.url)).toMatchObject({ status, reached: 0 });
    },
  );
});

test('there were at least 250 cases, and the private listener was reached by none of them', () => {
  expect(tried).toBeGreaterThanOrEqual(250);
});
