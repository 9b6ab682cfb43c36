import { describe, expect, test } from 'bun:test';
import type { Pages } from '../../events/domain.ts';
import { rootPage, sitePage } from '../../src/redirect/site-pages.ts';

const none: Pages = { root: null, unknown: null, gone: null };
const site = (pages: Partial<Pages>) => ({ id: 'dom_1', host: 'go.example', pages: { ...none, ...pages } });
const words = { title: 'Nichts <b>', text: 'Eins\nZwei & drei' };

describe('a domain', () => {
  test('shows ours where it has no pages, and they name nobody', async () => {
    const erased = site({ root: {}, unknown: {} });
    for (const shown of [
      ...[sitePage(undefined, 'unknown'), sitePage(site({}), 'unknown'), rootPage(site({}))],
      ...[sitePage(erased, 'unknown'), rootPage(erased)],
    ]) {
      expect(shown.status).toBe(404);
      expect(await shown.text()).not.toMatch(/indelible/i);
    }
  });

  test('shows its own words with the status that is meant, and nothing in them is markup', async () => {
    for (const [name, status] of [
      ['unknown', 404],
      ['gone', 410],
      ['expired', 410],
      ['full', 410],
    ] as const) {
      const response = sitePage(site({ unknown: words, gone: words }), name);
      expect(response.status).toBe(status);
      const html = await response.text();
      expect(html).toContain('Nichts &lt;b&gt;');
      expect(html).toContain('Eins\nZwei &amp; drei');
    }
    expect(rootPage(site({ root: words })).status).toBe(200);
  });

  test('leads to its own pages', () => {
    const url = 'https://example.com/ünknown';
    for (const response of [sitePage(site({ unknown: { url } }), 'unknown'), rootPage(site({ root: { url } }))]) {
      expect([response.status, response.headers.get('location')]).toEqual([302, 'https://example.com/%C3%BCnknown']);
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    }
  });

  test('has no page for what is over soon, so that machines are told to come again', () => {
    const response = sitePage(site({ unknown: words, gone: words }), 'unsure', { 'retry-after': '2' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  });
});
