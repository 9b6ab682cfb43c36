/**
 * A whole Postgres as a package manager installs it, with the tools that the embedded one does not bring: a server to
 * begin with, `pg_dump` of the same version and `psql`. It is found, or the test run installs it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, realpathSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { installPackage } from './install.ts';
import { scratchDirectory } from './postgres.ts';
import { until } from './until.ts';

const tools = ['initdb', 'postgres', 'pg_dump', 'psql'];
/** A tool that takes longer hangs, and who waits for it in one go is beyond a test's time limit. */
const toolMs = 100_000;

/** Where its programs are, the newest first; undefined when it is not there. */
export function findPostgres(): string | undefined {
  const around = '/usr/lib/postgresql';
  const versions = existsSync(around) ? readdirSync(around).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = Bun.which('initdb');
  const folders = [
    ...versions.map(version => join(around, version, 'bin')),
    ...(onPath ? [dirname(realpathSync(onPath))] : []),
  ];
  return folders.find(folder => tools.every(tool => existsSync(join(folder, tool))));
}

/** Installs it where it is missing; an error that says what to do if that does not help. */
export function ensurePostgres(): void {
  if (findPostgres()) return;
  const tried = installPackage('postgresql', () => findPostgres() !== undefined);
  if (findPostgres()) return;
  throw new Error(`The tests need a Postgres with pg_dump, and it could not be installed:\n${tried.join('\n')}`);
}

export interface ToolServer {
  readonly url: string;
  /** What `pg_dump` writes of it, in a file. */
  dump(): string;
}

/** A server of its own from the installed package; gone after the run. */
export async function toolServer(): Promise<ToolServer> {
  const around = scratchDirectory();
  const cluster = join(around, 'postgres');
  mkdirSync(cluster);
  const as = account();
  if (as) for (const directory of [around, cluster]) chownSync(directory, as.uid, as.gid);
  const initdb = ['-D', cluster, '-U', 'indelible', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'];
  run('initdb', initdb, as);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`].flatMap(one => [
    '-c',
    one,
  ]);
  const out = openSync(join(around, 'log'), 'a');
  const options = { ...as, cwd: '/', detached: true, stdio: ['ignore', out, out] as ['ignore', number, number] };
  spawn(join(folder(), 'postgres'), ['-D', cluster, ...settings], options).unref();
  closeSync(out);
  const url = `postgres://indelible@127.0.0.1:${port}/postgres`;
  const answers = async () => {
    const sql = postgres(url, { max: 1, connect_timeout: 2 });
    const isThere = await sql`select 1`.then(
      () => true,
      () => false,
    );
    await sql.end({ timeout: 0 });
    return isThere;
  };
  await until(answers, 30_000);
  let dumps = 0;
  return {
    url,
    dump: () => {
      const file = join(scratchDirectory(), `${++dumps}.sql`);
      run('pg_dump', ['--no-owner', '-f', file, '-d', url]);
      return file;
    },
  };
}

/** Puts a dump into an empty database; the first statement that fails ends it with an error. */
export function restore(file: string, url: string): void {
  run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', file, '-d', url]);
}

function folder(): string {
  const found = findPostgres();
  if (!found) throw new Error('a Postgres with pg_dump is missing: `bun run test` installs the package postgresql');
  return found;
}

function run(tool: string, args: readonly string[], as?: { uid: number; gid: number }): void {
  const { status, stderr } = spawnSync(join(folder(), tool), args, {
    ...as,
    cwd: '/',
    encoding: 'utf8',
    timeout: toolMs,
  });
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr}`);
}

/** Postgres refuses to run as root; its package brings a user. */
function account(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map(flag => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout));
  return { uid: uid!, gid: gid! };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await until(() => probe.listening, 5_000);
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
