/**
 * The networks a key may be used from. They are written as the operator's own list of proxies is, and the caller's
 * address is found as a visitor's is: forwarded headers are believed as far as trusted proxies wrote them.
 */
import type { Fault } from '../problem.ts';
import { isWithin, parseCidrs } from '../redirect/address.ts';
import { notPermitted } from './rights.ts';

/** Networks of one key. */
export const addressesMax = 50;

/** What the operator's list may hold and no caller's address ever matches: lists, words, zones, IPv4 mapped into IPv6. */
const strange = /[,%]|^\s*(loopback|::ffff:.*)\s*$/i;

/** Addresses and CIDRs as CIDRs, each under its own pointer; or what is wrong with them. */
export function cidrsFrom(entries: readonly string[], pointer = '/addresses'): { cidrs: string[]; faults: Fault[] } {
  const cidrs: string[] = [];
  const faults: Fault[] = [];
  for (const [i, entry] of entries.entries()) {
    try {
      const parsed = strange.test(entry) ? [] : parseCidrs(entry);
      if (parsed.length === 0) throw new Error('nothing');
      cidrs.push(...parsed);
    } catch {
      const detail = /^\s*::ffff:/i.test(entry)
        ? 'Write the IPv4 address itself: mapped into IPv6 it is that of no caller.'
        : 'This is neither an IP address nor a network such as 203.0.113.0/24.';
      faults.push({ pointer: `${pointer}/${i}`, code: 'format', detail });
    }
  }
  return { cidrs: [...new Set(cidrs)], faults };
}

/** Throws 403 when a key is used from elsewhere than it may be; null lets it be used from everywhere. */
export function requireAddress(allowed: readonly string[] | null, address: () => string): void {
  if (allowed === null || isWithin(address(), allowed)) return;
  throw notPermitted('This key may not be used from the address that the request came from.');
}
