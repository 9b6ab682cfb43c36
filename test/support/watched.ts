/**
 * Runs a command into a log file and ends it, and whatever it started, when it has written nothing for too long, or
 * takes far too long in all. A test that hangs where no timeout of the test runner reaches (a loop that never yields, an exit that never comes) would
 * otherwise hold up the run until somebody else ends it, and nobody would learn which test it was.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';

/** How a command ended. */
export interface Ended {
  /** Its exit status; 128 and the signal's number when a signal ended it. */
  readonly status: number;
  /** Set when it was ended by us: the processes that were there then, as `ps` shows them. */
  readonly hung?: string;
}

/** How a command is run. */
export interface Watch {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file that takes its output. */
  readonly log: string;
  /** For so many milliseconds it may write nothing. */
  readonly silenceMs: number;
  /** And so many it may take. */
  readonly limitMs: number;
}

/** Runs `command` to its end, or to the end of our patience. Throws when it can't be started. */
export async function watched(command: readonly [string, ...string[]], watch: Watch): Promise<Ended> {
  const output = openSync(watch.log, 'w');
  const [program, ...args] = command;
  // A process group of its own, so that those it started can be ended with it.
  const child = spawn(program, args, {
    cwd: watch.cwd,
    env: watch.env,
    stdio: ['ignore', output, output],
    detached: true,
  });
  let hung: string | undefined;
  const began = performance.now();
  let [size, since] = [0, began];
  const look = setInterval(() => {
    const [now, at] = [fstatSync(output).size, performance.now()];
    if (now !== size) [size, since] = [now, at];
    if (hung !== undefined || (at - since < watch.silenceMs && at - began < watch.limitMs)) return;
    hung = spawnSync('ps', ['-eo', 'pid,ppid,etime,time,stat,wchan:20,args'], { encoding: 'utf8' }).stdout;
    process.kill(-child.pid!, 'SIGKILL');
  }, watch.silenceMs / 20);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
    });
    return { status, ...(hung === undefined ? {} : { hung }) };
  } finally {
    clearInterval(look);
    closeSync(output);
  }
}
