/**
 * From nothing to a running program and back, on the embedded Postgres: what a person sees, what stays in the data
 * directory, and how it ends. Each test begins where the one before left the directory.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { caller } from '../support/client.ts';
import { decodeRgba } from '../support/decode.ts';
import { postmasterPid, scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { endAll, type Launched, launch, paste, ready } from './launch.ts';

setDefaultTimeout(180_000);

/** A name that a shell would trip over. */
const dataDir = join(scratchDirectory(), "it's data");
const env = { DATA_DIR: dataDir };
/** What stops the program waits as long. */
const stopMs = 10_000;

afterAll(endAll);

/** Postgres takes its lock file away when it has shut down in order. */
const postgresRuns = (): boolean => existsSync(join(dataDir, 'postgres/postmaster.pid'));

const curlLine = (program: Launched): string => /^curl .*$/m.exec(program.output())![0];
const keyIn = (text: string): string | undefined => /fdqr_live_sk_\w+/.exec(text)?.[0];
const storedKey = (): string => readFileSync(join(dataDir, 'api-key'), 'utf8').trim();

/** Waits for the end, no longer than a service manager would. */
async function statusOf(program: Launched): Promise<number | NodeJS.Signals> {
  let status: number | NodeJS.Signals | undefined;
  program.ended.then(how => {
    status = how;
  });
  await until(() => status !== undefined, stopMs);
  return status!;
}

/** Reads the code off the terminal: each cell is two pixels, one above the other. */
function scanTerminal(output: string): string | null {
  const lines = [...output.matchAll(/231m([ ▄▀█]+)/g)].map(([, cells]) => cells!);
  const scale = 4;
  const width = lines[0]!.length * scale;
  const height = lines.length * 2 * scale;
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = lines[Math.floor(y / scale / 2)]![Math.floor(x / scale)]!;
      const isDark = (Math.floor(y / scale) % 2 === 0 ? '▀█' : '▄█').includes(cell);
      if (isDark) pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return decodeRgba(pixels, width, height);
}

test('the first start prints an address, a key, a line that works when pasted and a code that scans', async () => {
  const program = launch(env);
  const url = await ready(program);
  expect(url).toMatch(/^http:\/\/localhost:[1-9]\d+$/);
  expect(keyIn(program.output())).toBe(storedKey());
  expect(scanTerminal(program.output())).toBe(`${url}/docs`);
  const { id, shortUrl, destination } = JSON.parse(await paste(curlLine(program)));
  expect([id.slice(0, 3), destination]).toEqual(['qr_', 'https://example.com/landing']);
  const { status, headers } = await fetch(shortUrl, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([302, destination]);
  expect((await fetch(`${url}/docs`)).status).toBe(200);

  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  const secrets = readdirSync(dataDir).filter(name => /key|password|owner|log/.test(name));
  expect(secrets).toContain('api-key');
  expect(secrets).toContain('postgres-password');
  for (const name of secrets) expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);

  program.signal('SIGTERM');
  expect(await statusOf(program)).toBe(0);
});

test('the next start keeps everything, prints no key, and its line works all the same', async () => {
  const program = launch(env);
  const url = await ready(program);
  expect(keyIn(program.output() + program.log())).toBeUndefined();
  expect(JSON.parse(await paste(curlLine(program))).destination).toBe('https://example.com/landing');
  const { body } = await caller(url, storedKey())('GET', '/v1/qr');
  expect(body.total).toBe(2);
  // A terminal signals the group, and `bun start` passes its own on: Ctrl-C comes twice.
  program.signal('SIGINT');
  program.signal('SIGINT');
  expect(await statusOf(program)).toBe(0);
  expect(postgresRuns()).toBe(false);
});

test('SIGTERM drains: what is under way is answered, the status is 0, and Postgres is gone', async () => {
  const program = launch(env);
  const url = await ready(program);
  const call = caller(url, storedKey());
  const [, , , port] = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(dataDir, 'postgres-password'), 'utf8').trim();
  const sql = postgres(`postgres://indelible:${password}@127.0.0.1:${port}/indelible`, { max: 2 });
  const isWaiting = async () =>
    (await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'indelible ledger'`)
      .length > 0;

  // The ledger is held, so that a request stays under way for as long as the test wants it to.
  const holder = await sql.reserve();
  await holder`begin`;
  await holder`select pg_advisory_xact_lock(hashtext('indelible ledger'))`;
  const answer = call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/last' } });
  await until(isWaiting, stopMs);
  program.signal('SIGTERM');
  await until(() => program.log().includes('draining'), stopMs);
  expect(await call('GET', '/v1/qr').catch(() => 'refused')).toBe('refused');
  await holder`rollback`;
  holder.release();
  const { status, body } = await answer;
  expect([status, body.destination]).toEqual([201, 'https://example.com/last']);
  await sql.end({ timeout: 0 });
  expect(await statusOf(program)).toBe(0);
  expect(postgresRuns()).toBe(false);
});

test('a client that never finishes its request does not keep the program from stopping in order', async () => {
  const program = launch(env);
  const url = await ready(program);
  const client = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  const lines = ['POST /v1/qr/create HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${storedKey()}`];
  client.write([...lines, 'Content-Length: 100', 'Expect: 100-continue', '', ''].join('\r\n'));
  await once(client, 'data'); // 100 Continue: the request is under way
  program.signal('SIGTERM');
  expect(await statusOf(program)).toBe(0);
  expect(postgresRuns()).toBe(false);
  client.destroy();
});

test('after kill -9 the next start adopts the Postgres that was left, and nothing is lost', async () => {
  const first = launch(env);
  await ready(first);
  const postmaster = postmasterPid(dataDir);
  first.signal('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const second = launch(env);
  const url = await ready(second);
  expect(postmasterPid(dataDir)).toBe(postmaster);
  expect((await caller(url, storedKey())('GET', '/v1/qr')).body.total).toBe(3);
  second.signal('SIGTERM');
  expect(await statusOf(second)).toBe(0);
  expect(postgresRuns()).toBe(false);
});

test('SIGTERM during the start ends it in order too', async () => {
  const program = launch(env);
  await until(postgresRuns, stopMs);
  program.signal('SIGTERM');
  expect(await statusOf(program)).toBe(0);
  expect(postgresRuns()).toBe(false);
});
