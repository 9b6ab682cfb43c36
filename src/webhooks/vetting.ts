/**
 * Which addresses a webhook may reach: those of the public internet, and those in networks the operator names in
 * `WEBHOOK_ALLOW`. Everything is judged by the address that is connected to, never by how it was spelt: the URL parser
 * (WHATWG) turns every spelling of an IPv4 address into one, and addresses that carry another one inside, such as
 * mapped, NAT64, 6to4 and ISATAP, are no public ones. What is no literal address is judged again when its name was
 * looked up, for each connection (`pinned-request.ts`).
 */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The sentence for an address that is refused as such. */
export const notPublic = 'The address is not a public one.';

/** Networks of the operator's choice, see `networksOf`. */
export type Networks = readonly [Address, number][];

/** Reads CIDRs such as `10.0.0.0/8`; throws on what is none. */
export const networksOf = (cidrs: readonly string[]): Networks => cidrs.map(cidr => ipaddr.parseCIDR(cidr));

/** The only part of IPv6 that is given out as global unicast (RFC 4291 §2.4, IANA). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Public by their range, and yet a door to what is not: Azure answers every virtual machine at this one. */
const doors: ReadonlySet<string> = new Set(['168.63.129.16']);

/** A port below 1024 is another service's by right; webhooks are HTTP. */
const lowPortEnd = 1_024;
const webPorts: ReadonlySet<number> = new Set([80, 443]);

/**
 * What is wrong with a host as a target, or null. Takes an address, with brackets or without, or a name; of names only
 * those that mean this machine are refused here, all others are judged by the addresses they resolve to.
 */
export function addressFault(host: string, allow: Networks): string | null {
  const address = addressOf(host);
  if (address) return isReachable(address, allow) ? null : notPublic;
  const isLoopback = /^(.+\.)?localhost\.?$/i.test(host);
  return isLoopback && !isAllowed(ipaddr.parse('127.0.0.1'), allow) ? 'The name means this machine itself.' : null;
}

/**
 * What is wrong with a webhook's URL as far as it can be told without looking up its name; every fault is a sentence.
 * Plain HTTP is for networks the operator allows, so for a name it is judged when that is resolved.
 */
export function urlFaults(text: string, allow: Networks): string[] {
  const url = URL.parse(text);
  if (!url && /^https?:\/\//i.test(text)) return ['The URL names no host, or a port that there is not.'];
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return ['The URL must start with https://.'];
  const faults: string[] = [];
  const host = addressFault(url.hostname, allow);
  if (host) faults.push(host);
  if (url.username !== '' || url.password !== '') faults.push('The URL can not hold a user name or a password.');
  const address = addressOf(url.hostname);
  const mayBeAllowed = address ? isAllowed(address, allow) : allow.length > 0;
  if (url.protocol === 'http:' && !mayBeAllowed) faults.push('The URL must start with https://.');
  if (!isWebPort(url) && !mayBeAllowed) faults.push('The port must be 443, 80 or one from 1024 on.');
  return faults;
}

/**
 * What is wrong with connecting to an address for this URL, or null: the address itself, plain HTTP, or a low port,
 * both of which only the operator's networks may have. This is the check that stands between a name and a connection.
 */
export function connectionFault(url: URL, address: string, allow: Networks): string | null {
  const parsed = addressOf(address);
  if (!parsed || !isReachable(parsed, allow)) return notPublic;
  if (isAllowed(parsed, allow)) return null;
  if (url.protocol !== 'https:') return 'Only https is called outside of the allowed networks.';
  return isWebPort(url) ? null : 'The port is not one of a web server.';
}

/** The literal address a host is; undefined for a name. Zones are for link-local addresses only and are not taken. */
export function addressOf(host: string): Address | undefined {
  const text = host.replace(/^\[(.*)\]$/, '$1');
  if (text.includes('%')) return undefined;
  const { IPv4, IPv6 } = ipaddr;
  if (!IPv4.isValidFourPartDecimal(text) && !IPv6.isValid(text)) return undefined;
  return ipaddr.process(text);
}

function isReachable(address: Address, allow: Networks): boolean {
  return isAllowed(address, allow) || isPublic(address);
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || doors.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || (address.match(globalUnicast) && !isTunnel(address));
}

/** ISATAP (RFC 5214 §6.1): within any prefix, the last four bytes are the IPv4 address that packets are sent to. */
const isTunnel = ({ parts }: ipaddr.IPv6): boolean => (parts[4]! & ~0x200) === 0 && parts[5] === 0x5efe;

const isAllowed = (address: Address, allow: Networks): boolean =>
  allow.some(network => network[0].kind() === address.kind() && address.match(network));

function isWebPort(url: URL): boolean {
  // The parser leaves out a port that is the protocol's own.
  const port = url.port === '' ? 443 : Number(url.port);
  return webPorts.has(port) || port >= lowPortEnd;
}
