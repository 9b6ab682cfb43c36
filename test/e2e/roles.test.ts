/**
 * One program in three roles on one database: each serves its own part and nothing else, and what one of them writes
 * the others know.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { type Call, caller } from '../support/client.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { endAll, launch, ready } from './launch.ts';
import { scan, visitor } from './visits.ts';

setDefaultTimeout(180_000);

const programs: Program[] = [];
let call: Call;

/** Starts a role; all but the first on the first one's database. */
async function start(role: string): Promise<Program> {
  const databaseUrl = programs[0]?.databaseUrl;
  const program = await startProgram({ env: { ROLE: role, ...(databaseUrl && { DATABASE_URL: databaseUrl }) } });
  programs.push(program);
  return program;
}

const statusOf = async (program: Program, path: string): Promise<number> =>
  (await fetch(program.url + path, { redirect: 'manual' })).status;

afterAll(async () => {
  for (const program of programs) await program.kill();
  endAll();
});

test('the API waits for a worker that is only just starting, instead of answering with what is old', async () => {
  const api = await start('api');
  call = caller(api.url, api.key);
  const created = call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  await start('worker');
  const { status, body } = await created;
  expect(status).toBe(201);
  expect((await call('GET', `/v1/qr/${body.id}`)).body.destination).toBe('https://example.com/');
});

test('each role serves its own part and nothing else', async () => {
  const [api, worker] = programs as [Program, Program];
  const redirect = await start('redirect');
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/part' } });
  await until(async () => (await statusOf(redirect, `/${body.slug}`)) === 302, 5_000);
  expect(await Promise.all([api, worker, redirect].map(program => statusOf(program, `/${body.slug}`)))).toEqual([
    404, 404, 302,
  ]);
  for (const path of ['/v1/qr', '/docs', '/openapi.json']) {
    expect(await Promise.all([worker, redirect].map(program => statusOf(program, path)))).toEqual([404, 404]);
  }
  expect([await statusOf(api, '/v1/qr'), await statusOf(api, '/docs')]).toEqual([401, 200]);
  for (const program of programs) {
    for (const path of ['/livez', '/readyz', '/metrics']) expect(await statusOf(program, path)).toBe(200);
  }
});

test('what the API changes the redirect follows, and what the redirect counts the API shows', async () => {
  const redirect = programs[2]!;
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/a' } });
  const follow = () => scan(redirect.url, body.slug, visitor(3));
  await until(async () => (await follow()).location === 'https://example.com/a', 5_000);
  await call('PATCH', `/v1/qr/${body.id}`, { json: { destination: 'https://example.com/b' } });
  await until(async () => (await follow()).location === 'https://example.com/b', 5_000);
  await call('DELETE', `/v1/qr/${body.id}`);
  await until(async () => (await follow()).status === 410, 5_000);

  const other = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/c' } })).body;
  await until(async () => (await scan(redirect.url, other.slug, visitor(3))).status === 302, 5_000);
  await until(async () => (await call('GET', `/v1/qr/${other.id}/analytics`)).body.totalScans === 1, 5_000);
});

test('roles that start together on an empty database make one organisation with one key', async () => {
  const { url } = await testDatabase();
  const env = { DATABASE_URL: url, BOOTSTRAP_API_KEY: '' };
  const roles = ['worker', 'api', 'api', 'all'];
  const together = await Promise.all(roles.map(ROLE => startProgram({ env: { ...env, ROLE } })));
  programs.push(...together);
  const sql = postgres(url, { max: 1 });
  const rows = await sql`select type, count(*)::int as count from ledger.events group by type order by type`;
  await sql.end();
  expect(rows.map(({ type, count }) => [type, count])).toEqual([
    ['key.issued', 1],
    ['org.created', 1],
  ]);
  const keyFiles = together.map(({ dataDir }) => join(dataDir, 'api-key')).filter(path => existsSync(path));
  expect(keyFiles.length).toBe(1);
  const key = readFileSync(keyFiles[0]!, 'utf8').trim();
  for (const program of together.slice(1)) expect((await caller(program.url, key)('GET', '/v1/qr')).status).toBe(200);
  for (const program of together) expect(await program.stop()).toBe(0);
});

test('a role without an API greets with its address only', async () => {
  const program = launch({ ROLE: 'redirect', DATABASE_URL: programs[0]!.databaseUrl });
  await ready(program);
  expect(program.output()).not.toContain('curl');
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});
