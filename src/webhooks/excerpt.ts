/**
 * What is kept of an endpoint's answer, so that its owner can see what went wrong: the beginning as one line of text,
 * with whatever looks like a secret or a person's address blacked out. Servers like to print headers and settings when
 * they fail, ours included, and the log is read by more people than may see those.
 */

/** Bytes of an answer that are looked at; an error page says in its first lines what it is about. */
export const excerptBytesMax = 1_024;
const excerptLengthMax = 300;

const blackened = '[…]';

/** What is blacked out: names of secrets with their values, tokens by their form, e-mail addresses, long random text. */
const secrets: readonly [RegExp, string][] = [
  [/\b(bearer|basic|digest)\s+[\w+/=.~-]{6,}/gi, `$1 ${blackened}`],
  // From the beginning of a word alone: tried from each of its parts, an answer of some hundred took 70 ms.
  [
    /(?<![\w-])(["']?[\w-]*(?:secret|token|passw(?:or)?d|pwd|api[-_]?key|access[-_]?key|authorization|cookie|session|signature|credential)[\w-]*["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s,;&<]+)/gi,
    `$1${blackened}`,
  ],
  [/\bwhsec_[\w+/=-]+|\bfdqr_\w+|\bv1a?,[\w+/=-]{16,}|\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, blackened],
  [/(:\/\/)[^\s/@]+@/g, `$1${blackened}@`],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, blackened],
  [/\b(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])[\w+/-]{32,}={0,2}/gi, blackened],
];

/** The beginning of an answer as it may be shown; null when there was none. */
export function excerptOf(bytes: Uint8Array): string | null {
  let text = new TextDecoder()
    .decode(bytes.subarray(0, excerptBytesMax))
    // Control characters, and those that turn the direction of writing around.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  for (const [pattern, instead] of secrets) text = text.replace(pattern, instead);
  if (text === '') return null;
  const characters = [...text];
  return characters.length > excerptLengthMax ? `${characters.slice(0, excerptLengthMax).join('')}…` : text;
}
