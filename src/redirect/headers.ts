/**
 * The two request headers a scan keeps a word of: the first language of Accept-Language and the host of Referer. Both
 * are written by strangers, so what does not follow its grammar is null rather than guessed at, and nothing but a short
 * lower-case name comes out. The rest (regions, paths, queries, credentials) could point at a person and is dropped.
 */

/** Of a longer header only the start is read. Browsers send fewer than 100 characters. */
const HEADER_LENGTH_MAX = 512;

/** A host name has at most 253 characters (RFC 1035 §2.3.4, without the root). */
const HOST_LENGTH_MAX = 253;

/** One element: `*` or a primary subtag of 2 or 3 letters with anything after it, then perhaps a weight. */
const RANGE = /^\s*(\*|[a-z]{2,3})(?:-[a-z0-9]+)*\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

/**
 * The language asked for first: the range of the highest weight, the earlier one of equals, as primary subtag in lower
 * case (RFC 9110 §12.5.4). Null if that is `*`, if everything is refused (q=0) or nothing can be read.
 */
export function firstLanguage(acceptLanguage: string | null): string | null {
  if (!acceptLanguage) return null;
  const known = languages.get(acceptLanguage);
  if (known !== undefined) return known;
  const header = acceptLanguage.slice(0, HEADER_LENGTH_MAX);
  const language = languageIn(header);
  if (languages.size >= languagesMax) languages.delete(languages.keys().next().value!);
  languages.set(header, language);
  return language;
}

/** What headers say: most scans come with one of a few hundred, and reading one costs 0.5 us. */
const languages = new Map<string, string | null>();
const languagesMax = 2_000;

function languageIn(header: string): string | null {
  let best = '*';
  let bestWeight = 0;
  for (const element of header.split(',')) {
    const [, language, weight = '1'] = RANGE.exec(element) ?? [];
    if (language === undefined || Number(weight) <= bestWeight) continue;
    best = language;
    bestWeight = Number(weight);
    if (bestWeight === 1) break;
  }
  return best === '*' ? null : best.toLowerCase();
}

/**
 * The host of the referring page in lower case (international names as punycode, IPv6 in brackets), without port, path
 * and credentials. Null unless it is an http or https URL (RFC 9110 §10.1.3) with a host of at most 253 characters.
 */
export function referrerHost(referer: string | null): string | null {
  if (!referer || !URL.canParse(referer)) return null;
  const { protocol, hostname } = new URL(referer);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return hostname.length <= HOST_LENGTH_MAX ? hostname : null;
}
