import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { Scan } from '../../events/scan.ts';
import type { Sighting } from '../../src/redirect/recorder.ts';
import { visitorCoordinate } from '../../src/redirect/visitor.ts';
import { iPhone } from '../support/client.ts';
import { type Recording, recording } from '../support/recording.ts';
import { entryOf, type Redirecting, redirecting, visitorKey } from '../support/redirecting.ts';
import { type TestStore, testStore } from '../support/store.ts';

const entries = [
  entryOf('sale', { destination: 'https://example.com/sale?a=1#b' }),
  entryOf('gone', { deleted: true }),
  entryOf('lost', { destination: null }),
  entryOf('blank', { destination: '' }),
  entryOf('paced', { destination: null, routing: { startsAt: 1 } }),
  entryOf('intl', { destination: 'https://bücher.example/über-uns' }),
  entryOf('cjk', { destination: 'https://example.com/中文?q=例' }),
];
const proxies = { cidrs: 'loopback, 10.0.0.0/8' };

let store: TestStore;
let recorded: Recording;
let redirect: Redirecting;
let seen: Sighting[];
let isComplete = true;

beforeAll(async () => {
  store = await testStore();
  recorded = await recording(store, { node: 'redirect' });
  seen = [];
  const record = (sighting: Sighting) => {
    seen.push(sighting);
    return recorded.recorder.record(sighting);
  };
  redirect = await redirecting(entries, { ...proxies, recorder: { record }, isComplete: () => isComplete });
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(async () => {
  await redirect.close();
  await recorded.close();
  await store.close();
});

/** A request as a phone sends it. */
const asked = (slug: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`http://localhost/${slug}`, { method, headers: { 'user-agent': iPhone, ...headers } });
const scan = (
  slug: string,
  headers: Record<string, string> = {},
  method = 'GET',
  peer: string | null = '198.51.100.7',
) => redirect.handle(asked(slug, headers, method), slug.split('?')[0]!, peer);

describe('an answer', () => {
  test('to a known slug, in any case, is a 302 to the destination that nobody may keep', async () => {
    for (const slug of ['sale', 'SALE', 'Sale']) {
      const response = await scan(slug);
      expect(response.status).toBe(302);
      expect(response.headers.get('location')).toBe('https://example.com/sale?a=1#b');
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      expect(await response.text()).toBe('');
    }
    expect(seen).toHaveLength(3);
  });

  test('to an unknown slug is 404 and to a deleted one 410, and neither is a scan', async () => {
    expect((await scan('unknown')).status).toBe(404);
    expect((await scan('__proto__')).status).toBe(404);
    expect((await scan('gone')).status).toBe(410);
    expect(seen).toEqual([]);
  });

  test('to a code whose destination was lost is that to an unknown one, and no scan', async () => {
    const unknown = await (await scan('unknown')).text();
    for (const slug of ['lost', 'blank', 'paced']) {
      const response = await scan(slug);
      expect([response.status, response.headers.get('location'), await response.text()]).toEqual([404, null, unknown]);
    }
    expect(seen).toEqual([]);
  });

  test('to an unknown slug is 503 while it may only be unknown here, to a known one what it always is', async () => {
    isComplete = false;
    const unknown = await scan('unknown');
    const known = [(await scan('sale')).status, (await scan('gone')).status];
    isComplete = true;
    expect([unknown.status, unknown.headers.get('retry-after'), ...known]).toEqual([503, '2', 302, 410]);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('to %s is 405 and no scan', async method => {
    const response = await scan('sale', {}, method);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(seen).toEqual([]);
  });

  test('is the same whatever the query says', async () => {
    for (const query of [
      '?redir_url=https://evil.example',
      '?destination=//evil.example',
      '?a=2',
      '?next=%2F%2Fevil',
    ]) {
      expect((await scan(`sale${query}`)).headers.get('location')).toBe('https://example.com/sale?a=1#b');
    }
  });

  test('is 503 with a time to come back when the scan could not be put on record', async () => {
    const record = () => Promise.reject(new Error('the store is away'));
    const { ask, errors, close } = await redirecting(entries, { recorder: { record } });
    const response = await ask('sale');
    await close();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(response.headers.get('location')).toBeNull();
    expect(errors).toEqual([new Error('the store is away')]);
  });

  test('comes after the scan is on record, not before', async () => {
    let release: () => void = () => {};
    let isAnswered = false;
    const record = () =>
      new Promise<undefined>(resolve => {
        release = () => resolve(undefined);
      });
    const slow = await redirecting(entries, { recorder: { record } });
    const answer = slow.handle(asked('sale'), 'sale', null).then(response => {
      isAnswered = true;
      return response;
    });
    await scan('sale');
    expect(isAnswered).toBe(false);
    release();
    expect((await answer).status).toBe(302);
    await slow.close();
  });
});

test('an address that is longer than any can be is not looked at', async () => {
  expect((await scan(`sale?${'a'.repeat(4_100)}`)).status).toBe(414);
  expect(seen).toEqual([]);
});

describe('a scan', () => {
  const kindOf = async (headers: Record<string, string>, method?: string) => {
    seen.length = 0;
    expect((await scan('sale', headers, method)).status).toBe(302);
    return seen[0]!.data.kind;
  };

  test('is a scan, unless it is a HEAD, a bot or a prefetch, in this order', async () => {
    const bot = { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' };
    const early = { 'sec-purpose': 'prefetch;prerender' };
    expect(await kindOf({})).toBe('scan');
    expect(await kindOf(early)).toBe('prefetch');
    expect(await kindOf({ purpose: 'prefetch' })).toBe('prefetch');
    expect(await kindOf(bot)).toBe('bot');
    expect(await kindOf({ 'user-agent': '' })).toBe('bot');
    expect(await kindOf({ ...bot, ...early })).toBe('bot');
    expect(await kindOf({}, 'HEAD')).toBe('head');
    expect(await kindOf({ ...bot, ...early }, 'HEAD')).toBe('head');
  });

  test('says which version of which code was served, when, and what is known of the phone', async () => {
    await scan('sale', { 'accept-language': 'de-CH,en;q=0.5', referer: 'https://user:pw@www.Example.org/a?b=c' });
    expect(seen[0]).toMatchObject({
      at: 1_775_649_600_000,
      org: 'org_1',
      data: {
        ...{ qr: 'qr_sale', qrVersion: 3, rule: null, kind: 'scan', device: 'mobile', os: 'iOS', browser: 'Safari' },
        ...{ referrer: 'www.example.org', language: 'de' },
      },
    });
    expect(Value.Check(Scan, seen[0]!.data)).toBe(true);
  });

  test('holds nothing of the address, the user agent, the query or any other header', async () => {
    const secret = 'Geheim123';
    const headers = {
      ...{
        'user-agent': `${iPhone} ${secret}`,
        cookie: secret,
        'x-forwarded-for': '203.0.113.99',
        from: `${secret}@a.de`,
      },
      ...{ referer: `https://host.example/${secret}?${secret}#${secret}`, 'accept-language': `${secret},de` },
      ...{ authorization: `Bearer ${secret}` },
    };
    await scan(`sale?${secret}`, headers, 'GET', '127.0.0.1');
    const stored = JSON.stringify([
      seen,
      await store.sql`select * from ledger.scans`,
      await store.sql`select * from ledger.writers`,
    ]);
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain('203.0.113');
    expect(stored).not.toContain('AppleWebKit');
    expect(Value.Check(Scan, seen[0]!.data)).toBe(true);
  });

  test('is counted for the address a trusted proxy names, and no other', async () => {
    const visitorOf = async (peer: string | null, forwarded?: string) => {
      seen.length = 0;
      await scan('sale', forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, 'GET', peer);
      return seen[0]!.data.visitor;
    };
    const at = (address: string) => visitorCoordinate(visitorKey, address, iPhone);
    expect(await visitorOf('198.51.100.7')).toBe(at('198.51.100.7'));
    expect(await visitorOf('198.51.100.7', '203.0.113.9')).toBe(at('198.51.100.7'));
    expect(await visitorOf('127.0.0.1', '203.0.113.9')).toBe(at('203.0.113.9'));
    expect(await visitorOf('::ffff:10.1.2.3', '203.0.113.9, 10.9.9.9')).toBe(at('203.0.113.9'));
    expect(await visitorOf('127.0.0.1', '1.1.1.1, 203.0.113.9')).toBe(at('203.0.113.9'));
    expect(await visitorOf('127.0.0.1', 'nonsense')).toBe(at('127.0.0.1'));
    expect(await visitorOf(null, '203.0.113.9')).toBe(at('0.0.0.0'));
  });

  test('has the country of that address', async () => {
    await scan('sale', { 'x-forwarded-for': '8.8.8.8' }, 'GET', '127.0.0.1');
    await scan('sale', {}, 'GET', '192.168.1.1');
    expect(seen.map(({ data }) => data.country)).toEqual(['US', null]);
  });

  test('with headers that nobody should send is still a scan that fits its schema', async () => {
    const value = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map(n => String.fromCharCode(n)),
      maxLength: 80,
    });
    const names = ['user-agent', 'referer', 'accept-language', 'x-forwarded-for', 'sec-purpose'];
    const headers = fc.dictionary(fc.constantFrom(...names), value);
    await fc.assert(
      fc.asyncProperty(headers, async sent => {
        seen.length = 0;
        expect((await scan('sale', sent, 'GET', '127.0.0.1')).status).toBe(302);
        expect(Value.Check(Scan, seen[0]!.data)).toBe(true);
      }),
    );
  });
});
