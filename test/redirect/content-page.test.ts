import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import type { Content, ContentOf, ContentType } from '../../events/content.ts';
import { payload } from '../../src/content/payload.ts';
import { contentFile, contentPage } from '../../src/redirect/content-page.ts';
import { anyContent } from '../support/contents.ts';

const visit = { slug: 'abc', os: null };

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** The elements of a page, read as XML: stricter than any browser, once void elements are closed. */
async function elements(page: Response): Promise<Element[]> {
  const text = await page.text();
  const parser = new SaxesParser();
  const found: Element[] = [];
  const open: Element[] = [];
  parser.on('error', error => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes: attributes as Record<string, string>, text: '' });
    found.push(open.at(-1)!);
  });
  parser.on('text', part => {
    if (open.length > 0) open.at(-1)!.text += part;
  });
  parser.on('closetag', () => open.pop());
  parser.write(text.replace('<!doctype html>', '').replace(/<meta[^>]*/g, '$&/')).close();
  return found;
}

const texts = (all: Element[], name: string) =>
  all.filter(element => element.name === name).map(element => element.text);
const links = (all: Element[]) => all.filter(({ name }) => name === 'a').map(({ attributes }) => attributes['href']);

describe('a content that is no web address is a page', () => {
  test.each<[ContentType, Content, string, string[], string[]]>([
    ['text', { text: 'Line 1\nLine 2 <3' }, 'Text', [], []],
    [
      'email',
      { to: 'a@b.example', subject: 'Q&A' },
      'Write an e-mail',
      ['a@b.example', 'Q&A'],
      ['mailto:a@b.example?subject=Q%26A'],
    ],
    ['phone', { number: '+1 201 555 0123' }, 'Call', ['+1 201 555 0123'], ['tel:+12015550123']],
    ['sms', { number: '112', message: 'Hi!' }, 'Send a text message', ['112', 'Hi!'], ['sms:112?body=Hi!']],
    [
      'geo',
      { latitude: 52.5, longitude: -13 },
      'Place',
      ['52.5°', '-13°'],
      ['geo:52.5,-13', 'https://www.openstreetmap.org/?mlat=52.5&mlon=-13#map=17/52.5/-13'],
    ],
    [
      'vcard',
      {
        firstName: 'Jane',
        lastName: 'Doe',
        organization: 'Acme',
        title: 'CTO',
        phone: '030 1234',
        email: 'j@b.example',
        url: 'https://bücher.example/',
        address: 'A\nB',
        note: 'N',
      },
      'Jane Doe',
      ['Acme', 'CTO', '', '', '', 'A\nB', 'N'],
      ['tel:0301234', 'mailto:j@b.example', 'https://xn--bcher-kva.example/', '/abc/contact.vcf'],
    ],
    ['vcard', { organization: 'Acme' }, 'Acme', [], ['/abc/contact.vcf']],
    [
      'event',
      { title: 'Opening', start: '2027-05-01T18:30:00+02:00', end: '2027-05-02T00:00:00Z', location: 'Hall' },
      'Opening',
      ['', '', 'Hall'],
      ['/abc/event.ics'],
    ],
  ])('%s %j', async (type, content, title, values, hrefs) => {
    const page = contentPage(type, content, visit);
    expect(page.status).toBe(200);
    const all = await elements(page);
    expect([texts(all, 'title'), texts(all, 'h1')]).toEqual([[title], [title]]);
    expect(texts(all, 'dd')).toEqual(values);
    expect(links(all)).toEqual(hrefs);
  });

  test('a text keeps its lines, and its direction is its own', async () => {
    const all = await elements(contentPage('text', { text: 'a\n  ع' }, visit));
    const [shown] = all.filter(({ name }) => name === 'p');
    expect(shown).toEqual({ name: 'p', attributes: { class: 'lines', dir: 'auto' }, text: 'a\n  ع' });
  });

  test('the times of an event are told as they were given, with their offset', async () => {
    const times = async (start: string, end: string) =>
      texts(await elements(contentPage('event', { title: 'x', start, end }, visit)), 'time');
    expect(await times('2027-05-01T18:30:00+02:00', '2027-12-02T00:05:00Z')).toEqual([
      '1 May 2027, 18:30 (UTC+02:00)',
      '2 December 2027, 00:05 (UTC)',
    ]);
    expect(await times('2027-05-01', '2027-05-02')).toEqual(['1 May 2027', '2 May 2027']);
  });

  test.each<[ContentOf<'wifi'>, string[], string[]]>([
    [{ ssid: 'Guests', password: 'a<b>' }, ['Guests', 'a<b>'], ['', '', 'WPA']],
    [
      { ssid: 'Open', hidden: true },
      ['Open'],
      ['', 'None: no password is needed', 'This network does not show its name: enter it by hand'],
    ],
  ])(
    'the details of the network %j stand each in an element of its own for copying',
    async (content, codes, values) => {
      const all = await elements(contentPage('wifi', content, visit));
      expect(texts(all, 'code')).toEqual(codes);
      expect(texts(all, 'dd')).toEqual(values);
    },
  );
});

