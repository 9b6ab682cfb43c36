import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { ContentType } from '../../events/content.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { parseCidrs, trustedProxies } from '../../src/redirect/address.ts';
import { type Countries, openCountries } from '../../src/redirect/country.ts';
import type { Sighting } from '../../src/redirect/recorder.ts';
import { type RedirectHandler, redirectHandler } from '../../src/redirect/redirect.ts';
import { iPhone } from '../support/client.ts';

const entry = (slug: string, destination: string | null): Redirect => ({
  ...{ slug, destination, qr: `qr_${slug}`, org: 'org_1', version: 3 },
});
const holding = (slug: string, type: ContentType, content: Record<string, unknown>): Redirect => ({
  ...entry(slug, null),
  held: { type, content },
});
const entries = new Map(
  [
    entry('sale', 'https://example.com/sale'),
    { ...entry('gone', null), deleted: true as const },
    holding('wlan', 'wifi', { ssid: 'Gäste <b>', password: '"><script>alert(1)</script>' }),
    holding('card', 'vcard', { firstName: 'Jane', note: 'a\nEND:VCARD\nBEGIN:VCARD' }),
    holding('fair', 'event', { title: 'Fair', start: '2027-05-01', end: '2027-05-02' }),
    holding('app', 'app', { ios: 'https://ios.example/', fallback: 'https://other.example/' }),
  ].map(item => [item.slug, item]),
);

let countries: Countries;
let handle: RedirectHandler;
const seen: Sighting[] = [];

const handlerWith = (record: (sighting: Sighting) => Promise<void>) =>
  redirectHandler({
    isComplete: () => true,
    ...{ entries, countries, visitorKey: new Uint8Array(32), recorder: { record } },
    clientAddress: trustedProxies(parseCidrs('loopback')),
    now: () => 1_775_649_600_000,
    onError: () => {},
  });

beforeAll(async () => {
  countries = await openCountries();
  handle = handlerWith(async sighting => {
    seen.push(sighting);
  });
});
beforeEach(() => {
  seen.length = 0;
});

/** A request as a phone sends it. */
const asked = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`http://localhost/${path}`, { method, headers: { 'user-agent': iPhone, ...headers } });
const scan = (slug: string, headers: Record<string, string> = {}) => handle(asked(slug, headers), slug, '198.51.100.7');

describe('a code that holds no address', () => {
  const file = (slug: string, name: string, method = 'GET') =>
    handle(asked(`${slug}/${name}`, {}, method), slug, '198.51.100.7', name);

  test('shows what it holds in a page that nothing can break out of, and that is a scan', async () => {
    const response = await scan('WLAN');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('content-security-policy')).toStartWith("default-src 'none'");
    const text = await response.text();
    expect(text).toContain('Gäste &lt;b&gt;');
    expect(text).not.toContain('<script');
    expect(seen.map(({ data }) => [data.qr, data.qrVersion, data.kind])).toEqual([['qr_wlan', 3, 'scan']]);
  });

  test('is not shown when the scan can not be put on record, and not before it is', async () => {
    const failing = handlerWith(() => Promise.reject(new Error('the store is away')));
    expect((await failing(asked('wlan'), 'wlan', '198.51.100.7')).status).toBe(503);
    const order: string[] = [];
    const slow = handlerWith(async sighting => {
      await Promise.resolve();
      order.push(sighting.data.qr);
    });
    await slow(asked('wlan'), 'wlan', null).then(() => order.push('answer'));
    expect(order).toEqual(['qr_wlan', 'answer']);
  });

  test('of type app leads each device to its own store', async () => {
    expect((await scan('app')).headers.get('location')).toBe('https://ios.example/');
    const windows = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36' };
    expect((await scan('app', windows)).headers.get('location')).toBe('https://other.example/');
  });

  test('gives its file, which is no scan, and is known by the code', async () => {
    const card = await file('card', 'contact.vcf');
    expect([card.status, card.headers.get('content-type')]).toEqual([200, 'text/vcard; charset=utf-8']);
    expect((await card.text()).match(/^END:VCARD/gm)).toHaveLength(1);
    const fair = await file('FAIR', 'event.ics');
    expect(fair.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    expect(await fair.text()).toContain('UID:qr_fair\r\n');
    expect((await file('card', 'contact.vcf', 'HEAD')).status).toBe(200);
    expect(seen).toEqual([]);
  });

  test('gives no other file, and a code that is deleted, unknown or leads elsewhere gives none', async () => {
    for (const [slug, name, status] of [
      ['card', 'event.ics', 404],
      ['wlan', 'contact.vcf', 404],
      ['sale', 'contact.vcf', 404],
      ['unknown', 'contact.vcf', 404],
      ['gone', 'contact.vcf', 410],
    ] as const) {
      expect((await file(slug, name)).status).toBe(status);
    }
    expect((await file('card', 'contact.vcf', 'POST')).status).toBe(405);
    expect(seen).toEqual([]);
  });
});
