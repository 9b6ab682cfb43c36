/**
 * The redirect of the real program, every answer durable and counted, beside a bare `Bun.serve` that answers 302 and
 * knows nothing. Both are loaded by wrk with 256 connections, in turns. Afterwards the scans on record are compared
 * with the answers wrk has seen: wrk hangs up on at most one request a connection at its end.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caller } from '../support/client.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { startProgram } from '../support/program.ts';
import { compared, limited, median, type Row } from './table.ts';

const rounds = 3;
const seconds = 8;
const connections = 256;
const codes = 1_000;

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

interface Load {
  requests: number;
  perSecond: number;
  p99Ms: number;
  errors: number;
}

async function wrk(url: string, lua: string): Promise<Load> {
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', lua, url]);
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

export async function measure(): Promise<Row[]> {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT')
      throw new Error('install wrk (Debian package wrk) for this benchmark');
  }
  const program = await startProgram();
  const org = (await program.org('list')).split('\t')[0]!;
  await program.org('limits', '--org', org, '--requests', '1000000');
  const call = caller(program.url, program.key);
  const json = { codes: Array.from({ length: codes }, (_, i) => ({ destination: `https://example.com/${i}` })) };
  const { body } = await call('POST', '/v1/qr/bulk', { json });
  const paths: string[] = body.codes.map(({ shortUrl }: { shortUrl: string }) => new URL(shortUrl).pathname);
  const lua = join(scratchDirectory(), 'load.lua');
  writeFileSync(lua, script(paths));
  const other = spawn(process.execPath, ['-e', bare], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(other.stdout, 'data');
  const bareUrl = `http://127.0.0.1:${String(port).trim()}`;

  const ours: Load[] = [];
  const bares: Load[] = [];
  for (let round = 0; round < rounds; round++) {
    bares.push(await wrk(bareUrl, lua));
    ours.push(await wrk(program.url, lua));
  }
  other.kill();
  const answered = ours.reduce((sum, load) => sum + load.requests, 0);
  let counted = 0;
  for (let page = 1; page <= codes / 100; page++) {
    const list = await call('GET', `/v1/qr?limit=100&page=${page}`);
    for (const code of list.body.data) counted += code.scans;
  }
  await program.stop();
  const surplus = counted - answered;
  return [
    compared(
      'redirect',
      'durable and counted, 256 connections',
      median(ours.map(load => load.perSecond)),
      'answers/s',
      'bare Bun.serve',
      median(bares.map(load => load.perSecond)),
      0.35,
    ),
    limited('redirect', 'p99', median(ours.map(load => load.p99Ms)), 'ms', 15),
    {
      bench: 'redirect',
      what: `scans on record beyond ${answered.toLocaleString('en')} answers`,
      value: surplus,
      unit: 'scans',
      target: `0 to ${rounds * connections} (cut off by wrk)`,
      reached: surplus >= 0 && surplus <= rounds * connections && ours.every(load => load.errors === 0),
    },
  ];
}
