import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ContentType, contentTypes, payloadBytesMax } from '../../events/content.ts';
import { contentFaults, type FaultOptions } from '../../src/content/faults.ts';
import { hostRules } from '../../src/deciders/destination.ts';

const found = (type: ContentType, content: unknown, options?: FaultOptions): string =>
  contentFaults(type, content, options)
    .map(({ pointer, code }) => `${pointer} ${code}`)
    .join(', ');

describe('faults, each under its own pointer', () => {
  test.each<[ContentType, unknown, string]>([
    ['text', { text: 'a\u0000b' }, '/content/text format'],
    ['text', { text: 'half \ud83d' }, '/content/text format'],
    ['text', { text: 'tab\tand\r\nlines\n' }, ''],
    ['email', { to: 'jane', subject: 'a\nb', body: 'a\nb' }, '/content/to format, /content/subject format'],
    ['phone', { number: 'abc' }, '/content/number format'],
    ['sms', { number: '*100#', message: 'a\u0007' }, '/content/number format, /content/message format'],
    ['whatsapp', { number: '030 123456' }, '/content/number format'],
    [
      'wifi',
      { ssid: 'é'.repeat(17), password: 'a', encryption: 'nopass' },
      '/content/ssid too_long, /content/password not_allowed',
    ],
    ['wifi', { ssid: 'a\nb' }, '/content/ssid format'],
    ['vcard', { title: 'CEO' }, '/content required'],
    ['vcard', { organization: 'Acme' }, ''],
    [
      'vcard',
      { firstName: 'a\u2028', phone: '1', email: '@', url: 'javascript:alert(1)' },
      '/content/firstName format, /content/phone format, /content/email format, /content/url scheme',
    ],
    ['event', { title: 'x', start: 'now', end: '2027-02-30' }, '/content/start format, /content/end format'],
    ['event', { title: 'x', start: '2027-05-01', end: '2027-04-30' }, '/content/end order'],
    ['event', { title: 'x', start: '9999-12-30', end: '9999-12-31' }, '/content/end too_large'],
    ['event', { title: 'x', start: '9999-12-30', end: '9999-12-30' }, ''],
    ['event', { title: 'x', start: '2027-05-01', end: '2027-05-01' }, ''],
    ['event', { title: 'x', start: '2027-05-01T10:00:00+02:00', end: '2027-05-01T08:00:00Z' }, '/content/end order'],
    ['event', { title: 'x', start: '2027-05-01T10:00:00+02:00', end: '2027-05-01T08:00:01Z' }, ''],
    ['event', { title: 'x', start: '2027-05-01', end: '2027-05-01T08:00:01Z' }, '/content/end format'],
    ['geo', { latitude: 90, longitude: -180 }, ''],
    [
      'app',
      { ios: 'market://x', android: 'https://user:pw@example.com' },
      '/content/ios scheme, /content/android credentials',
    ],
    ['app', { fallback: 'https://qr.example/loop' }, '/content/fallback own_host'],
    ['file', { url: 'file:///etc/passwd' }, '/content/url scheme'],
    [
      'gs1',
      { gtin: '09506000134353', lot: '..', expiry: '270231' },
      '/content/gtin check_digit, /content/lot format, /content/expiry format',
    ],
    ['gs1', { gtin: '09506000134352', domain: 'qr.example' }, '/content/domain own_host'],
    ['gs1', { gtin: '09506000134352', domain: 'evil.example/path?' }, '/content/domain format'],
    ['gs1', { gtin: '09506000134352', domain: 'a@b.example' }, '/content/domain format'],
    ['gs1', { gtin: '09506000134352', domain: 'b.example:99999' }, '/content/domain format'],
  ])('%s %j: %s', (type, content, expected) => {
    expect(found(type, content, { hosts: hostRules({ own: ['qr.example'] }) })).toBe(expected);
  });
});

test('a static app needs one address for all devices, a dynamic one does not', () => {
  const stores = { ios: 'https://apps.apple.com/app/id1', android: 'https://play.google.com/store/apps/details?id=a' };
  expect(found('app', stores)).toBe('');
  expect(found('app', stores, { static: true })).toBe('/content/fallback required');
  expect(found('app', { ios: stores.ios }, { static: true })).toBe('');
});

test('what fits the largest code is taken to the byte, in ASCII and in any other script', () => {
  expect(found('text', { text: 'a'.repeat(payloadBytesMax) })).toBe('');
  expect(found('text', { text: `${'é'.repeat(1476)}a` })).toBe('');
  expect(contentFaults('text', { text: 'é'.repeat(1477) })).toEqual([
    { pointer: '/content', code: 'too_long', detail: 'This makes 2,954 bytes, and a code holds at most 2,953.' },
  ]);
  expect(found('email', { to: 'a@b.example', body: '😀'.repeat(300) })).toBe('/content too_long');
});

test('what the schema refuses is passed over, and what stands beside it is still judged', () => {
  expect(found('phone', { number: 'abc', extra: true })).toBe('/content/number format');
  expect(found('gs1', { gtin: 5, expiry: 'never', constructor: 'x', toString: 'y' })).toBe('/content/expiry format');
  expect(found('vcard', {})).toBe('');
  for (const odd of [null, undefined, 5, 'text', [], [1], true]) expect(found('email', odd)).toBe('');
});

test('no fault repeats what was given, which may be a password', () => {
  const secret = 'S3cret\u0000Word'.repeat(9);
  for (const type of contentTypes) {
    const fields = 'text to subject number ssid password firstName email url start gtin lot expiry domain ios'.split(
      ' ',
    );
    const faults = contentFaults(type, Object.fromEntries(fields.map(name => [name, secret])));
    expect(faults).not.toEqual([]);
    expect(JSON.stringify(faults)).not.toContain('S3cret');
  }
});

test('it never throws, whatever it is given, and what it lets through makes a payload', () => {
  const names = fc.constantFrom(
    ...'text to subject number message ssid password hidden firstName url start end title latitude longitude ios gtin lot expiry domain'.split(
      ' ',
    ),
  );
  const values = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('2027-05-01', 'https://a.example', '+4930123456', '96385074', 'a@b.example'),
    fc.double(),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...contentTypes), fc.dictionary(names, values), (type, content) => {
      const faults = contentFaults(type, content);
      for (const { pointer } of faults) expect(pointer).toMatch(/^\/content(\/\w+)?$/);
    }),
    { numRuns: 3_000 },
  );
});
