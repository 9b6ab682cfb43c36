/**
 * Where a code may lead. The redirect sends people there unasked, so only plain web addresses are let in: no scripts,
 * no embedded data, no credentials that a phone would show or send, not this host itself, which would be a loop, and no
 * host that the operator or the organisation has blocked.
 */
import type { Fault } from '../problem.ts';

export const destinationMaxLength = 2048;

/** Where codes may lead and where not, see `hostRules`. */
export interface HostRules {
  /** That which this instance answers on, with its port if any. */
  readonly own: ReadonlySet<string>;
  /** Verified domains: whoever comes under such a name is answered as on it, whatever the port. */
  readonly domains: ReadonlySet<string>;
  /** Those that are blocked, and all below them. */
  readonly blocked: ReadonlySet<string>;
  /** Schemes of links into apps that the operator allows, in lower case; destinations are web addresses always. */
  readonly appSchemes: readonly string[];
}

interface Hosts {
  readonly own?: readonly string[];
  readonly domains?: readonly string[];
  readonly blocked?: readonly string[];
  readonly appSchemes?: readonly string[];
}

/** The rules of these host names, however they are spelt. */
export const hostRules = ({ own = [], domains = [], blocked = [], appSchemes = [] }: Hosts): HostRules => ({
  own: new Set(own.map(plainHost)),
  domains: new Set(domains.map(plainHost)),
  blocked: new Set(blocked.map(plainHost)),
  appSchemes,
});

export const noHosts: HostRules = hostRules({});

/**
 * The first rule a destination breaks, or null.
 * @param value an absolute URL as RFC 3986 and the WHATWG URL standard have it
 */
export function destinationFault(value: string, pointer: string, hosts: HostRules = noHosts): Fault | null {
  const fault = (code: string, detail: string): Fault => ({ pointer, code, detail });
  if (value.length > destinationMaxLength) {
    return fault(
      'too_long',
      `A destination has at most ${destinationMaxLength} characters; this one has ${value.length}.`,
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: URL parsers drop these silently, so that the check would see another URL
  if (/[\u0000-\u0020\u007f]/.test(value) || !value.isWellFormed()) {
    return fault('format', 'A destination has no spaces and no control characters; write them percent-encoded.');
  }
  const url = URL.parse(value);
  if (!url) return fault('format', 'A destination is an absolute URL such as https://example.com/landing.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return fault('scheme', `A destination starts with http:// or https://, not ${url.protocol.slice(0, 32)}`);
  }
  // Browsers take a backslash for a slash and forgive missing or surplus ones, other clients don't: they would disagree
  // about the host.
  const authority = /^https?:\/\/([^/?#\\]+)(?:[/?#]|$)/i.exec(value)?.[1];
  if (authority === undefined) return fault('format', 'Write two slashes and the host after the scheme: https://…');
  if (authority.includes('@')) return fault('credentials', 'A destination must not hold a user name or password.');
  if (isOwn(url, hosts)) {
    return fault('own_host', `A code must not lead back to this service (${url.host}).`);
  }
  if (isBlocked(url.hostname, hosts)) return fault('blocked', `Codes must not lead to ${url.hostname}: it is blocked.`);
  return null;
}

/** Whether an address leads back to this service. */
export const isOwn = ({ host, hostname }: URL, { own, domains }: HostRules): boolean =>
  own.has(plainHost(host)) || domains.has(plainHost(hostname));

/** Whether a host, or one above it, is blocked. */
export function isBlocked(hostname: string, { blocked }: HostRules): boolean {
  if (blocked.size === 0) return false;
  const labels = plainHost(hostname).split('.');
  return labels.some((_, i) => blocked.has(labels.slice(i).join('.')));
}

/**
 * One spelling for a host: dots at the end and a default port change nothing, an IPv4 address is itself also where it is
 * mapped into IPv6, and all names of this machine are one (RFC 6761 §6.3 has everything below `localhost` be it too).
 */
export function plainHost(host: string): string {
  const [, name = host, port = ''] = /^(.*?)\.*(:\d+)?$/.exec(host.toLowerCase()) ?? [];
  const plain = unmapped(name);
  const isHere = /^((.+\.)?localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(plain);
  return (isHere ? 'localhost' : plain) + (port === ':80' || port === ':443' ? '' : port);
}

/** IPv4 out of IPv6 as URLs spell it: mapped (RFC 4291 §2.5.5.2), or what a NAT64 translates (RFC 6052 §2.1). */
function unmapped(name: string): string {
  const [, high, low] = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(name) ?? [];
  if (high === undefined || low === undefined) return name;
  return [high, low].flatMap(half => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]).join('.');
}
