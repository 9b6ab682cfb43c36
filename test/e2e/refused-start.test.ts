/**
 * Starts that must not happen: bad values are told all at once, and whatever is wrong, no half of the program stays.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { scratchDirectory } from '../support/postgres.ts';
import { endAll, launch } from './launch.ts';

setDefaultTimeout(180_000);

afterAll(endAll);

test('bad values of the environment stop the start with one message that lists all of them', async () => {
  const dataDir = join(scratchDirectory(), 'data');
  const program = launch({
    PORT: '70000',
    ROLE: 'king',
    DATA_DIR: dataDir,
    DATABASE_URL: 'mysql://root:hunter2@localhost/x',
    NATS_URL: 'http://localhost',
    PUBLIC_URL: 'ftp://example.com',
    TRUSTED_PROXIES: 'loopback, 10/8',
    GEOIP_DB: '/nowhere/country.mmdb',
    BOOTSTRAP_API_KEY: 'short',
    LOG_LEVEL: 'loud',
    LOG_FORMAT: 'xml',
  });
  expect(await program.ended).toBe(1);
  expect(program.output()).toBe('');
  const lines = program.log().trim().split('\n');
  const named = lines.slice(1).map(line => /^ {2}([A-Z_]+)/.exec(line)?.[1] ?? line);
  expect(named.sort()).toEqual([
    'BOOTSTRAP_API_KEY',
    'DATABASE_URL',
    'GEOIP_DB',
    'LOG_FORMAT',
    'LOG_LEVEL',
    'NATS_URL',
    'PORT',
    'PUBLIC_URL',
    'ROLE',
    'TRUSTED_PROXIES',
  ]);
  expect(program.log()).not.toContain('hunter2');
  expect(existsSync(dataDir)).toBe(false);
});

test('a port that is taken ends the start with status 1, and no Postgres stays', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const dataDir = scratchDirectory();
  const program = launch({ PORT: String(port), DATA_DIR: dataDir });
  expect(await program.ended).toBe(1);
  expect(program.log()).toContain(`The program can't start: Failed to start server. Is port ${port} in use?`);
  expect(existsSync(join(dataDir, 'postgres/PG_VERSION'))).toBe(true);
  expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
  server.close();
});

test('a country table that is not there ends the start with its path', async () => {
  const program = launch({ DATA_DIR: scratchDirectory(), GEOIP_DB: '/nowhere/country.mmdb' });
  expect(await program.ended).toBe(1);
  expect(program.log()).toContain('/nowhere/country.mmdb');
});
