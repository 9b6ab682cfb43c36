import { describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { checkChosenKey } from '../src/bootstrap.ts';
import { ConfigError, readConfig } from '../src/config.ts';
import { parseCidrs } from '../src/redirect/address.ts';

type Environment = Parameters<typeof readConfig>[0];
const check = { cidrs: parseCidrs, apiKey: checkChosenKey };

/** The lines of the complaint about an environment, without its heading. */
function complaints(env: Environment): string[] {
  try {
    readConfig(env, check);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('is complete without any variable', () => {
    expect(readConfig({}, check)).toEqual({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: null,
      dataDir: resolve('.data'),
      databaseUrl: null,
      natsUrl: null,
      role: 'all',
      bootstrapApiKey: null,
      trustedProxies: 'loopback',
      geoipDb: null,
      spoolBytesMax: 2 ** 30,
      appSchemes: [],
      dnsServers: [],
      blockedHosts: [],
      webhookAllow: '',
      logLevel: 'info',
      logFormat: 'json',
    });
  });

  test('takes an empty or blank variable for an absent one', () => {
    const blank = { PORT: '', HOST: ' ', NATS_URL: '', DATABASE_URL: ' ', ROLE: '', LOG_LEVEL: ' ', DATA_DIR: '' };
    expect(readConfig(blank, check)).toEqual(readConfig({}, check));
  });

  test('is what was set', () => {
    const env = {
      PORT: '0',
      HOST: '::',
      PUBLIC_URL: 'https://qr.example/codes//',
      DATA_DIR: '/var/lib/indelible',
      DATABASE_URL: 'postgresql://user:p,w@db:5432/ledger',
      NATS_URL: 'nats://a:4222,tls://b:4222',
      ROLE: 'redirect',
      BOOTSTRAP_API_KEY: 'an-operator-chose-this-key',
      TRUSTED_PROXIES: '10.0.0.0/8, loopback',
      GEOIP_DB: '/srv/country.mmdb',
      SPOOL_BYTES_MAX: '20000000',
      DNS_SERVERS: '9.9.9.9, 127.0.0.1:5353,[::1]:53',
      APP_SCHEMES: 'ExampleApp, x-other+1,',
      BLOCKED_HOSTS: 'evil.example,XN--bcher-kva.example',
      WEBHOOK_ALLOW: '10.0.0.0/8, fd00::/8',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'pretty',
    };
    expect(readConfig(env, check)).toEqual({
      port: 0,
      host: '::',
      publicUrl: 'https://qr.example/codes',
      dataDir: '/var/lib/indelible',
      databaseUrl: env.DATABASE_URL,
      natsUrl: env.NATS_URL,
      role: 'redirect',
      bootstrapApiKey: env.BOOTSTRAP_API_KEY,
      trustedProxies: env.TRUSTED_PROXIES,
      geoipDb: env.GEOIP_DB,
      spoolBytesMax: 20_000_000,
      appSchemes: ['exampleapp', 'x-other+1'],
      dnsServers: ['9.9.9.9', '127.0.0.1:5353', '[::1]:53'],
      blockedHosts: ['evil.example', 'xn--bcher-kva.example'],
      webhookAllow: env.WEBHOOK_ALLOW,
      logLevel: 'warn',
      logFormat: 'pretty',
    });
  });
});

describe('a bad environment', () => {
  test('is told of every bad variable in one message', () => {
    const lines = complaints({
      PORT: '80a',
      PUBLIC_URL: 'qr.example',
      DATABASE_URL: 'mysql://db/ledger',
      NATS_URL: 'nats://a:4222,http://b',
      ROLE: 'boss',
      BOOTSTRAP_API_KEY: 'short',
      TRUSTED_PROXIES: '10.0.0.0/8,everybody',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    });
    const named = lines.map(line => /^ {2}([A-Z_]+)/.exec(line)?.[1]);
    expect(named.sort()).toEqual(
      [
        ...['BOOTSTRAP_API_KEY', 'DATABASE_URL', 'LOG_FORMAT', 'LOG_LEVEL', 'NATS_URL', 'PORT', 'PUBLIC_URL', 'ROLE'],
        'TRUSTED_PROXIES',
      ].sort(),
    );
  });

  test.each(['-1', '65536', '3000.5', '0x50', '1e3', 'http', '+1', '١'])('has no port %j', PORT => {
    expect(complaints({ PORT })).toEqual([
      `  PORT must be a whole number from 0 to 65535 (it is ${JSON.stringify(PORT)})`,
    ]);
  });

  test.each(['javascript', 'data', 'https', 'file', 'a b', '1a', 'x:'])(
    'allows no app of the scheme %j',
    APP_SCHEMES => {
      expect(complaints({ APP_SCHEMES })).toEqual([`  APP_SCHEMES: "${APP_SCHEMES}" is no scheme of an app`]);
    },
  );

  test.each(['https://evil.example', 'evil.example/a', 'a b', '*.evil.example', 'bücher.example'])(
    'blocks no host %j',
    BLOCKED_HOSTS => {
      expect(complaints({ BLOCKED_HOSTS })).toEqual([`  BLOCKED_HOSTS: "${BLOCKED_HOSTS}" is no host name`]);
    },
  );

  test.each(['9999', '1e9', '-1', '1 GB'])('has no room of %j for scans', SPOOL_BYTES_MAX => {
    expect(complaints({ SPOOL_BYTES_MAX })[0]).toStartWith(
      '  SPOOL_BYTES_MAX must be a number of bytes, 10000 at least',
    );
  });

  test.each([
    'https://qr.example/?a=1',
    'https://qr.example/#a',
    'https://qr.example?',
    'https://user:geheim@qr.example',
    'https://a.example,https://b.example',
    'ftp://qr.example',
    'javascript:alert(1)',
  ])('has no public URL %j', PUBLIC_URL => {
    expect(complaints({ PUBLIC_URL })).toHaveLength(1);
  });

  test('never shows what may be a secret', () => {
    const lines = complaints({
      PUBLIC_URL: 'https://user:geheim@qr.example/?a',
      DATABASE_URL: 'mysql://user:geheim@db/ledger',
      NATS_URL: 'http://user:geheim@nats',
      BOOTSTRAP_API_KEY: 'geheim',
    });
    expect(lines).toHaveLength(4);
    expect(lines.join('\n')).not.toContain('geheim');
  });

  test('has no key that could not be sent as a header', () => {
    expect(complaints({ BOOTSTRAP_API_KEY: 'twenty characters ok' })).toHaveLength(1);
    expect(complaints({ BOOTSTRAP_API_KEY: 'zwanzig-Zeichen-sind-gut-ü' })).toHaveLength(1);
    expect(complaints({ BOOTSTRAP_API_KEY: 'a'.repeat(201) })).toHaveLength(1);
    expect(complaints({ BOOTSTRAP_API_KEY: 'a'.repeat(200) })).toEqual([]);
    expect(complaints({ BOOTSTRAP_API_KEY: 'a'.repeat(20) })).toEqual([]);
  });
});
