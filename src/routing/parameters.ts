/**
 * Parameters that are added to a destination. Only its query grows: scheme, host, path and fragment stay as they were
 * set, and a parameter that the destination names itself keeps its value, so that nobody who scans can point a redirect
 * of the target site elsewhere.
 */
import type { Parameters } from '../../events/routing.ts';

/** What visitors hand on, in characters: addresses of more than 8,000 are refused by many servers. */
export const passedLengthMax = 1_024;

/** The destination with its parameters; the same text where there are none to add. */
export function withParameters(destination: string, { pass, add }: Parameters, given: URLSearchParams): string {
  const end = destination.indexOf('#');
  const [address, fragment] = end === -1 ? [destination, ''] : [destination.slice(0, end), destination.slice(end)];
  const mark = address.indexOf('?');
  const own = new URLSearchParams(mark === -1 ? '' : address.slice(mark + 1));
  const added = new URLSearchParams();
  let length = 0;
  for (const [name, value] of given) {
    if (own.has(name) || added.has(name) || !isPassed(pass, name)) continue;
    length += name.length + value.length;
    if (length > passedLengthMax) break;
    added.set(name, value.toWellFormed());
  }
  for (const [name, value] of Object.entries(add)) if (!own.has(name) && !added.has(name)) added.set(name, value);
  // Percent-encoded, so that it is ASCII and holds nothing that means something in a header or an address.
  const text = added.toString();
  if (text === '') return destination;
  const isOpen = mark === address.length - 1 || address.endsWith('&');
  const glue = mark === -1 ? '?' : isOpen ? '' : '&';
  return `${address}${glue}${text}${fragment}`;
}

function isPassed(pass: Parameters['pass'], name: string): boolean {
  if (typeof pass === 'object') return pass.includes(name);
  return pass === 'all' || (pass === 'utm' && /^utm_[a-z_]+$/.test(name));
}
