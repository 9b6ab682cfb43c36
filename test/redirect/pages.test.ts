import { expect, test } from 'bun:test';
import { page } from '../../src/redirect/pages.ts';

test.each([404, 405, 410, 503] as const)(
  'the page for %d is HTML that loads nothing, runs nothing and is not kept',
  async status => {
    const response = page(status);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'");
    const html = await response.text();
    expect(html).toStartWith('<!doctype html><html lang="en">');
    expect(html).toMatch(/<h1>[^<]+<\/h1><p>[^<]+<\/p>/);
    expect(html).not.toMatch(/<script|src=|href=|url\(/);
  },
);

test('each status has its own words, and further headers are added', async () => {
  const texts = await Promise.all(([404, 405, 410, 503] as const).map(status => page(status).text()));
  expect(new Set(texts).size).toBe(4);
  expect(page(503, { 'retry-after': '2' }).headers.get('retry-after')).toBe('2');
});