describe('a content that is a web address is a redirect', () => {
  const app = {
    ios: 'https://apps.apple.com/app/id1',
    android: 'https://play.google.com/x',
    fallback: 'https://a.example/ä',
  };
  test.each<[ContentType, Content, string | null, string]>([
    ['file', { url: 'https://example.com/menü.pdf' }, null, 'https://example.com/men%C3%BC.pdf'],
    ['whatsapp', { number: '+12015550123', message: 'Hi' }, null, 'https://wa.me/12015550123?text=Hi'],
    ['gs1', { gtin: '96385074', lot: 'A' }, null, 'https://id.gs1.org/01/00000096385074/10/A'],
    ['app', app, 'iOS', app.ios],
    ['app', app, 'Android', app.android],
    ['app', app, 'Windows', 'https://a.example/%C3%A4'],
    ['app', app, null, 'https://a.example/%C3%A4'],
    ['app', { fallback: app.fallback }, 'iOS', 'https://a.example/%C3%A4'],
  ])('%s %j on %s', (type, content, os, location) => {
    const answer = contentPage(type, content, { slug: 'abc', os });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  });

  test('an app that is in no store of this device, and has no page of its own, offers the stores it is in', async () => {
    const answer = contentPage('app', { ios: app.ios }, { slug: 'abc', os: 'Android' });
    expect(answer.status).toBe(200);
    expect(links(await elements(answer))).toEqual([app.ios]);
    expect(links(await elements(contentPage('app', { ios: app.ios, android: app.android }, visit)))).toEqual([
      app.ios,
      app.android,
    ]);
  });
});

describe('files', () => {
  const event = { title: 'Opening', start: '2027-05-01', end: '2027-05-01' };

  test('a contact and an event are files under the slug, guarded like pages', async () => {
    const card = contentFile('vcard', { firstName: 'Jane' }, 'contact.vcf')!;
    expect(await card.text()).toBe(payload('vcard', { firstName: 'Jane' }));
    expect(card.headers.get('content-type')).toBe('text/vcard; charset=utf-8');
    expect(card.headers.get('content-disposition')).toBe('inline; filename="contact.vcf"');
    expect(card.headers.get('x-content-type-options')).toBe('nosniff');
    expect(card.headers.get('content-security-policy')).toStartWith("default-src 'none'");
    const entry = contentFile('event', event, 'event.ics', { uid: 'qr_1', changedAt: 0 })!;
    expect(await entry.text()).toContain('UID:qr_1\r\nDTSTAMP:19700101T000000Z\r\n');
    expect(entry.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
  });

  test('there is no other file', () => {
    expect(contentFile('vcard', { firstName: 'Jane' }, 'event.ics')).toBeNull();
    expect(contentFile('event', event, 'contact.vcf')).toBeNull();
    expect(contentFile('text', { text: 'x' }, 'contact.vcf')).toBeNull();
    expect(contentFile('vcard', { firstName: 'Jane' }, 'Contact.vcf')).toBeNull();
  });
});

test('nothing that is written becomes markup: the elements, attributes and schemes of a page are always of the same few', async () => {
  const nasty = fc.constantFrom(
    '</title><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onclick='x",
    '<!--',
    ']]>',
    '</style>',
    '&lt;b&gt;',
  );
  const allowed = /^(html|head|meta|title|style|body|main|h1|p|dl|dt|dd|a|code|time)$/;
  await fc.assert(
    fc.asyncProperty(anyContent, nasty, async ([type, content], attack) => {
      const free = new Set(
        'text subject body message ssid password firstName lastName organization title location description address note'.split(
          ' ',
        ),
      );
      const fields = Object.entries(content).map(([name, value]) => [name, free.has(name) ? attack + value : value]);
      const attacked = { ...(type === 'vcard' && { firstName: attack }), ...Object.fromEntries(fields) } as Content;
      const answer = contentPage(type, attacked, visit);
      if (answer.status === 302) {
        expect(answer.headers.get('location')).toMatch(/^https?:\/\/[\x21-\x7e]+$/);
        return;
      }
      const all = await elements(answer);
      for (const { name, attributes } of all) {
        expect(name).toMatch(allowed);
        for (const attribute of Object.keys(attributes))
          expect(attribute).toMatch(/^(lang|charset|name|content|class|dir|href|rel|datetime)$/);
        if (name === 'a')
          expect(attributes['href']).toMatch(/^(https?:\/\/|mailto:|tel:|sms:|geo:|\/abc\/)[\x21-\x7e]*$/);
      }
      const written = Object.entries(attacked)
        .filter(([name]) => free.has(name) && name !== 'hidden')
        .map(([, value]) => value);
      const shown = all.map(({ text }) => text).join('\n');
      for (const value of written) expect(shown).toContain(String(value));
    }),
    { numRuns: 400 },
  );
});
