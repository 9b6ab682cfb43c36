/**
 * `compose.yaml` is run by people on machines this suite never sees, so what can be said of it without Docker is said
 * here: it parses, every service tells its health, the program waits for the others and is not root.
 */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin } from '../src/redirect/address.ts';

interface Service {
  image?: string;
  build?: { dockerfile_inline: string };
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  profiles?: string[];
  configs?: { source: string; target: string }[];
  networks?: { default: { ipv4_address: string } };
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
  configs: Record<string, { content: string }>;
  networks: { default: { ipam: { config: { subnet: string }[] } } };
}

const root = join(import.meta.dirname, '..');
const { services, volumes, configs, networks } = Bun.YAML.parse(
  readFileSync(join(root, 'compose.yaml'), 'utf8'),
) as Compose;
const app = services['app'];
const steps = app?.build?.dockerfile_inline.trim().split('\n') ?? [];

/** The variables that the program knows. */
const known =
  'PORT HOST PUBLIC_URL DATA_DIR DATABASE_URL NATS_URL ROLE BOOTSTRAP_API_KEY TRUSTED_PROXIES GEOIP_DB SPOOL_BYTES_MAX APP_SCHEMES BLOCKED_HOSTS DNS_SERVERS WEBHOOK_ALLOW LOG_LEVEL LOG_FORMAT';

describe('compose.yaml', () => {
  test('runs Postgres, NATS and the program', () => {
    const always = Object.keys(services).filter(name => !services[name]?.profiles);
    expect(always.sort()).toEqual(['app', 'nats', 'postgres']);
    expect(services['postgres']?.image).toMatch(/^postgres:18/);
    expect(services['nats']?.image).toMatch(/^nats:2\./);
  });

  test('checks the health of every service, and the program waits until the others are well', () => {
    for (const service of Object.values(services)) expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(app?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      nats: { condition: 'service_healthy' },
    });
  });

  test('does not run the program as root', () => {
    const user = steps.findLastIndex(step => step.startsWith('USER '));
    expect(steps[user]).toBe('USER bun');
    expect(steps.slice(user + 1)).toEqual(['CMD ["bun", "src/main.ts"]']);
  });

  test('builds on the Bun that package.json names', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { bun: string } };
    expect(steps[0]).toBe(`FROM oven/bun:${engines.bun}`);
  });

  test('has every patch of a dependency in place before it installs them', () => {
    const { patchedDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      patchedDependencies: Record<string, string>;
    };
    const install = steps.findIndex(step => step.startsWith('RUN bun install'));
    const copied = steps.slice(0, install).flatMap(step => /^COPY (.+) \S+$/.exec(step)?.[1]?.split(' ') ?? []);
    for (const patch of Object.values(patchedDependencies)) {
      expect(copied.some(path => patch === path || patch.startsWith(`${path}/`))).toBe(true);
    }
  });

  test('gives the program no variable that it does not know', () => {
    const names = Object.keys(app?.environment ?? {});
    expect(names).toContain('DATABASE_URL');
    expect(names).toContain('NATS_URL');
    expect(names.filter(name => !known.split(' ').includes(name))).toEqual([]);
  });

  test('keeps what has to last in named volumes, and mounts nothing of the host', () => {
    const mounts = Object.values(services).flatMap(service => service.volumes ?? []);
    expect(mounts.map(mount => mount.split(':')[0] ?? '').sort()).toEqual(Object.keys(volumes).sort());
    expect(services['postgres']?.volumes).toEqual(['postgres:/var/lib/postgresql']);
  });

  describe('with the profile https', () => {
    const caddy = services['caddy'];

    test('gets certificates for the names that the program answers to, and for no others', () => {
      expect(caddy?.profiles).toEqual(['https']);
      expect(caddy?.depends_on).toEqual({ app: { condition: 'service_healthy' } });
      const { content } = configs[caddy?.configs?.[0]?.source ?? '']!;
      expect(content).toContain('ask http://app:3000/internal/tls-ask');
      expect(content).toMatch(/https:\/\/ \{\s+tls \{\s+on_demand\s+\}\s+reverse_proxy app:3000\s+\}/);
    });

    test('is the one proxy that is believed when it says who asks', () => {
      const address = caddy?.networks?.default.ipv4_address ?? '';
      expect(app?.environment?.['TRUSTED_PROXIES']).toBe(`\${TRUSTED_PROXIES:-loopback,${address}}`);
      const [subnet] = networks.default.ipam.config;
      expect(isWithin(address, [subnet?.subnet ?? ''])).toBe(true);
    });
  });
});
