/**
 * HTML that can't be broken out of: text goes in escaped, only what was built here goes in as it is, and the document
 * around it allows no script, no request and no form, whatever should slip through. It is what a person with a phone
 * sees, so it is small, has one heading and big buttons, and is readable in the dark and aloud.
 */
import { createHash } from 'node:crypto';

/** Markup made by `html`; nothing else is believed to be markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | null | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (part: Part): string => {
  if (part === null || part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(escaped).join('');
  return String(part).replace(/[&<>"']/g, mark => entities[mark]!);
};

/** A template whose holes are escaped, unless they hold markup. Attributes have to be quoted. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.reduce((text, next, i) => text + escaped(parts[i - 1]) + next));

/** Contrast of all pairs of colours is 7:1 or more (WCAG 2.2 AAA); a button is at least 48 px high. */
const style = [
  ':root{color-scheme:light dark;--ink:#1a1a1a;--dim:#4a4a4a;--paper:#fff;--line:#d0d0d0;--do:#0a3d91;--on:#fff}',
  '@media(prefers-color-scheme:dark){:root{--ink:#eee;--dim:#bbb;--paper:#111;--line:#3a3a3a;--do:#a8c7fa;--on:#0b1a33}}',
  '*{box-sizing:border-box}',
  'body{margin:0 auto;max-width:34rem;padding:8vh 1.25rem 3rem;font:18px/1.5 system-ui,sans-serif;',
  'color:var(--ink);background:var(--paper);overflow-wrap:anywhere}',
  'h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}p{margin:0 0 1rem}a{color:var(--do)}',
  'dl{margin:0 0 1.5rem}dt{color:var(--dim);font-size:.85rem}dd{margin:0 0 .9rem}',
  '.lines{white-space:pre-wrap}.dim{color:var(--dim)}',
  'code{font:1.1rem/1.6 ui-monospace,monospace;white-space:pre-wrap;display:block;padding:.5rem .75rem;',
  'border:1px solid var(--line);border-radius:.5rem;-webkit-user-select:all;user-select:all}',
  '.do{display:block;min-height:48px;padding:.7rem 1rem;margin:0 0 1rem;border-radius:.75rem;text-align:center;',
  'font-weight:600;text-decoration:none;color:var(--on);background:var(--do)}',
  'button.do{width:100%;border:0;font:inherit;font-weight:600}label{display:block;color:var(--dim);font-size:.85rem}',
  'input{width:100%;min-height:48px;margin:.25rem 0 1rem;padding:.5rem .75rem;border:1px solid var(--dim);',
  'border-radius:.5rem;font:inherit;color:var(--ink);background:var(--paper)}',
  ':is(a,button,input):focus-visible{outline:3px solid var(--ink);outline-offset:3px}',
].join('');

const styleDigest = createHash('sha256').update(style).digest('base64');

const policy = (forms: string): string =>
  `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action ${forms}; frame-ancestors 'none'`;

/** Sent with every answer that holds what somebody wrote. */
export const guardHeaders = {
  'cache-control': 'private, no-store',
  'content-security-policy': policy("'none'"),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
} as const;

/** A whole page. The title says what it is; what somebody wrote may be of any language and direction. */
export const pageOf = (title: string, body: Markup, status = 200): Response =>
  answer(title, body, { status, headers: { 'content-type': 'text/html; charset=utf-8', ...guardHeaders } });

/** A page with a form that is sent to its own address; where the answer to that leads, browsers ask the policy too. */
export function formPage(
  title: string,
  body: Markup,
  status: number,
  more: Readonly<Record<string, string>>,
): Response {
  const headers = { ...guardHeaders, 'content-security-policy': policy("'self' http: https:"), ...more };
  return answer(title, body, { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers } });
}

function answer(title: string, body: Markup, init: ResponseInit): Response {
  const document = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${new Markup(style)}</style></head><body><main>${body}</main></body></html>`;
  return new Response(document.text, init);
}
