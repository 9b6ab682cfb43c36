/**
 * What the program is told from outside: environment variables, nothing else. All of them are read here, checked
 * together, and a start with bad values ends with one message that lists every one of them.
 */
import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';

export const roles = ['all', 'api', 'redirect', 'worker'] as const;
export type Role = (typeof roles)[number];

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Two to three million scans: an hour of 700 a second. */
const spoolBytesDefault = 1024 * 1024 * 1024;

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Base of short URLs and links, without a slash at the end; null means "from the port that is listened on". */
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly role: Role;
  readonly bootstrapApiKey: string | null;
  /** Comma-separated CIDRs, addresses, or the word loopback. */
  readonly trustedProxies: string;
  readonly geoipDb: string | null;
  /** Most bytes of scans that wait on disk for the ledger. */
  readonly spoolBytesMax: number;
  /** Comma-separated CIDRs, addresses, or the word loopback: private networks that webhooks may lead into. */
  readonly webhookAllow: string;
  /** Schemes of links into apps that codes may have, besides http and https. */
  readonly appSchemes: readonly string[];
  /** Hosts that no code may lead to, with all below them. */
  readonly blockedHosts: readonly string[];
  /** DNS servers that domains are proven by; the system's when there are none. */
  readonly dnsServers: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly logFormat: 'json' | 'pretty';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a browser would run or open of this machine is no app. */
const noApps: ReadonlySet<string> = new Set(
  'about blob data file filesystem ftp http https javascript jar vbscript view-source ws wss'.split(' '),
);
const isAppScheme = (scheme: string): boolean => /^[a-z][a-z0-9+.-]{1,31}$/.test(scheme) && !noApps.has(scheme);
const isHostName = (host: string): boolean =>
  /^[a-z0-9.:[\]-]+$/.test(host) && URL.parse(`https://${host}/`)?.hostname === host.replace(/\.$/, '');

const isDnsServer = (server: string): boolean =>
  isIP(server) !== 0 || isIP(/^\[?([0-9a-f:.]+?)\]?:\d{1,5}$/.exec(server)?.[1] ?? '') !== 0;

/** Thrown with every bad variable, one a line. */
export class ConfigError extends Error {}

/**
 * Reads the configuration.
 * @param check tests of values that need more than this file knows: they throw, and their message is listed too
 */
export function readConfig(
  env: Environment = process.env,
  check: {
    readonly cidrs?: (text: string) => unknown;
    readonly apiKey?: (text: string) => unknown;
    readonly file?: (path: string) => unknown;
  } = {},
): Config {
  const faults: string[] = [];
  const fault = (name: string, rule: string) => faults.push(`${name} ${rule} (it is ${JSON.stringify(env[name])})`);
  const text = (name: string): string | null => env[name]?.trim() || null;
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T => {
    const value = text(name) ?? otherwise;
    if (!(allowed as readonly string[]).includes(value)) fault(name, `must be one of ${allowed.join(', ')}`);
    return value as T;
  };
  const url = (name: string, schemes: readonly string[]): string | null => {
    const value = text(name);
    if (value === null) return null;
    // NATS_URL may list several servers; elsewhere a comma is part of the URL.
    for (const part of name === 'NATS_URL' ? value.split(',') : [value]) {
      const parsed = URL.parse(part.trim());
      if (!parsed || !schemes.includes(parsed.protocol)) {
        // Never echoed: it may hold a password.
        faults.push(`${name} must be a URL that starts with ${schemes.map(scheme => `${scheme}//`).join(' or ')}`);
        return null;
      }
    }
    return value;
  };
  const checked = (name: string, value: string | null, test: ((text: string) => unknown) | undefined) => {
    if (value === null || !test) return value;
    try {
      test(value);
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
    return value;
  };

  const list = (name: string, isGood: (item: string) => boolean, rule: string): string[] => {
    const items = (text(name)?.toLowerCase().split(',') ?? []).map(item => item.trim()).filter(item => item !== '');
    for (const item of items) if (!isGood(item)) faults.push(`${name}: "${item}" ${rule}`);
    return items;
  };

  const port = Number(text('PORT') ?? 3000);
  if (!/^\d{1,5}$/.test(text('PORT') ?? '0') || port > 65_535) fault('PORT', 'must be a whole number from 0 to 65535');
  const spoolBytesMax = Number(text('SPOOL_BYTES_MAX') ?? spoolBytesDefault);
  if (!/^\d{5,15}$/.test(text('SPOOL_BYTES_MAX') ?? '10000'))
    fault('SPOOL_BYTES_MAX', 'must be a number of bytes, 10000 at least');
  const publicUrl = url('PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null;
  if (publicUrl !== null && /[?#@,\s]/.test(publicUrl)) {
    faults.push('PUBLIC_URL must be one URL without user name, password, query and fragment');
  }
  const dataDir = text('DATA_DIR') ?? './.data';
  const config: Config = {
    port,
    host: text('HOST') ?? '127.0.0.1',
    publicUrl,
    dataDir: isAbsolute(dataDir) ? dataDir : resolve(dataDir),
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    role: oneOf('ROLE', roles, 'all'),
    bootstrapApiKey: checked('BOOTSTRAP_API_KEY', text('BOOTSTRAP_API_KEY'), check.apiKey),
    trustedProxies: checked('TRUSTED_PROXIES', text('TRUSTED_PROXIES') ?? 'loopback', check.cidrs) ?? '',
    geoipDb: checked('GEOIP_DB', text('GEOIP_DB'), check.file),
    spoolBytesMax,
    appSchemes: list('APP_SCHEMES', isAppScheme, 'is no scheme of an app'),
    dnsServers: list('DNS_SERVERS', isDnsServer, 'is no address, with or without a port'),
    blockedHosts: list('BLOCKED_HOSTS', isHostName, 'is no host name'),
    webhookAllow: checked('WEBHOOK_ALLOW', text('WEBHOOK_ALLOW'), check.cidrs) ?? '',
    logLevel: oneOf('LOG_LEVEL', logLevels, 'info'),
    logFormat: oneOf('LOG_FORMAT', ['json', 'pretty'] as const, 'json'),
  };
  if (faults.length > 0)
    throw new ConfigError(`The environment can't be used:\n${faults.map(f => `  ${f}`).join('\n')}`);
  return config;
}
