/**
 * Visitors of a program under test: each has a real user agent and an address of the country table, follows a short URL
 * as a phone does and is counted by the test. A visit that is not answered with the destination, letter by letter, fails.
 */
import { type Browser, browsers, type Client, chance, clients } from './real-input.ts';
import { Tally } from './tally.ts';

export interface Code {
  readonly id: string;
  readonly slug: string;
  destination: string;
}

export interface Visitor {
  readonly browser: Browser;
  readonly client: Client;
}

export const people: readonly Client[] = clients(1_500);

/** A visitor for each number, all different up to some million; every browser and every address comes up. */
export const visitor = (n: number): Visitor => ({
  browser: browsers[n % browsers.length]!,
  client: people[Math.floor(n / 7 + n) % people.length]!,
});

/** Visitors of one code, as many visits as asked for: some come once, many come again. */
export function crowd(visits: number, different: number, seed: number): Visitor[] {
  const random = chance(seed);
  return Array.from({ length: visits }, (_, i) => visitor(seed * 100_003 + (i < different ? i : random(different))));
}

export interface Visited {
  readonly status: number;
  readonly location: string | null;
}

/** One request for a short URL, not followed. */
export async function scan(
  url: string,
  slug: string,
  { browser, client }: { browser: { userAgent: string }; client: Client },
  method: 'GET' | 'HEAD' = 'GET',
): Promise<Visited> {
  const response = await fetch(`${url}/${slug}`, {
    method,
    redirect: 'manual',
    headers: { 'user-agent': browser.userAgent, 'x-forwarded-for': client.address },
  });
  await response.arrayBuffer();
  return { status: response.status, location: response.headers.get('location') };
}

/** Visits that are counted here as they are answered. */
export class Visits {
  readonly tally = new Tally();

  /** Follows a code and counts the visit; throws when it did not lead to the destination. */
  async make(url: string, day: string, code: Code, who: Visitor): Promise<void> {
    const { status, location } = await scan(url, code.slug, who);
    if (status !== 302 || location !== code.destination) {
      throw new Error(`${code.slug} answered ${status} ${location} instead of 302 ${code.destination}`);
    }
    this.tally.add({ qr: code.id, day, ...who });
  }
}
