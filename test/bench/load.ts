/**
 * The load on redirects: wrk with real user agents, another code for each request, and a bare `Bun.serve` that answers
 * 302 and knows nothing, to measure beside.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../support/client.ts';
import { scratchDirectory } from '../support/postgres.ts';
import type { Program } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

/** Of a load; `--seconds=60` shows how a rush goes on, and what it leaves behind. */
export const seconds = Number(/--seconds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 8);
export const connections = 256;
export const codes = 1_000;

const bare = `const s = Bun.serve({ port: 0, fetch: () => new Response(null, { status: 302, headers: { location: 'https://example.com/' } }) }); console.log(s.port);`;

/** wrk's script: another code for each request, real user agents, and the numbers as JSON. */
const script = (paths: readonly string[]) => `
local paths = { ${paths.map(path => `"${path}"`).join(', ')} }
local agents = { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36" }
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n % #paths + 1], { ["User-Agent"] = agents[n % #agents + 1],
    ["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.8", ["X-Forwarded-For"] = "8.8." .. (n % 200) .. "." .. (n % 250) })
end
done = function(summary, latency)
  io.write(string.format("RESULT {\\"requests\\":%d,\\"us\\":%d,\\"p99\\":%d,\\"errors\\":%d}\\n", summary.requests, summary.duration,
    latency:percentile(99), summary.errors.connect + summary.errors.read + summary.errors.timeout + summary.errors.status))
end`;

export interface Load {
  requests: number;
  perSecond: number;
  p99Ms: number;
  errors: number;
}

/**
 * A load, on a machine whose disk is at rest: what databases have written before reaches it up to 30 s later, 250 MB within
 * a second, and whoever is measured then waits for that with each fsync.
 */
export async function wrk(url: string, lua: string, clients = connections): Promise<Load> {
  execFileSync('sync');
  const child = spawn('wrk', ['-t1', `-c${clients}`, `-d${seconds}s`, '-s', lua, url]);
  let out = '';
  child.stdout.on('data', text => (out += text));
  await once(child, 'close');
  const result = JSON.parse(/RESULT (.*)/.exec(out)![1]!);
  return {
    requests: result.requests,
    perSecond: (result.requests / result.us) * 1e6,
    p99Ms: result.p99 / 1000,
    errors: result.errors,
  };
}

/** Throws where there is no wrk. */
export function needWrk(): void {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT')
      throw new Error('install wrk (Debian package wrk) for this benchmark');
  }
}

/** Makes the codes; the load on them as a file for wrk. */
export async function loadOn(program: Program, call: Call): Promise<string> {
  await liftLimits(program);
  const json = { codes: Array.from({ length: codes }, (_, i) => ({ destination: `https://example.com/${i}` })) };
  const { body } = await call('POST', '/v1/qr/bulk', { json });
  const paths: string[] = body.codes.map(({ shortUrl }: { shortUrl: string }) => new URL(shortUrl).pathname);
  const lua = join(scratchDirectory(), 'load.lua');
  writeFileSync(lua, script(paths));
  return lua;
}

/** The bare server: its address, and its end. */
export async function bareServer(): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, ['-e', bare], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${String(port).trim()}`, stop: () => void child.kill() };
}

/** Waits until nothing waits on a program's disk any more; how long that took, in seconds. */
export async function broughtHome(program: Program): Promise<number> {
  const begunAt = performance.now();
  const waiting = async () => (await (await fetch(`${program.url}/readyz?verbose`)).json()).redirects.spool.bytes;
  await until(async () => (await waiting()) === 0, 300_000);
  return (performance.now() - begunAt) / 1_000;
}

/** Waits until a program has taken in what is in the ledger: whoever has a turn beside that would be slowed down by it. */
export async function settled(program: Program): Promise<void> {
  await until(async () => {
    const { ledger, redirects, projections = [] } = await (await fetch(`${program.url}/readyz?verbose`)).json();
    const isBehind = ({ behind }: { behind: number }) => behind > 0;
    return redirects.position >= ledger.position && !projections.some(isBehind);
  }, 300_000);
}

/** Scans of all codes together, as the list of codes counts them. */
export async function counted(call: Call): Promise<number> {
  let sum = 0;
  for (let page = 1; page <= codes / 100; page++) {
    const list = await call('GET', `/v1/qr?limit=100&page=${page}`);
    for (const code of list.body.data) sum += code.scans;
  }
  return sum;
}
