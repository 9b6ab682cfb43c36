import { describe, expect, test } from 'bun:test';
import { lockPage, passwordFrom } from '../../src/redirect/lock-page.ts';

test.each([
  ['asked', 200, null],
  ['wrong', 403, null],
  ['too_many', 429, '120'],
  ['busy', 503, '2'],
] as const)('the form that says %s', async (verdict, status, wait) => {
  const response = lockPage(verdict);
  expect([response.status, response.headers.get('retry-after')]).toEqual([status, wait]);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  // Where the form's answer leads is asked of the policy too.
  expect(response.headers.get('content-security-policy')).toContain("form-action 'self' http: https:;");
  const html = await response.text();
  expect(html).toMatch(/<label for="password">.*<input id="password"/);
  expect(html).not.toContain('<script');
});

describe('a form', () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
  const sent = (body: string, headers: Record<string, string> = {}) => {
    const length = { 'content-length': String(body.length) };
    return passwordFrom(
      new Request('http://localhost/a', { method: 'POST', body, headers: { ...type, ...length, ...headers } }),
    );
  };

  test('holds a password, whatever it is made of', async () => {
    expect(await sent('password=a+b%26%C3%BC')).toBe('a b&ü');
    expect(await sent('other=1&password=')).toBe('');
  });

  test('that is none, or too long, holds none', async () => {
    expect(await sent('pass=x')).toBeUndefined();
    expect(await sent('password=x', { 'content-type': 'application/json' })).toBeUndefined();
    expect(await sent(`password=${'x'.repeat(201)}`)).toBeUndefined();
    expect(await sent('password=x', { 'content-length': '5000' })).toBeUndefined();
  });
});
