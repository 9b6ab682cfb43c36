/**
 * From the command to ready, on embedded Postgres: an empty data directory, and one that was used before.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { limited, median, type Row } from './table.ts';

const rounds = 5;
const root = join(import.meta.dirname, '../..');

async function start(dataDir: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['run', 'start'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', DATABASE_URL: '', NATS_URL: '' },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', text => (log += text));
  const port = await until(() => /"port":(\d+)/.exec(log)?.[1], 20_000);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok, 20_000);
  const elapsed = performance.now() - started;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
  return elapsed;
}

export async function measure(): Promise<Row[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const dataDir = scratchDirectory();
    cold.push(await start(dataDir));
    warm.push(await start(dataDir));
  }
  return [
    limited('start', 'installed, empty data directory', median(cold), 'ms', 3000),
    limited('start', 'installed, used before', median(warm), 'ms', 3000),
  ];
}
