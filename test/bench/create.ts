/**
 * Creating codes one by one over HTTP, each on record before it is answered, beside an Elysia route that only validates
 * the same body. The load is wrk with 64 connections and another destination in each request.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caller } from '../support/client.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { needWrk, wrk } from './load.ts';
import { compared, type Row } from './table.ts';

const connections = 64;

const script = (key: string) => `
local n = 0
request = function()
  n = n + 1
  local body = string.format('{"destination":"https://example.com/product/%d?campaign=spring","label":"Product %d"}', n, n)
  return wrk.format("POST", "/v1/qr/create", { ["Authorization"] = "Bearer ${key}", ["Content-Type"] = "application/json" }, body)
end
done = function(summary, latency)
  io.write(string.format("RESULT {\\"requests\\":%d,\\"us\\":%d,\\"p99\\":%d,\\"errors\\":%d}\\n", summary.requests, summary.duration,
    latency:percentile(99), summary.errors.connect + summary.errors.read + summary.errors.timeout + summary.errors.status))
end`;

async function validatingServer(): Promise<{ url: string; stop(): void }> {
  const file = join(import.meta.dirname, 'validating.ts');
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${String(port).trim()}`, stop: () => void child.kill() };
}

export async function measure(): Promise<Row[]> {
  needWrk();
  const program = await startProgram({ runtime: 'bun' });
  await liftLimits(program);
  const lua = join(scratchDirectory(), 'create.lua');
  writeFileSync(lua, script(program.key));
  const beside = await validatingServer();
  const call = caller(program.url, program.key);
  const total = async (): Promise<number> => (await call('GET', '/v1/qr?limit=1')).body.total;
  // The first round warms both up.
  let creating = await wrk(program.url, lua, connections);
  let validating = await wrk(beside.url, lua, connections);
  const before = await total();
  creating = await wrk(program.url, lua, connections);
  const created = (await total()) - before;
  validating = await wrk(beside.url, lua, connections);
  beside.stop();
  await program.stop();
  const { errors, requests, perSecond, p99Ms } = creating;
  if (errors > 0 || validating.errors > 0) throw new Error(`${errors} and ${validating.errors} requests failed`);
  // What was under way when the load ended was created, though nobody counts it.
  if (created < requests) throw new Error(`${requests} were answered, ${created} were created`);
  return [
    compared('create', 'one by one', perSecond, 'codes/s', 'validating alone', validating.perSecond, 0.2),
    { bench: 'create', what: 'one by one, p99', value: p99Ms, unit: 'ms' },
  ];
}
