/**
 * A real nats-server with JetStream for a test: its own port, its own store, gone when the test run ends. It can be
 * stopped, killed and brought back on the same port with the same store, because what a stream does across a broken
 * broker is what most of its tests are about. It is awaited by the server's own words, never by sleeping.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A running server, as a test holds it. */
export interface TestNats {
  readonly url: string;
  readonly storeDir: string;
  /** Process id of the present server; undefined while it is down. */
  readonly pid: number | undefined;
  /** Ends the server in order; the store stays. */
  stop(): Promise<void>;
  /** SIGKILL: what a crash leaves behind. */
  kill(): Promise<void>;
  /** Starts it again with the same port and store, after ending it when it still runs. */
  restart(): Promise<void>;
  /** Ends the server and deletes its store. What a test forgets is removed when the test process ends. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where `install-nats.ts` unpacks an official release. */
export const releaseDir = join(import.meta.dirname, '../../node_modules/.cache/nats-server');

/** The path of a nats-server binary, or null; an error when `NATS_SERVER` names something that can't be run. */
export function findNatsServer(): string | null {
  const named = process.env['NATS_SERVER'];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', releaseDir];
  const candidates = (name: string) => (name.includes('/') ? [name] : folders.map(folder => join(folder, name)));
  const found = candidates(named || 'nats-server').find(isExecutable) ?? null;
  if (named && found === null) throw new Error(`NATS_SERVER names ${named}, which is not an executable file`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * A shell that waits for the end of its input, which comes when this process ends, however it ends; then it kills the
 * server it was told of last and deletes the store. Exit handlers can't do that: `bun test` runs none, a kill neither.
 */
const guardian = 'while read -r pid; do last=$pid; done; [ -z "$last" ] || kill -9 "$last"; rm -rf "$0"';

/** Starts a server of one's own; `args` are added to its command line. */
export async function natsServer(...args: readonly string[]): Promise<TestNats> {
  const binary = findNatsServer();
  if (binary === null) throw new Error('nats-server is missing: `bun run test` installs it, NATS_SERVER can name it');
  const storeDir = mkdtempSync(join(tmpdir(), 'indelible-nats-'));
  const guard = spawn('sh', ['-c', guardian, storeDir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  const port = await freePort();
  let running: ChildProcess | undefined;
  const start = async () => {
    const all = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', storeDir, ...args];
    running = await started(binary, all, pid => guard.stdin.write(`${pid}\n`));
  };
  const end = async (signal: NodeJS.Signals) => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    guard.stdin.write('\n');
  };
  const remove = async () => {
    await end('SIGKILL');
    if (guard.exitCode !== null) return;
    const gone = once(guard, 'exit');
    guard.stdin.end();
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    storeDir,
    get pid() {
      return running?.pid;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** Resolves when the server says that it is ready; rejects with its log when it ends or is silent for 20 s. */
function started(binary: string, args: readonly string[], spawned: (pid: number) => void): Promise<ChildProcess> {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.pid !== undefined) spawned(child.pid);
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string) => {
      clearTimeout(deadline);
      child.kill('SIGKILL');
      reject(new Error(`${binary} ${args.join(' ')} ${why}\n${log}`));
    };
    const deadline = setTimeout(fail, 20_000, 'was not ready after 20 s');
    child.once('error', error => fail(error.message));
    child.once('exit', code => fail(`ended with status ${code}`));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (log.includes('Server is ready')) return;
      log += text;
      if (!log.includes('Server is ready')) return;
      clearTimeout(deadline);
      child.removeAllListeners('exit');
      resolve(child);
    });
  });
}

/**
 * A free port below the range the system gives to outgoing connections (32768 and up on Linux): a client that keeps
 * reconnecting to a stopped server there would sooner or later be given that very port and connect to itself.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 14_000 + Math.floor(Math.random() * 16_000);
    const free = await new Promise<boolean>(resolve => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
