/**
 * The last part of a short URL. Slugs are case-insensitive and kept in lower case, so that the printed URL can be all
 * capitals and fit the alphanumeric mode of a QR code. Generated ones avoid characters that people mix up.
 */
import type { Fault } from '../problem.ts';

/** No 0/o, 1/i/l: 31 characters, 8 of them give 850 thousand million slugs. */
export const slugAlphabet = '23456789abcdefghjkmnpqrstuvwxyz';
export const slugLength = 8;
/** Chosen slugs: letters, digits, and inside also `-` and `_`. */
export const slugPattern = '^[A-Za-z0-9]([A-Za-z0-9_-]{1,62})?[A-Za-z0-9]$';

/** First path segments that the service itself answers on, now or one day. */
export const reservedSlugs: ReadonlySet<string> = new Set(
  `about admin api app apple-app-site-association assets auth billing console contact dashboard docs download
  favicon favicon-ico health healthz help internal legal livez login logo logos logout metrics openapi openapi-json
  privacy qr ready readyz register robots robots-txt root signin signup sitemap static status support system terms
  v1 v2 v3 v4 webhook webhooks well-known www`.split(/\s+/),
);

/** A slug from random bytes, of which it needs `slugLength`. Each byte above the last whole multiple of 31 is skipped. */
export function slugFrom(bytes: Iterable<number>): string {
  let slug = '';
  for (const byte of bytes) {
    if (byte >= 248) continue;
    slug += slugAlphabet[byte % 31];
    if (slug.length === slugLength) return slug;
  }
  throw new RangeError('too few random bytes for a slug');
}

/** The form a slug is stored and looked up in. */
export const canonicalSlug = (slug: string): string => slug.toLowerCase();

/** The first rule a chosen slug breaks, or null. */
export function slugFault(slug: string, pointer: string): Fault | null {
  if (!new RegExp(slugPattern).test(slug)) {
    return {
      pointer,
      code: 'pattern',
      detail: 'A slug has 2 to 64 letters, digits, hyphens or underscores, and starts and ends with a letter or digit.',
    };
  }
  if (reservedSlugs.has(canonicalSlug(slug))) {
    return { pointer, code: 'reserved', detail: `The slug "${slug}" is reserved for the service itself.` };
  }
  return null;
}
