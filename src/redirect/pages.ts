/**
 * What a person with a phone sees when there is nowhere to go. Small, readable aloud, without scripts or requests to
 * anywhere, and the same bytes for everybody, so that it tells nothing about the code.
 */

const texts = {
  404: ['Code not found', 'There is no code at this address. Check that it was scanned or typed completely.'],
  405: ['Not possible', 'A code can only be opened, not written to.'],
  410: ['Code no longer in use', 'The owner of this code has switched it off.'],
  503: ['One moment', 'This code can not be opened right now. Please try again in a few seconds.'],
} as const;

/** The page for a status. */
export function page(status: keyof typeof texts, headers: Readonly<Record<string, string>> = {}): Response {
  const [title, text] = texts[status];
  return new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<meta name="robots" content="noindex"><title>${title}</title>` +
      `<style>body{font:18px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:28rem;padding:0 1rem;` +
      `color:#1a1a1a;background:#fff}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}}</style>` +
      `<main><h1>${title}</h1><p>${text}</p></main></html>`,
    {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'private, no-store',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        ...headers,
      },
    },
  );
}
