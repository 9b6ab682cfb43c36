/**
 * The redirect's handler on entries that a test gives it, with everything real around it but the ledger: what would be
 * put on record is handed to the test.
 */
import type { Redirect } from '../../projections/redirects.ts';
import { isWithin, parseCidrs, trustedProxies } from '../../src/redirect/address.ts';
import { Budget } from '../../src/redirect/budget.ts';
import { openCountries } from '../../src/redirect/country.ts';
import { Passwords } from '../../src/redirect/passwords.ts';
import type { Sighting } from '../../src/redirect/recorder.ts';
import { type RedirectDeps, type RedirectHandler, redirectHandler } from '../../src/redirect/redirect.ts';
import { ScanLimits } from '../../src/redirect/scan-limits.ts';
import { iPhone } from './client.ts';

export const visitorKey = new Uint8Array(32).fill(7);
/** 8 April 2026, noon, a Wednesday. */
export const now = 1_775_649_600_000;

export interface Redirecting {
  readonly handle: RedirectHandler;
  /** What was put on record. */
  readonly seen: Sighting[];
  readonly errors: unknown[];
  /** A request as a phone sends it, from an address that is nobody's proxy. */
  ask(path: string, headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function redirecting(
  list: readonly Redirect[],
  { cidrs = 'loopback', ...more }: Partial<RedirectDeps> & { readonly cidrs?: string } = {},
): Promise<Redirecting> {
  const seen: Sighting[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const proxies = parseCidrs(cidrs);
  const entries = new Map(list.flatMap(item => [item.slug, ...(item.also ?? [])].map(key => [key, item] as const)));
  const limits = new ScanLimits({
    totals: async () => ({ position: 0, totals: new Map() }),
    settled: () => 1,
    onError,
  });
  const handle = redirectHandler({
    ...{ entries, visitorKey, limits, onError, countries: await openCountries(), passwords: new Passwords() },
    recorder: { record: async sighting => seen.push(sighting) },
    isComplete: () => true,
    objection: () => undefined,
    misses: new Budget({ max: 100, everyMs: 3_000 }),
    isProxy: address => isWithin(address, proxies),
    clientAddress: trustedProxies(proxies),
    now: () => now,
    ...more,
  });
  return {
    handle,
    seen,
    errors,
    ask: (path, headers = {}, init = {}) => {
      const request = new Request(`http://localhost/${path}`, {
        ...init,
        headers: { 'user-agent': iPhone, ...headers },
      });
      const [slug, file] = path.split(/[?#]/)[0]!.split('/');
      return handle(request, slug!, '198.51.100.7', file);
    },
    close: () => limits.close(),
  };
}

/** An entry of a code that leads to an address. */
export const entryOf = (slug: string, more: Partial<Redirect> = {}): Redirect => ({
  ...{ slug, qr: `qr_${slug}`, org: 'org_1', version: 3, destination: `https://example.com/${slug}` },
  ...more,
});
