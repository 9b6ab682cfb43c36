import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { secretFault } from '../src/http/secret.ts';
import { caller } from './support/client.ts';
import { testDatabase } from './support/postgres.ts';
import { type Program, startProgram } from './support/program.ts';
import { until } from './support/until.ts';

/** Runs `bun run org …` on a database; its output, which a failure is told with. */
async function command(url: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, DATABASE_URL: url };
  const child = spawn(process.execPath, ['src/org.ts', ...words], { cwd: join(import.meta.dirname, '..'), env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`org ${words.join(' ')} failed: ${output}`);
  return output.trim();
}

describe('beside a running program', () => {
  let program: Program;
  let org: string;
  let admin: string;
  beforeAll(async () => {
    program = await startProgram();
    const output = await run('create', '--name', 'Acme GmbH');
    [, org = '', admin = ''] = /^organisation (org_\S+)\nadmin key {4}(\S+)$/.exec(output) ?? [];
  });
  afterAll(async () => {
    await program?.stop();
  });

  const run = (...words: string[]) => command(program.databaseUrl, words);
  const statusOf = async (key: string) => (await caller(program.url, key)('GET', '/v1/account/usage')).status;
  const usage = async () => (await caller(program.url, admin)('GET', '/v1/account/usage')).body;

  test('a new organisation has a key that works at once', async () => {
    expect(secretFault(admin)).toBeNull();
    expect(await until(async () => (await statusOf(admin)) === 200, 5_000)).toBe(true);
    expect(await usage()).toMatchObject({ plan: 'enterprise', qrCodesCreated: 0 });
  });

  test('the list names every organisation with plan and limits', async () => {
    const lines = (await run('list')).split('\n').map(line => line.split('\t'));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toEqual([org, 'enterprise', 'default limits', 'Acme GmbH']);
  });

  test('limits that were changed hold, also before the program is started again', async () => {
    await run('limits', '--org', org, '--codes', '7', '--requests', '100');
    await until(async () => (await usage()).limits.qrCodesPerMonth === 7, 5_000);
    expect((await usage()).limits).toEqual({ qrCodesPerMonth: 7, apiRequestsPerMinute: 100 });
    expect(await run('list')).toContain('{"qrCodesPerMonth":7,"apiRequestsPerMinute":100}');
  });

  test('a key has the scope it was issued with, or may only read', async () => {
    const reader = caller(program.url, await run('key', '--org', org));
    const writer = caller(program.url, await run('key', '--org', org, '--scope', 'write', '--name', 'Shop'));
    await until(async () => (await writer('GET', '/v1/qr')).status === 200, 5_000);
    const json = { destination: 'https://example.com/' };
    expect((await writer('POST', '/v1/qr/create', { json })).status).toBe(201);
    expect((await reader('POST', '/v1/qr/create', { json })).status).toBe(403);
    expect((await writer('GET', '/v1/events')).status).toBe(403);
  });

  test('a key has all that it is narrowed to, and what can not be is told', async () => {
    const team = await run('team', '--org', org, '--name', 'Field', '--codes', '3');
    expect(await run('teams', '--org', org)).toBe(`${team}\t3 codes a month\tshared requests a minute\tField`);
    const words = ['--scope', 'audit', '--mode', 'test', '--team', team, '--name', 'N', '--requests', '5'];
    const narrow = [
      '--addresses',
      '203.0.113.0/24,::1',
      '--operations',
      'qr.read',
      '--tags',
      'B, a',
      '--role',
      'viewer',
    ];
    const key = await run('key', '--org', org, ...words, ...narrow, '--expires', '2100-01-01T00:00:00Z');
    expect(key).toStartWith('fdqr_test_sk_');
    const [row] = (await caller(program.url, admin)('GET', '/v1/keys')).body.data;
    expect(row).toMatchObject({
      ...{ name: 'N', scope: 'audit', mode: 'test', role: 'viewer', team, tags: ['a', 'b'], operations: ['qr.read'] },
      ...{ addresses: ['203.0.113.0/24', '::1/128'], requestsPerMinute: 5, expiresAt: '2100-01-01T00:00:00Z' },
    });
    const wrong = run('key', '--org', org, '--addresses', 'here', '--operations', 'paint', '--expires', 'soon');
    await expect(wrong).rejects.toThrow(/addresses\/0[\s\S]*expiresAt[\s\S]*no operation paint/);
    await expect(run('key', '--org', org, '--team', 'team_x')).rejects.toThrow('There is no team');
  });

  test('keys are listed and revoked, and an organisation is renamed', async () => {
    const key = await run('key', '--org', org, '--name', 'Gone');
    const line = (await run('keys', '--org', org)).split('\n')[0]!.split('\t');
    expect(line.slice(1)).toEqual(['read', `…${key.slice(-4)}`, 'never used', 'active', 'Gone']);
    await until(async () => (await statusOf(key)) === 200, 5_000);
    await run('revoke', '--org', org, '--key', line[0]!);
    await until(async () => (await statusOf(key)) === 401, 5_000);
    await run('rename', '--org', org, '--name', 'Acme AG');
    expect(await run('list')).toContain('Acme AG');
  });

  test('an organisation on another plan gets no key, and the keys it has stop working', async () => {
    const made = await run('create', '--name', 'Small', '--plan', 'free');
    expect(made).toMatch(/^organisation org_\S+$/);
    await expect(run('key', '--org', made.split(' ')[1]!)).rejects.toThrow('need the enterprise plan');
    await run('plan', '--org', org, '--plan', 'pro');
    await until(async () => (await statusOf(admin)) === 403, 5_000);
    await run('plan', '--org', org, '--plan', 'enterprise');
    await until(async () => (await statusOf(admin)) === 200, 5_000);
  });

  test('what the operator did is on record with that actor', async () => {
    const { body } = await caller(program.url, admin)('GET', '/v1/events?type=org.plan_changed');
    const seen = body.data.map(({ actor, data }: { actor: string; data: { plan: string } }) => [actor, data.plan]);
    expect(seen).toEqual([
      ['operator', 'pro'],
      ['operator', 'enterprise'],
    ]);
  });

  test('a mistake is told in one line and changes nothing', async () => {
    const before = await run('list');
    const mistakes: [string[], string][] = [
      [['limits', '--org', org, '--codes', 'many'], '--codes must be a whole number from 0 on, not "many"'],
      [['limits', '--org', org, '--codes', ''], '--codes needs a value.'],
      [['key', '--org', org, '--scop', 'read'], 'There is no option --scop; did you mean --scope?'],
      [['limits', '--org', org, '--codes', '-1'], '--codes must be a whole number'],
      [['limits', '--org', org, '--requests', '0'], '--requests must be a whole number from 1 on'],
      [['plan', '--org', 'org_none', '--plan', 'pro'], 'There is no such organisation.'],
      [['key', '--org', 'qr_none'], 'There is no organisation qr_none.'],
      [['create', '--name', ' '], 'A name is needed, not only blanks.'],
      [['create'], 'name'],
      [['plan', '--org', org, '--plan', 'gold'], 'gold'],
    ];
    for (const [words, message] of mistakes) {
      const output = await run(...words).then(
        () => 'no failure',
        (error: Error) => error.message,
      );
      expect(output).toContain(message);
      expect(output).not.toMatch(/^\s+at /m);
    }
    expect(await run('list')).toBe(before);
  });
});

test('it works before the program was ever started, and says what it is for', async () => {
  const { url } = await testDatabase();
  expect(await command(url, ['list'])).toBe('');
  await command(url, ['create', '--name', 'Early', '--plan', 'pro']);
  expect(await command(url, ['list'])).toMatch(/^org_\S+\tpro\tdefault limits\tEarly$/);
  const output = await command(url, ['--help']);
  for (const word of ['create', 'list', 'plan', 'limits', 'key']) expect(output).toContain(word);
});
