import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentOf } from '../../events/content.ts';
import { encryptionOf, wifi, wifiFaults } from '../../src/content/wifi.ts';
import { contentOf } from '../support/contents.ts';

/** A strict reader: fields end at an unescaped `;`, a backslash takes the next character as it is, nothing may be left. */
function read(payload: string): Record<string, string> {
  expect(payload).toStartWith('WIFI:');
  const fields: Record<string, string> = {};
  let at = 5;
  while (payload[at] !== ';') {
    const name = payload.slice(at, payload.indexOf(':', at));
    let value = '';
    for (at += name.length + 1; payload[at] !== ';'; at++) {
      if (at >= payload.length) throw new Error(`field ${name} has no end`);
      if (payload[at] === '\\') at++;
      else if (/[,:"]/.test(payload[at]!)) throw new Error(`an unescaped ${payload[at]} in field ${name}`);
      value += payload[at];
    }
    if (name in fields) throw new Error(`field ${name} is there twice`);
    fields[name] = value;
    at++;
  }
  expect(at).toBe(payload.length - 1);
  return fields;
}

test("the examples of ZXing's description of the format", () => {
  expect(wifi({ encryption: 'WPA', ssid: 'mynetwork', password: 'mypass' })).toBe('WIFI:T:WPA;S:mynetwork;P:mypass;;');
  expect(wifi({ ssid: '"foo;bar\\baz"', password: 'a,b:c', hidden: true })).toBe(
    'WIFI:T:WPA;S:\\"foo\\;bar\\\\baz\\";P:a\\,b\\:c;H:true;;',
  );
  expect(wifi({ ssid: 'Open' })).toBe('WIFI:T:nopass;S:Open;;');
  expect(wifi({ ssid: 'Open', encryption: 'nopass', password: '', hidden: false })).toBe('WIFI:T:nopass;S:Open;;');
  expect(wifi({ ssid: 'Old', encryption: 'WEP', password: '0123456789' })).toBe('WIFI:T:WEP;S:Old;P:0123456789;;');
});

test('a name that looks like hexadecimal gets no quotes, which phones would take for part of it', () => {
  expect(wifi({ ssid: 'CAFE', password: 'deadbeef' })).toBe('WIFI:T:WPA;S:CAFE;P:deadbeef;;');
});

test('any name and password are read back', () => {
  fc.assert(
    fc.property(contentOf('wifi'), content => {
      const expected = {
        T: encryptionOf(content),
        S: content.ssid,
        P: content.password!,
        ...(content.hidden && { H: 'true' }),
      };
      expect(read(wifi(content))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test.each<[string, ContentOf<'wifi'>]>([
  ['/ssid too_long', { ssid: `${'😀'.repeat(8)}x` }],
  ['/password required', { ssid: 'a', encryption: 'WPA' }],
  ['/password required', { ssid: 'a', encryption: 'WEP', password: '' }],
  ['/password not_allowed', { ssid: 'a', encryption: 'nopass', password: 'secret' }],
  ['/password too_long', { ssid: 'a', password: 'x'.repeat(64) }],
  ['/password too_long', { ssid: 'a', password: 'é'.repeat(32) }],
  ['', { ssid: '😀'.repeat(8), password: 'é'.repeat(31) }],
  ['', { ssid: 'a', password: '0123456789abcdefABCDEF0123456789'.repeat(2) }],
  ['', { ssid: 'a', password: 'short' }],
  ['', { ssid: 'a' }],
])('%j is found in %j', (expected, content) => {
  expect(
    wifiFaults(content)
      .map(([path, [code]]) => `${path} ${code}`)
      .join(),
  ).toBe(expected);
});
