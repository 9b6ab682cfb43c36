/**
 * A destination as the `Location` header takes it: one line of ASCII that leads to the same place, whatever the
 * destination holds. It was checked when it was set, so nothing is refused here.
 */
import { newId } from '../ids.ts';

/**
 * The destination as it was given; serialised (Punycode host, percent-encoded rest) where it holds what a header can't
 * carry: Bun and Deno throw on `例`, and send `ü` as the one byte that no browser takes for UTF-8.
 */
export function locationOf(destination: string): string {
  return /[^\x21-\x7e]/.test(destination) ? new URL(destination).href : destination;
}

/** The answer that leads there. It is made with the id of the request: setting a header afterwards costs 1 us more. */
export function leadTo(location: string, status: 302 | 303 = 302): Response {
  const headers = { location, 'cache-control': 'private, no-store', 'x-request-id': newId('req') };
  return new Response(null, { status, headers });
}
