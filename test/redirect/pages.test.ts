import { expect, test } from 'bun:test';
import { type PageName, page } from '../../src/redirect/pages.ts';

const statuses: { readonly [N in PageName]: number } = {
  unknown: 404,
  read_only: 405,
  gone: 410,
  expired: 410,
  full: 410,
  circle: 404,
  too_long: 414,
  too_many: 429,
  unsure: 503,
};
const names = Object.keys(statuses) as PageName[];

test.each(names)('the page %s is HTML that loads nothing, runs nothing and is not kept', async name => {
  const response = page(name);
  expect(response.status).toBe(statuses[name]);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'");
  const html = await response.text();
  expect(html).toStartWith('<!doctype html><html lang="en">');
  expect(html).toMatch(/<h1>[^<]+<\/h1><p>[^<]+<\/p>/);
  expect(html).not.toMatch(/<script|src=|href=|url\(/);
});

test('each has its own words, says nothing of who runs this, and takes further headers', async () => {
  const texts = await Promise.all(names.map(name => page(name).text()));
  expect(new Set(texts).size).toBe(names.length);
  for (const text of texts) expect(text).not.toMatch(/indelible/i);
  expect(page('unsure', { 'retry-after': '2' }).headers.get('retry-after')).toBe('2');
});
