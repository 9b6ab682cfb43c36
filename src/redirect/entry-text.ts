/**
 * An entry as text, in memory and on disk: a JSON list of what every entry has, and behind it what few have. Nearly all
 * of a million are the short kind.
 */
import type { Redirect } from '../../projections/redirects.ts';

/** The text of an entry. */
export function textOf({ slug, qr, org, version, destination, ...rare }: Redirect): string {
  const common = [slug, qr, org, version, destination];
  return JSON.stringify(isEmpty(rare) ? common : [...common, rare]);
}

/** The entry of a text that `textOf` has made. */
export function entryFrom(text: string): Redirect {
  const [slug, qr, org, version, destination, rare] = JSON.parse(text) as [
    string,
    string,
    string,
    number,
    string | null,
    object?,
  ];
  const entry = { slug, qr, org, version, destination };
  return rare === undefined ? entry : { ...entry, ...rare };
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
