/**
 * What a person with a phone sees when there is nowhere to go. Small, readable aloud, without scripts or requests to
 * anywhere, and the same bytes for everybody, so that it tells nothing about the code. A code that has not started yet
 * or is paused looks as if there were none: what is not announced is not to be found out.
 */

const texts = {
  unknown: [404, 'Code not found', 'There is no code at this address. Check that it was scanned or typed completely.'],
  read_only: [405, 'Not possible', 'A code can only be opened, not written to.'],
  gone: [410, 'Code no longer in use', 'The owner of this code has switched it off.'],
  expired: [410, 'Code expired', 'The time of this code is over.'],
  full: [410, 'Code used up', 'This code was opened as often as it may be.'],
  circle: [404, 'Nowhere to go', 'This code leads back to itself. Its owner has to point it somewhere else.'],
  too_long: [414, 'Address too long', 'The address of a code is short; this one is not one.'],
  too_many: [429, 'One moment', 'Too many codes that do not exist were tried from here. Please wait a little.'],
  unsure: [503, 'One moment', 'This code can not be opened right now. Please try again in a few seconds.'],
} as const;

export type PageName = keyof typeof texts;

/** The page that says so. */
export function page(name: PageName, headers: Readonly<Record<string, string>> = {}): Response {
  const [status, title, text] = texts[name];
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
