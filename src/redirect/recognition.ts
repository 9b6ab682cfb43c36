/**
 * What can be told of a request without knowing who sent it: the address behind our proxies, its country, and what the
 * user agent says. Scans, simulations and limits all see with these eyes.
 */
import type { Log } from '../log.ts';
import { type ClientAddress, isWithin, parseCidrs, trustedProxies } from './address.ts';
import { type Agent, describeAgent } from './agent.ts';
import { type Countries, openCountries } from './country.ts';

export interface Recognition {
  readonly countries: Countries;
  readonly clientAddress: ClientAddress;
  /** Whether an address is one of our proxies' own: whom it stands for is not known then. */
  readonly isProxy: (address: string) => boolean;
  readonly country: (address: string) => string | null;
  readonly agent: (userAgent: string) => Agent;
}

export interface RecognitionOptions {
  readonly geoipDb: string | null;
  /** CIDRs and addresses, separated by commas. */
  readonly trustedProxies: string;
}

export async function openRecognition(options: RecognitionOptions, log: Log): Promise<Recognition> {
  const proxies = parseCidrs(options.trustedProxies);
  const countries = await openCountries(options.geoipDb ?? undefined);
  log.info({ source: countries.source }, 'country table');
  return {
    countries,
    clientAddress: trustedProxies(proxies),
    isProxy: address => isWithin(address, proxies),
    country: address => countries.locate(address).country,
    agent: describeAgent,
  };
}
