/**
 * The real program as a child process, on Bun or, with `SERVER_RUNTIME=deno`, on Deno, against a database of its own.
 * A test talks to it as anybody else would; it can be killed and started again on the same database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { scratchDirectory, testDatabase } from './postgres.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '../..');
const readyMsDefault = 30_000;

/** Where a program is, and how a test gets in. */
export interface Place {
  readonly url: string;
  readonly databaseUrl: string;
  /** An admin key. */
  readonly key: string;
  /** The organisation of that key, unless it is the program's first one. */
  readonly org?: string;
}

export interface Program extends Place {
  readonly dataDir: string;
  readonly pid: number;
  /** What it has written to standard error: its log. */
  log(): string;
  /** SIGTERM; the exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A program that was started before and has ended: the same database, data directory and port. */
  readonly again?: Program;
  readonly runtime?: 'bun' | 'deno';
  /** How long it may take until it is ready. */
  readonly readyMs?: number;
}

/** A key that an operator chose: typed prefix and 36 characters, as `BOOTSTRAP_API_KEY` may have it. */
export const bootstrapKey = 'fdqr_live_sk_bootstrapbootstrapbootstrap000000';

/** Starts the program on a free port and resolves when `/readyz` says 200. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const { env = {}, again, runtime, readyMs = readyMsDefault } = options;
  const databaseUrl = env['DATABASE_URL'] ?? again?.databaseUrl ?? (await testDatabase()).url;
  const dataDir = again?.dataDir ?? scratchDirectory();
  const onDeno = (runtime ?? process.env['SERVER_RUNTIME']) === 'deno';
  // The package's own `deno` is a wrapper: killing it would leave the real one alive.
  const [command, ...args] = onDeno
    ? [join(root, 'node_modules/deno/deno'), 'run', '-A', 'src/main.ts']
    : [process.execPath, 'src/main.ts'];
  const child = spawn(command!, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NATS_URL: '',
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      PORT: again ? new URL(again.url).port : '0',
      BOOTSTRAP_API_KEY: bootstrapKey,
      TRUSTED_PROXIES: 'loopback',
      ...env,
    },
  });
  let log = '';
  let port: number | undefined;
  child.stdout!.resume();
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    port ??= Number(/"port":(\d+)[^\n]*"listening"/.exec(log)?.[1]) || undefined;
  });
  const ready = async (): Promise<string> => {
    const url = `http://127.0.0.1:${await until(() => port ?? ended(child, () => log), readyMs)}`;
    await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, readyMs);
    return url;
  };
  const url = await ready().catch(async (error: unknown) => {
    await end(child, 'SIGKILL');
    throw new Error(`the program was not ready; its log: ${log}`, { cause: error });
  });
  return {
    url,
    databaseUrl,
    dataDir,
    key: env['BOOTSTRAP_API_KEY'] ?? bootstrapKey,
    pid: child.pid!,
    log: () => log,
    stop: () => end(child, 'SIGTERM'),
    kill: async () => void (await end(child, 'SIGKILL')),
  };
}

function ended(child: ChildProcess, log: () => string): undefined {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the program ended: ${log()}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  return (await exit)[0] as number | null;
}
