import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { destinationFault, destinationMaxLength, hostRules } from '../../src/deciders/destination.ts';

const hosts = hostRules({
  own: ['qr.example', 'localhost:3000', 'xn--bcher-kva.example'],
  domains: ['go.example'],
  blocked: ['evil.test', '203.0.113.66'],
});
const codeOf = (value: string) => destinationFault(value, '/destination', hosts)?.code ?? 'accepted';
const long = (length: number) => 'https://example.com/'.padEnd(length, 'a');

const cases: Record<string, string[]> = {
  blocked: [
    'https://evil.test/',
    'https://EVIL.test./a?b#c',
    'http://deep.below.evil.test:8080/',
    'https://203.0.113.66/',
    'https://0xcb.0x00.0x71.0x42/',
    'https://[::ffff:203.0.113.66]/',
    'https://evil.test../',
  ],
  accepted: [
    'https://example.com',
    'https://notevil.test/',
    'https://evil.test.example/',
    'http://example.com/',
    'HTTPS://EXAMPLE.COM/A',
    'https://example.com?a=b',
    'https://example.com#top',
    'https://example.com:8443/a?b=c&d=e#f',
    'https://example.com/über-uns/中文?q=ü',
    'https://bücher.test/',
    'https://[2001:db8::1]/',
    'https://203.0.113.7/',
    'https://example.com/?to=user@example.org',
    'https://example.com/a@b',
    'https://example.com/?path=C:\\files',
    'https://notqr.example/',
    'https://qr.example.com/',
    'http://localhost:3001/',
    'https://www.go.example/',
    'https://notlocalhost:3000/',
    'https://[2001:db8::ffff:7f00:1]:3000/',
    'https://qr.example:8443/',
    long(destinationMaxLength),
  ],
  too_long: [long(destinationMaxLength + 1), `javascript:${'a'.repeat(destinationMaxLength)}`],
  scheme: [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'javascript://example.com/%0Aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'vbscript:msgbox(1)',
    'blob:https://example.com/1',
    'ftp://example.com/',
    'ws://example.com/',
    'mailto:a@example.com',
    'tel:+4930123456',
    'about:blank',
    'intent://example.com#Intent;end',
    'example.com:443/path',
    'view-source:https://example.com',
  ],
  credentials: [
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://:secret@example.com/',
    'https://@example.com/',
    'https://example.com@evil.example/',
    'https://user:a@b@example.com/',
  ],
  format: [
    '',
    '/landing',
    'example.com',
    '//example.com/',
    'https://',
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'https:\\\\evil.example',
    'https://\\evil.example',
    'https://example.com\\@evil.example',
    'https://exa mple.com',
    ' https://example.com',
    'https://example.com ',
    'https://example.com/a b',
    'https://example.com/\r\nset-cookie: a=b',
    'java\nscript:alert(1)',
    'https://exa\tmple.com/',
    'https://example.com/\u0000',
    'https://example.com/\u007f',
    '\u0001https://example.com/',
    'https://example.com/\ud800',
    'https://example.com:99999/',
    'https://[::1/',
    'https://user%40evil.example/',
  ],
  own_host: [
    'https://qr.example/abc',
    'http://qr.example',
    'https://QR.Example/abc',
    'https://qr.example./abc',
    'https://qr.example:443/abc',
    'https://qr.example:80/abc',
    'http://qr.example:80/abc',
    'http://qr.example:443',
    'https://qr.example.:443/abc',
    'https://%71r.example/',
    'https://ｑｒ.example/',
    'https://qr。example/',
    'http://localhost:3000/abc',
    'http://LOCALHOST.:3000/abc',
    'http://127.0.0.1:3000/abc',
    'http://127.1:3000/abc',
    'http://2130706433:3000/abc',
    'http://0x7f.0.0.1:3000/abc',
    'http://[::1]:3000/abc',
    'http://0.0.0.0:3000/abc',
    'http://[::ffff:127.0.0.1]:3000/abc',
    'http://[::ffff:0:0]:3000/abc',
    'http://[64:ff9b::7f00:1]:3000/abc',
    'http://any.localhost:3000/abc',
    'http://localhost..:3000/abc',
    'https://go.example/abc',
    'https://GO.example.:8443/abc',
    'https://bücher.example/',
    'https://BÜCHER.example/',
    'https://xn--bcher-kva.example/',
  ],
};

for (const [code, values] of Object.entries(cases)) {
  describe(code === 'accepted' ? 'a code may lead to' : `refused as ${code} is`, () => {
    test.each(values)('%j', value => {
      expect(codeOf(value)).toBe(code);
    });
  });
}

test('a fault names the pointer it was asked for, and how long the address is', () => {
  expect(destinationFault(long(2_049), '/codes/7/destination')).toEqual({
    pointer: '/codes/7/destination',
    code: 'too_long',
    detail: 'A destination has at most 2048 characters; this one has 2049.',
  });
});

test('a host that the operator wrote in another spelling is the same host', () => {
  expect(destinationFault('https://qr.example/', '', hostRules({ own: ['QR.example.'] }))?.code).toBe('own_host');
  expect(destinationFault('https://qr.example/', '', hostRules({ own: ['qr.example:443'] }))?.code).toBe('own_host');
});

test('whatever is accepted is an http or https URL without credentials, and every client sees the same host', () => {
  const part = fc.constantFrom(
    'https:',
    'http:',
    '//',
    '/',
    '\\',
    '@',
    ':',
    '.',
    '?',
    '#',
    '%',
    '\n',
    ' ',
    'qr.example',
  );
  const text = fc.array(fc.oneof(part, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 9 });
  fc.assert(
    fc.property(fc.constantFrom('https://', 'http://', 'https:', ''), text, (start, rest) => {
      const value = start + rest.join('');
      if (codeOf(value) !== 'accepted') return;
      const url = new URL(value);
      // RFC 3986, appendix B, which knows nothing of backslashes.
      const [, scheme = '', authority = ''] = /^([^:/?#]+):\/\/([^/?#]*)/.exec(value) ?? [];
      expect(['http', 'https']).toContain(scheme.toLowerCase());
      expect(authority).not.toContain('@');
      expect(new URL(`${scheme}://${authority}`).host).toBe(url.host);
      expect(url.hostname.replace(/\.$/, '')).not.toBe('qr.example');
    }),
    { numRuns: 2_000 },
  );
});
