/**
 * The program as `bun start` runs it, on the embedded Postgres, with nothing of the test run in its environment. Unlike
 * `startProgram` it keeps what is printed for a person, and says how the program ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const startMs = 30_000;

export interface Launched {
  readonly pid: number;
  /** What a person sees, and the log. */
  output(): string;
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** Exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const alive = new Set<ChildProcess>();

/** Starts `src/main.ts` with these variables and no others but PATH and HOME. */
export function launch(env: Readonly<Record<string, string>>): Launched {
  const { PATH = '', HOME = '/' } = process.env;
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, PORT: '0', ...env },
  });
  alive.add(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return {
    pid: child.pid!,
    output: () => texts.stdout,
    log: () => texts.stderr,
    signal: signal => void child.kill(signal),
    ended: once(child, 'close').then(([status, signal]) => {
      alive.delete(child);
      return (status ?? signal) as number | NodeJS.Signals;
    }),
  };
}

/** The address it prints, once the banner is complete and `/readyz` says 200. */
export async function ready(program: Launched): Promise<string> {
  const isOver = program.ended.then(how => Promise.reject(new Error(`ended with ${how}: ${program.log()}`)));
  const isUp = (async () => {
    const url = await until(() => /listens at (\S+)[\s\S]*(?:\[0m\n|as \w+)\n$/.exec(program.output())?.[1], startMs);
    await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, startMs);
    return url!;
  })();
  return Promise.race([isUp, isOver]);
}

/** Ends what a failed test has left running. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/**
 * Runs a line as somebody who pastes it into a shell; its standard output. Where the machine has no curl, a small one
 * made of Bun stands in: Node and npm are all that is asked for.
 */
export async function paste(line: string): Promise<string> {
  const tools = scratchDirectory();
  const curl = join(tools, 'curl');
  writeFileSync(curl, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'curl.ts')}' "$@"\n`);
  chmodSync(curl, 0o755);
  const { PATH = '' } = process.env;
  const shell = spawn('sh', ['-c', line], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: PATH + delimiter + tools },
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = await once(shell, 'close');
  if (status !== 0) throw new Error(`status ${status} of: ${line}\n${output}`);
  return output;
}
