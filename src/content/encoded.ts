/**
 * What the picture of a code encodes, in one place for pictures, sheets and the API: the short URL of a dynamic code,
 * the payload of a static one. The same code gives the same text for ever, because its picture hangs on walls.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import { link } from './links.ts';
import { payload } from './payload.ts';

/** A code as far as its picture goes; a row of `codes` is one, and so is the decider's state. */
export interface Encodable {
  readonly type: string;
  readonly slug: string | null;
  readonly destination: string | null;
  readonly content: Readonly<Record<string, unknown>> | null;
  readonly domain?: { readonly host: string } | null;
}

/**
 * The address that leads to a code, null for a static one, behind which no address of ours stands. On a domain of its
 * own it has the scheme and the port by which the instance is reached.
 * @param baseUrl base of short URLs, without a slash at the end
 */
export function shortUrlOf(baseUrl: string, { slug, domain }: Pick<Encodable, 'slug' | 'domain'>): string | null {
  if (slug === null) return null;
  if (!domain) return `${baseUrl}/${slug}`;
  const { protocol, port } = new URL(baseUrl);
  return `${protocol}//${domain.host}${port && `:${port}`}/${slug}`;
}

/**
 * The text that the picture of a code encodes.
 * @param baseUrl base of short URLs, without a slash at the end
 * @param versionOf version of the code that a text makes; with it the short URL is given in capitals where that makes a
 *   smaller code. Scheme, host and slug are case-insensitive, but what is read is then no longer `shortUrl` letter by
 *   letter, so that it has to be asked for.
 */
export function payloadOf(code: Encodable, baseUrl: string, versionOf?: (text: string) => number): string {
  const { type, destination, content, domain } = code;
  const shortUrl = shortUrlOf(baseUrl, code);
  if (shortUrl === null) {
    // Of one that was erased nobody knows any more what is printed.
    if (destination === null && content === null) return '';
    return type === 'url' ? link(destination!) : payload(type as ContentType, content as ContentOf<ContentType>);
  }
  // In a path of its own the case may count.
  if (!versionOf || (!domain && new URL(baseUrl).pathname !== '/')) return shortUrl;
  const capitals = shortUrl.toUpperCase();
  return versionOf(capitals) < versionOf(shortUrl) ? capitals : shortUrl;
}
