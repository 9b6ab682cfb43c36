/**
 * Whose address a request came from when proxies stand in between. X-Forwarded-For can be written by anybody, so it is
 * believed from the right only and only as far as proxies we were told to trust wrote it: what a client puts in front
 * changes nothing. Addresses come out in one spelling each, since a visitor is counted by that text. Only four-part
 * decimal IPv4 is read: ipaddr.js alone would take `10/8` for 0.0.0.10/8 and `010.0.0.1` for 8.0.0.1.
 */
import ipaddr from 'ipaddr.js';

// Taken apart here because Deno finds no named exports in this package.
const { IPv4, IPv6 } = ipaddr;
type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Finds the client of a request. `peer` is the other end of the connection, `forwardedFor` the raw header. */
export type ClientAddress = (peer: string | null, forwardedFor: string | null) => string;

/** Says "no address" where the peer has none, as on a Unix socket: it is in no network and in no country. */
export const NO_ADDRESS = '0.0.0.0';

/** Proxies in a row that are followed, so that a forged header of a thousand hops costs no more than a real one. */
const HOPS_MAX = 16;

/** An address with a port and a zone is shorter; longer entries are not looked at. */
const TEXT_LENGTH_MAX = 80;

/** IPv4, also mapped into IPv6 (as dual-stack sockets name every IPv4 peer), or brackets; the port falls off. */
const SPELLING = /^\s*(?:(?:::ffff:)?(\d+(?:\.\d+)+)(?::\d+)?|\[([^\]]+)\](?::\d+)?)\s*$/i;

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/**
 * Reads the operator's list: addresses and CIDRs separated by commas, and the word `loopback`. Returns CIDRs; an empty
 * text is an empty list. Throws an Error that names the first entry which is none of these.
 */
export function parseCidrs(text: string): string[] {
  const entries = text.split(',').map(entry => entry.trim());
  return entries.filter(entry => entry !== '').flatMap(entry => (entry === 'loopback' ? LOOPBACK : cidrOf(entry)));
}

/**
 * Given the CIDRs of our proxies (see `parseCidrs`), returns a function that answers with the client's address: the
 * first one from the right of X-Forwarded-For that is no trusted proxy, if the peer itself is one. An entry that is no
 * address ends the walk and the last good one counts; if all are trusted it is the leftmost. The answer is normalised:
 * IPv4 where it is mapped, RFC 5952 for IPv6, no port, no zone; `NO_ADDRESS` when the peer is unknown.
 */
export function trustedProxies(cidrs: string[]): ClientAddress {
  const ranges = cidrs.map(cidr => ipaddr.parseCIDR(cidr));
  const isTrusted = (address: Address) =>
    ranges.some(range => range[0].kind() === address.kind() && address.match(range));

  // Nearly every scan: a trusted IPv4 proxy names one IPv4 client. Read without the library, that takes a tenth.
  const masks = ranges.flatMap(([address, bits]) =>
    address instanceof IPv4 ? [{ base: dottedWord(address.toString()), bits }] : [],
  );
  const isTrustedWord = (word: number) =>
    masks.some(({ base, bits }) => bits === 0 || (word ^ base) >>> (32 - bits) === 0);

  return (peer, forwardedFor) => {
    const nearest = peer === null ? Number.NaN : dottedWord(peer);
    if (!Number.isNaN(nearest)) {
      if (!isTrustedWord(nearest) || !forwardedFor) return peer!;
      const named = dottedWord(forwardedFor);
      if (!Number.isNaN(named)) return forwardedFor;
    }
    let client = parseAddress(peer ?? '');
    if (!client) return NO_ADDRESS;
    const hops = forwardedFor ? forwardedFor.split(',').slice(-HOPS_MAX) : [];
    while (isTrusted(client)) {
      const before = parseAddress(hops.pop() ?? '');
      if (!before) break;
      client = before;
    }
    return client instanceof IPv6 ? client.toRFC5952String() : client.toString();
  };
}

/** Whether an address as `ClientAddress` gives it is in one of these CIDRs (see `parseCidrs`). `NO_ADDRESS` is in none. */
export function isWithin(address: string, cidrs: readonly string[]): boolean {
  const parsed = address === NO_ADDRESS ? null : parseAddress(address);
  if (!parsed) return false;
  return cidrs
    .map(cidr => ipaddr.parseCIDR(cidr))
    .some(range => range[0].kind() === parsed.kind() && parsed.match(range));
}

/**
 * The network of an address as `ClientAddress` gives it, for whoever counts what comes from there: one IPv4 address, but
 * of IPv6 the first 64 bits, since each household has at least so many to choose from.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const parts = IPv6.parse(address).parts.slice(0, 4);
  return `${parts.map(part => part.toString(16)).join(':')}::/64`;
}

/** The 32 bits of an IPv4 address in its one canonical spelling, as a signed word; NaN for any other text. */
export function dottedWord(text: string): number {
  if (text.length > 15) return Number.NaN;
  let word = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return Number.NaN;
      part = part === -1 ? digit : part * 10 + digit;
      if (part > 255) return Number.NaN;
    } else {
      if (part === -1 || ++parts > 4 || (i < text.length && text[i] !== '.')) return Number.NaN;
      word = (word << 8) | part;
      part = -1;
    }
  }
  return parts === 4 ? word : Number.NaN;
}

/** `1.2.3.4`, `1.2.3.4:567`, `::ffff:1.2.3.4`, `2001:db8::1`, `[2001:db8::1]:567`, `fe80::1%eth0`; else null. */
function parseAddress(text: string): Address | null {
  if (text.length > TEXT_LENGTH_MAX) return null;
  const [, dotted, bracketed] = SPELLING.exec(text) ?? [];
  if (dotted !== undefined) return IPv4.isValidFourPartDecimal(dotted) ? IPv4.parse(dotted) : null;
  const bare = (bracketed ?? text).trim().replace(/%.*$/, '');
  if (!IPv6.isValid(bare)) return null;
  const address = IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function cidrOf(entry: string): string {
  if (IPv4.isValidCIDRFourPartDecimal(entry) || IPv6.isValidCIDR(entry)) return entry;
  if (IPv4.isValidFourPartDecimal(entry)) return `${entry}/32`;
  if (IPv6.isValid(entry)) return `${entry}/128`;
  throw new Error(`Not an address, a CIDR or "loopback": "${entry}"`);
}
