import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { ContentType } from '../../events/content.ts';
import type { Redirect } from '../../projections/redirects.ts';
import type { Sighting } from '../../src/redirect/recorder.ts';
import { iPhone } from '../support/client.ts';
import { entryOf, type Redirecting, redirecting } from '../support/redirecting.ts';

const holding = (slug: string, type: ContentType, content: Record<string, unknown>): Redirect => ({
  ...entryOf(slug, { destination: null }),
  held: { type, content },
});
const entries = [
  entryOf('sale'),
  entryOf('gone', { deleted: true }),
  holding('wlan', 'wifi', { ssid: 'Gäste <b>', password: '"><script>alert(1)</script>' }),
  holding('card', 'vcard', { firstName: 'Jane', note: 'a\nEND:VCARD\nBEGIN:VCARD' }),
  holding('fair', 'event', { title: 'Fair', start: '2027-05-01', end: '2027-05-02' }),
  holding('app', 'app', { ios: 'https://ios.example/', fallback: 'https://other.example/' }),
];

let redirect: Redirecting;
let seen: Sighting[];

beforeAll(async () => {
  redirect = await redirecting(entries);
  seen = redirect.seen;
});
afterAll(() => redirect.close());
beforeEach(() => {
  seen.length = 0;
});

/** A request as a phone sends it. */
const asked = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`http://localhost/${path}`, { method, headers: { 'user-agent': iPhone, ...headers } });
const scan = (slug: string, headers: Record<string, string> = {}) =>
  redirect.handle(asked(slug, headers), slug, '198.51.100.7');

describe('a code that holds no address', () => {
  const file = (slug: string, name: string, method = 'GET') =>
    redirect.handle(asked(`${slug}/${name}`, {}, method), slug, '198.51.100.7', name);

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
    const failing = await redirecting(entries, { recorder: { record: () => Promise.reject(new Error('away')) } });
    expect((await failing.ask('wlan')).status).toBe(503);
    const order: string[] = [];
    const record = async (sighting: Sighting) => {
      await Promise.resolve();
      order.push(sighting.data.qr);
      return undefined;
    };
    const slow = await redirecting(entries, { recorder: { record } });
    await slow.ask('wlan').then(() => order.push('answer'));
    expect(order).toEqual(['qr_wlan', 'answer']);
    await Promise.all([failing.close(), slow.close()]);
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
