/**
 * What is kept of an endpoint's answer: enough to see what went wrong, one line, and none of the secrets that servers
 * print when they fail.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { excerptBytesMax, excerptOf } from '../../src/webhooks/excerpt.ts';

const excerpt = (text: string) => excerptOf(new TextEncoder().encode(text));

describe('what says something stays', () => {
  test.each([
    ['a sentence', 'Table "orders" does not exist', 'Table "orders" does not exist'],
    ['a page, as one line', '<html>\r\n\t<h1>502</h1>\n</html>', '<html> <h1>502</h1> </html>'],
    ['an id of ours', '{"id":"qr_01J3K9M2P8XABCDEFGHJKMNPQR"}', '{"id":"qr_01J3K9M2P8XABCDEFGHJKMNPQR"}'],
    ['umlauts and faces', 'schön 🙂', 'schön 🙂'],
  ])('%s', (_, answer, shown) => {
    expect(excerpt(answer)).toBe(shown);
  });
});

test('an answer of nothing but names is looked at in one go', () => {
  const names = 'pwd-'.repeat(excerptBytesMax / 4);
  for (let n = 0; n < 1_000; n++) expect(excerpt(names)).toBe(`${names.slice(0, 300)}…`);
});

const random = 'q7Zk2mXb9LwR4tYc8VnH3pJd6FsGaE15';

describe('a secret is blacked out', () => {
  test.each([
    ['a bearer token', `Authorization: Bearer ${random.slice(0, 12)}`],
    ['basic credentials', 'authorization: Basic dXNlcjpwYXNz'],
    ['a key in JSON', '{"api_key":"shortone"}'],
    ['a key in JSON that is cut off', '{"apiKey":"shorto'],
    ['a password in single quotes', "password: 'hunter2 and more'"],
    ['a password in a form', 'user=a&passwd=hunter2&x=1'],
    ['a setting', 'AWS_SECRET_ACCESS_KEY=hunter2'],
    ['a cookie', 'Set-Cookie: session=hunter2; Path=/'],
    ['a secret of a webhook', 'expected whsec_aHVudGVyMg=='],
    ['a key of ours', 'fdqr_live_sk_hunter2hunter2'],
    ['a signature', `v1,${Buffer.from('hunter2hunter2hunter2hunter2').toString('base64')}`],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2hunter2'],
    ['what stands before a host', 'postgres://admin:hunter2@db/orders'],
    ['an e-mail address', 'no user hunter2@example.com'],
    ['long random text', `trace ${random}`],
  ])('%s', (_, answer) => {
    const shown = excerpt(answer)!;
    expect(shown).toContain('[…]');
    expect(shown).not.toMatch(/hunter2|aHVudGVy|dXNlcjpwYXNz|shorto|q7Zk2mXb/);
  });

  test('and what stands around it is not', () => {
    expect(excerpt('{"error":"bad token","token":"abcdef","status":500}')).toBe(
      '{"error":"bad token","token":[…],"status":500}',
    );
  });
});

describe('an excerpt is', () => {
  test('null for nothing', () => {
    expect(excerpt('')).toBeNull();
    expect(excerpt(' \r\n\0 ')).toBeNull();
  });

  test('cut after 300 characters, and never within one', () => {
    const shown = excerpt('🙂 '.repeat(400))!;
    expect([...shown]).toHaveLength(301);
    expect(shown.isWellFormed()).toBe(true);
    expect(shown.endsWith('…')).toBe(true);
  });

  test('one line of well-formed text that Postgres can hold, whatever bytes came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * excerptBytesMax }), bytes => {
        const shown = excerptOf(bytes) ?? '';
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect([...shown].length).toBeLessThanOrEqual(301);
      }),
    );
  });

  test('without the marks that turn the direction of writing around', () => {
    expect(excerpt('a\u202eb\u200fc')).toBe('a b c');
  });

  test('made in no time, also of text that leads regular expressions astray', () => {
    const started = process.cpuUsage();
    for (const text of [
      '-'.repeat(5_000),
      'a'.repeat(5_000),
      'token '.repeat(900),
      'a@'.repeat(2_500),
      'secret-'.repeat(800),
      '.+'.repeat(2_500),
      '://'.repeat(1_700),
    ])
      excerpt(text);
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(500);
  });
});
