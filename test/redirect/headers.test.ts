/**
 * What Accept-Language and Referer give and what they must not let through. Strangers write both, so half of each table
 * is nonsense.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { firstLanguage, referrerHost } from '../../src/redirect/headers.ts';

describe('the first language of Accept-Language', () => {
  test.each([
    ['de', 'de'],
    ['en-US,en;q=0.9,de;q=0.8', 'en'],
    ['DE-ch', 'de'],
    ['zh-Hant-TW', 'zh'],
    ['gsw-CH;q=0.9, fr;q=0.8', 'gsw'],
    ['da;q=0.5, en-GB;q=0.8, fr ; Q=0.7', 'en'],
    ['fr;q=0.8,de;q=0.8', 'fr'],
    ['fr;q=0,de;q=0.001', 'de'],
    ['de;q=0', null],
    ['*', null],
    ['de;q=0.5,*', null],
    ['*;q=0.1,de;q=0.5', 'de'],
    ['i-klingon, x-private, english, fr;q=0.3', 'fr'],
    ['fr;q=2, de;q=1.5, es;q=x, it;q=0.1', 'it'],
    [',, de ,', 'de'],
    ['not a language', null],
    ['', null],
    [null, null],
  ])('%p is %p', (header, language) => {
    expect(firstLanguage(header)).toBe(language);
  });

  test('is 2 or 3 lower-case letters or null, whatever the header', () => {
    const parts = fc.constantFrom('de', 'EN-us', '*', 'x', ';q=', '0.5', '1', ',', ' ', '-', 'ä', '\n');
    fc.assert(
      fc.property(fc.array(parts), text => {
        expect(firstLanguage(text.join('')) ?? 'ok').toMatch(/^[a-z]{2,3}$/);
      }),
    );
  });

  test('is looked for in the start of a very long header only', () => {
    expect(firstLanguage(`${'-,'.repeat(8_000)}de`)).toBeNull();
  });
});

describe('the host of Referer', () => {
  const long = `${'a.'.repeat(126)}a`;
  test.each([
    ['https://www.Example.com/path?q=1#f', 'www.example.com'],
    ['http://example.com:8080', 'example.com'],
    ['https://jane:secret@example.com/', 'example.com'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['http://192.0.2.7/x', '192.0.2.7'],
    ['http://[2001:DB8::1]:80/', '[2001:db8::1]'],
    [`https://${long}/`, long],
    [`https://${long}a/`, null],
    ['android-app://com.google.android.gm/', null],
    ['about:blank', null],
    ['javascript:alert(1)', null],
    ['data:text/html,https://example.com', null],
    ['//example.com/', null],
    ['/path', null],
    ['https://', null],
    ['example.com', null],
    ['', null],
    [null, null],
  ])('%p is %p', (header, host) => {
    expect(referrerHost(header)).toBe(host);
  });

  test('is never a path, a query or a credential', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, withFragments: true, authoritySettings: { withUserInfo: true } }),
        url => {
          expect(referrerHost(url) ?? '').not.toMatch(/[/?#@]/);
        },
      ),
    );
  });
});
