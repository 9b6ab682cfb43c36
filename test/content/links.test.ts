import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { app, geo, link, mailto, sms, tel, whatsapp } from '../../src/content/links.ts';
import { contentOf } from '../support/contents.ts';

/** Header fields after `?`, read strictly: each once, in qchars of RFC 6068, percent-encoded UTF-8. */
function fieldsOf(query: string | undefined): Record<string, string> {
  if (query === undefined) return {};
  const pairs = query.split('&').map(pair => {
    const [, name, value] = /^([a-z]+)=((?:[\w.~!$'()*+,;:@-]|%[\dA-F]{2})*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a header field: ${pair}`);
    return [name, decodeURIComponent(value)];
  });
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs);
}

describe('mailto, with the examples of RFC 6068, section 6', () => {
  test.each([
    ['mailto:gorby%25kremvax@example.com', { to: 'gorby%kremvax@example.com' }],
    ['mailto:%22not%40me%22@example.org', { to: '"not@me"@example.org' }],
    ['mailto:%22oh%5C%5Cno%22@example.org', { to: '"oh\\\\no"@example.org' }],
    ['mailto:infobot@example.com?subject=current-issue', { to: 'infobot@example.com', subject: 'current-issue' }],
    [
      'mailto:infobot@example.com?body=send%20current-issue%0D%0Asend%20index',
      { to: 'infobot@example.com', body: 'send current-issue\nsend index' },
    ],
    [
      'mailto:user@example.org?subject=caf%C3%A9&body=caf%C3%A9',
      { to: 'user@example.org', subject: 'café', body: 'café' },
    ],
    [
      'mailto:user@%E7%B4%8D%E8%B1%86.example.org?subject=Test&body=NATTO',
      { to: 'user@納豆.example.org', subject: 'Test', body: 'NATTO' },
    ],
  ])('%s', (expected, content) => {
    expect(mailto(content)).toBe(expected);
  });

  test('whatever is written is read back, and adds neither recipients nor header fields', () => {
    fc.assert(
      fc.property(contentOf('email'), content => {
        const [, to, query] =
          /^mailto:((?:[\w.~!$'()*+:-]|%[\dA-F]{2})+@(?:[\w.-]|%[\dA-F]{2})+)(?:\?(.*))?$/s.exec(mailto(content)) ?? [];
        const { subject, body } = fieldsOf(query);
        expect(decodeURIComponent(to!)).toBe(content.to);
        expect(subject).toBe(content.subject);
        expect(body).toBe(content.body?.replaceAll('\n', '\r\n'));
      }),
      { numRuns: 500 },
    );
  });
});

describe('numbers', () => {
  test('tel has no separators, and the + only where it was given (RFC 3966)', () => {
    expect(tel({ number: '+1-201-555-0123' })).toBe('tel:+12015550123');
    expect(tel({ number: '(030) 90.18/20' })).toBe('tel:030901820');
  });

  test('sms is as in the examples of RFC 5724', () => {
    expect(sms({ number: '+15105550101' })).toBe('sms:+15105550101');
    expect(sms({ number: '+1 510 555 0101', message: 'hello there' })).toBe('sms:+15105550101?body=hello%20there');
  });

  test("WhatsApp's links have digits only, with and without the +", () => {
    const text = "I'm interested in your car for sale";
    expect(whatsapp({ number: '+1 (555) 123-4567', message: text })).toBe(
      "https://wa.me/15551234567?text=I'm%20interested%20in%20your%20car%20for%20sale",
    );
    expect(whatsapp({ number: '15551234567' })).toBe('https://wa.me/15551234567');
  });

  test('any message is read back from sms and WhatsApp', () => {
    fc.assert(
      fc.property(contentOf('sms'), content => {
        const digits = content.number.replace(/\D/g, '');
        const [, number, body] = /^sms:\+(\d+)(?:\?(.*))?$/.exec(sms(content)) ?? [];
        expect({ number, ...fieldsOf(body) }).toEqual({
          number: digits,
          ...(content.message && { body: content.message }),
        });
        const chat = new URL(whatsapp(content));
        expect([chat.origin, chat.pathname, chat.hash]).toEqual(['https://wa.me', `/${digits}`, '']);
        expect([...chat.searchParams]).toEqual(content.message ? [['text', content.message]] : []);
      }),
      { numRuns: 300 },
    );
  });
});

describe('geo', () => {
  test.each([
    ['geo:37.786971,-122.399677', 37.786971, -122.399677],
    ['geo:48.2010,16.3695'.replace('10,', '1,'), 48.201, 16.3695],
    ['geo:90,-180', 90, -180],
    ['geo:0,0', -0, -0.0000001],
    ['geo:0,0.000001', 1e-7, 1e-6],
    ['geo:10,100', 10, 100],
  ])('%s', (expected, latitude, longitude) => {
    expect(geo({ latitude, longitude })).toBe(expected);
  });

  test('every place is written in plain decimals, within 6 cm', () => {
    fc.assert(
      fc.property(contentOf('geo'), content => {
        const [, latitude, longitude] = /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(geo(content)) ?? [];
        expect(Math.abs(Number(latitude) - content.latitude)).toBeLessThanOrEqual(5.01e-7);
        expect(Math.abs(Number(longitude) - content.longitude)).toBeLessThanOrEqual(5.01e-7);
      }),
    );
  });
});

test('a web address is left as it was given, and only what is not ASCII is serialised', () => {
  expect(link('HTTPS://Example.com/a|b')).toBe('HTTPS://Example.com/a|b');
  expect(link('https://例.jp/é?ü#ß')).toBe('https://xn--fsq.jp/%C3%A9?%C3%BC#%C3%9F');
});

test('an app is the page for everybody if there is one, else the only store', () => {
  expect(app({ ios: 'https://a.example', fallback: 'https://c.example' })).toBe('https://c.example');
  expect(app({ android: 'https://b.example' })).toBe('https://b.example');
});
