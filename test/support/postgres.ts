/**
 * Real Postgres for the tests: one cluster for the whole run, and fresh databases on it. It promises that a test file
 * shares no row with another, and that neither processes nor directories stay behind, however the run ends. For that a
 * small shell, the keeper, holds the other end of a pipe: `bun test` runs no `afterAll` on `--bail`, on a signal or when
 * the last file fails to load, but the pipe closes always. `TEST_DATABASE_URL` names a server to use instead.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { withDeadline } from '../../src/store/connect.ts';
import { startEmbedded } from '../../src/store/embedded.ts';

/** A database of one's own. `drop` closes what is still connected to it. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/** The run's cluster; where it lives and which process it is are known unless it is `TEST_DATABASE_URL`'s. */
export type TestCluster = { url: string; dataDir: string | undefined; postmasterPid: number | undefined };

/**
 * Reads directories until the pipe closes, then stops their clusters, if any, and removes them: all at once, since a run has
 * a hundred of them, and a process for each thing to do with each takes a busy machine a minute.
 */
const keeperScript = `
  set --; while IFS= read -r directory; do set -- "$@" "$directory"; done
  pids=
  for directory do
    read -r pid < "$directory/postgres/postmaster.pid" || continue
    command=$(tr '\\0' ' ' < "/proc/$pid/cmdline" || ps -p "$pid" -o args=)
    case $command in *bin/postgres*) kill -QUIT "$pid"; kill -CONT "$pid"; pids="$pids $pid";; esac
  done
  tries=0
  for pid in $pids; do
    while grep -q bin/postgres "/proc/$pid/cmdline"; do
      sleep 0.05; tries=$((tries + 1)); [ $tries -lt 300 ] || { kill -KILL "$pid"; break; }
    done
  done
  for directory do
    [ -L "$directory/postgres" ] && rm -rf "$(dirname "$(readlink "$directory/postgres")")"
  done
  umount "$@" 2>/dev/null
  rm -rf "$@" || { sleep 1; rm -rf "$@"; }`;

let keeper: ChildProcess | undefined;
let cluster: Promise<TestCluster & { admin: Sql }> | undefined;
const templates = new Map<string, Promise<string>>();
const made = new Set<string>();

/** A new directory that is gone after the run, together with the embedded cluster that may have been started in it. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'indelible-test-'));
  keeper ??= startKeeper();
  keeper.stdin?.write(`${directory}\n`);
  return directory;
}

function startKeeper(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', keeperScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // `bun test` kills what a test that took too long has started, and this may be it: that test has failed, no other must.
  child.stdin?.on('error', () => {});
  return child;
}

/** The pid of the postmaster that runs in this data directory. */
export function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

/** The cluster of this run, started by the first who asks. */
export async function testCluster(): Promise<TestCluster> {
  cluster ??= startCluster();
  const { url, dataDir, postmasterPid } = await cluster;
  return { url, dataDir, postmasterPid };
}

async function startCluster(): Promise<TestCluster & { admin: Sql }> {
  const given = process.env['TEST_DATABASE_URL'];
  const dataDir = given ? undefined : scratchDirectory();
  const url = given ?? (await startEmbedded(dataDir!)).url;
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  return { url, dataDir, postmasterPid: dataDir ? postmasterPid(dataDir) : undefined, admin };
}

/** A fresh, empty database. */
export async function testDatabase(): Promise<TestDatabase> {
  return create('template1');
}

/** A copy of the template of this name. Only the first call of a run makes the template, by `prepare` on its url. */
export async function databaseFrom(template: string, prepare: (url: string) => Promise<void>): Promise<TestDatabase> {
  const prepared =
    templates.get(template) ??
    create('template1').then(async ({ url }) => {
      await prepare(url);
      return new URL(url).pathname.slice(1);
    });
  templates.set(template, prepared);
  return create(await prepared);
}

async function create(template: string): Promise<TestDatabase> {
  cluster ??= startCluster();
  const { admin, url } = await cluster;
  const name = `test_${randomBytes(8).toString('hex')}`;
  await admin.unsafe(`create database ${name} template ${template}`);
  made.add(name);
  const drop = async () => {
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    made.delete(name);
  };
  return { url: Object.assign(new URL(url), { pathname: `/${name}` }).href, drop };
}

/** Ends what this module started: the preload calls it after the last test. */
export async function closeClusters(): Promise<void> {
  if (cluster) {
    const { admin, dataDir } = await cluster;
    if (!dataDir) for (const name of made) await admin.unsafe(`drop database if exists ${name} with (force)`);
    await admin.end({ timeout: 0 });
  }
  if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) return;
  const gone = once(keeper, 'exit');
  keeper.stdin?.end();
  // Within the minute that a hook has. On a machine so busy that it takes longer the keeper goes on by itself.
  await withDeadline(gone, 45_000, 'the end of the clusters').catch(error => console.error(String(error)));
}
