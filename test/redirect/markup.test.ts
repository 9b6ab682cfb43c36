import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { html, pageOf } from '../../src/redirect/markup.ts';

test('holes are escaped for text and for quoted attributes, and markup is not escaped twice', () => {
  const nasty = `<b>&"'`;
  expect(html`<a title="${nasty}">${html`<i>${nasty}</i>`}${[null, undefined, 5, ['<']]}</a>`.text).toBe(
    '<a title="&lt;b&gt;&amp;&quot;&#39;"><i>&lt;b&gt;&amp;&quot;&#39;</i>5&lt;</a>',
  );
});

test('what only looks like markup is text', () => {
  const forged = { text: '<script>', toString: () => '<script>' } as never;
  expect(() => html`${forged}`).toThrow();
  expect(html`${'[object Markup]'}`.text).toBe('[object Markup]');
});

test('a page is a whole document whose policy allows its own style sheet and nothing else', async () => {
  const page = pageOf('<Title>', html`<h1>x</h1>`);
  const text = await page.text();
  expect(text).toMatch(/^<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" /);
  expect(text).toContain('<title>&lt;Title&gt;</title>');
  expect(text).toEndWith('<body><main><h1>x</h1></main></body></html>');
  const style = /<style>(.*)<\/style>/s.exec(text)![1]!;
  expect(page.headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page.headers.get('cache-control')).toBe('private, no-store');
});

/** Relative luminance and contrast of WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [high, low] = [a, b].map(luminance).sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}
function luminance(color: string): number {
  const hex = color.length === 4 ? color.replace(/[^#]/g, '$&$&') : color;
  const [r, g, b] = [1, 3, 5].map(at => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

test('all text has a contrast of 7:1 or more, by day and by night', async () => {
  const text = await pageOf('x', html``).text();
  const themes = [...text.matchAll(/:root\{[^}]*--ink:[^}]*\}/g)].map(([theme]) =>
    Object.fromEntries([...theme.matchAll(/--(\w+):(#[0-9a-f]+)/g)].map(([, name, color]) => [name, color])),
  );
  expect(themes).toHaveLength(2);
  for (const { ink, dim, paper, do: button, on } of themes) {
    for (const [a, b] of [
      [ink, paper],
      [dim, paper],
      [button, paper],
      [on, button],
    ] as const) {
      expect(contrast(a!, b!)).toBeGreaterThanOrEqual(7);
    }
  }
});
