/**
 * The program: reads the environment, starts the instance, says where it is and how to use it, and drains when it is
 * told to stop. It listens for that from the first moment on, so that a stop during the start leaves no Postgres behind.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { banner } from './banner.ts';
import { checkChosenKey, keyFileOf } from './bootstrap.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { type Instance, startInstance } from './instance.ts';
import { type Log, openLog } from './log.ts';
import { parseCidrs } from './redirect/address.ts';

/** A drain that takes longer is cut off: who stops us waits 10 seconds at most. */
const drainMs = 9_000;

/**
 * A terminal signals the whole process group, a service manager all of its processes, and `bun start` passes on what it
 * got: one Ctrl-C arrives twice within milliseconds. Only a signal later than this is a person who won't wait.
 */
const echoMs = 1_000;

async function main(): Promise<void> {
  const config = readConfig(undefined, { cidrs: parseCidrs, apiKey: checkChosenKey, file: checkReadable });
  const log = openLog(config);
  const starting = startInstance(config, log);
  drainOnSignal(starting, log);
  console.log(welcome(await starting, config));
}

const checkReadable = (path: string): void => accessSync(path, constants.R_OK);

/** What the system refused, such as a port that is taken or a database that is not there, says enough in a sentence. */
const reasonOf = (error: unknown): unknown =>
  error instanceof ConfigError
    ? error.message
    : error instanceof Error && 'syscall' in error
      ? `The program can't start: ${error.message}`
      : error;

/** A key that the operator chose is not shown: they know it, and what is printed ends up in logs. */
function welcome({ url, firstKey }: Instance, config: Config): string {
  if (config.role === 'redirect' || config.role === 'worker')
    return `\n  Indelible listens at ${url} as ${config.role}`;
  const keyFile = keyFileOf(config);
  const quoted = `'${keyFile.replaceAll("'", `'\\''`)}'`;
  const keyInShell = existsSync(keyFile) ? `$(cat ${quoted})` : '$BOOTSTRAP_API_KEY';
  return banner(url, config.bootstrapApiKey === null ? firstKey : undefined, keyInShell);
}

function drainOnSignal(starting: Promise<Instance>, log: Log): void {
  let since: number | undefined;
  const stop = async (signal: string): Promise<void> => {
    if (since !== undefined) {
      if (performance.now() - since > echoMs) process.exit(1);
      return;
    }
    since = performance.now();
    log.info({ signal }, 'draining');
    setTimeout(() => {
      log.error('the drain took too long');
      process.exit(0);
    }, drainMs).unref();
    try {
      await (await starting).stop();
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'drain failed');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

if (import.meta.main) {
  main().catch(error => {
    console.error(reasonOf(error));
    process.exit(1);
  });
}
