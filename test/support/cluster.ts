/**
 * A Postgres of a test's own that it may treat as badly as a machine does: killed with all of its processes, paused,
 * brought back on the same port with the same data, and run on a disk that can be full. What a test forgets is gone when
 * the run ends.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { env, makeCluster, type Place } from '../../src/store/cluster.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { postmasterPid, scratchDirectory } from './postgres.ts';
import { until } from './until.ts';

export interface OwnCluster {
  readonly url: string;
  readonly place: Place;
  /** SIGKILL to the server and all that it has started. */
  kill(): Promise<void>;
  /** Starts it again where it was, if it has ended; resolves when it has answered. */
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Nothing can be written any more, until `free`; by which means is told. */
  fill(): string;
  free(): void;
}

const startMs = 60_000;

/** A new cluster, on a disk of this many bytes where the system lets us mount one. */
export async function ownCluster(diskBytes?: number): Promise<OwnCluster> {
  const around = scratchDirectory();
  const hasDisk = diskBytes !== undefined && isMounted(around, diskBytes);
  const { url } = await startEmbedded(around);
  const { place } = await makeCluster(around);
  const words = readFileSync(join(place.cluster, 'postmaster.opts'), 'utf8').matchAll(/"([^"]*)"/g);
  const args = [...words].map(([, word]) => word!);
  let freeing = () => {};

  const signal = (name: NodeJS.Signals) => {
    for (const pid of family(postmasterPid(around))) tell(pid, name);
  };
  const launch = () => {
    const out = openSync(place.log, 'a');
    const options = { ...place.as, env, cwd: '/', detached: true, stdio: ['ignore', out, out] as const };
    const child = spawn(join(place.bin, 'postgres'), args, { ...options, stdio: [...options.stdio] });
    closeSync(out);
    child.unref();
    return child;
  };
  return {
    url,
    place,
    kill: async () => {
      const pids = family(postmasterPid(around));
      for (const pid of pids) tell(pid, 'SIGKILL');
      await until(() => !pids.some(isThere), startMs);
    },
    start: async () => {
      const lock = join(place.cluster, 'postmaster.pid');
      let child: ReturnType<typeof launch> | undefined;
      const isBack = async () => {
        if (await answers(url)) return true;
        // A server that was killed may hold its memory for a moment longer, and then the next one ends at once.
        const runs = child ? child.exitCode === null : existsSync(lock) && isThere(postmasterPid(around));
        if (!runs) child = launch();
        return false;
      };
      await until(isBack, startMs);
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    fill: () => {
      if (hasDisk) {
        const ballast = join(around, 'ballast');
        freeing = () => rmSync(ballast, { force: true });
        fillUp(ballast);
        return 'a disk without room';
      }
      const limit = (bytes: string) => {
        for (const pid of family(postmasterPid(around)))
          spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}`]);
      };
      freeing = () => limit('unlimited');
      limit('0:unlimited');
      return 'a limit of no bytes to a file';
    },
    free: () => freeing(),
  };
}

/** Whether a directory is a small disk of its own now; only root may have that, and not in every container. */
function isMounted(directory: string, bytes: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory]).status === 0;
}

function fillUp(path: string): void {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

/** A process and its children, as /proc has them. */
function family(pid: number): number[] {
  const parentOf = (name: string): number => {
    try {
      return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]);
    } catch {
      return 0;
    }
  };
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return [pid, ...pids.filter(name => parentOf(name) === pid).map(Number)];
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Whether a process runs; one that has ended and was not waited for yet does not. */
function isThere(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, fetch_types: false, onnotice: () => {} });
  return sql`select 1`
    .then(
      () => true,
      () => false,
    )
    .finally(() => sql.end({ timeout: 0 }));
}
