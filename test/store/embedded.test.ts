/**
 * The embedded Postgres, tried with real processes: what happens to the data and to the cluster when programs start,
 * stop and are killed in every order. The other programs are real ones, so that `kill -9` is real too.
 */
import { describe, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { startEmbedded } from '../../src/store/embedded.ts';
import { postmasterPid, scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const program = `const { startEmbedded } = await import(process.env.EMBEDDED);
  const started = await startEmbedded(process.env.DATA_DIR);
  console.log(started.url);
  process.stdin.once('data', () => started.stop().then(() => process.exit(0)));`;

/** Another program that starts or adopts the cluster of this directory and stops when it is written to. */
function otherProgram(dataDir: string): { child: ChildProcess; url: Promise<string>; exited: Promise<unknown> } {
  const EMBEDDED = fileURLToPath(new URL('../../src/store/embedded.ts', import.meta.url));
  const child = spawn(process.execPath, ['-e', program], {
    env: { ...process.env, EMBEDDED, DATA_DIR: dataDir },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = once(child.stdout!, 'data').then(([line]) => String(line).trim());
  return { child, url, exited: once(child, 'exit') };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return sql.unsafe(text).finally(() => sql.end({ timeout: 1 }));
}

/** Postgres takes its lock file away last, when everything is on disk. */
function running(dataDir: string): boolean {
  return existsSync(join(dataDir, 'postgres/postmaster.pid'));
}

/** A stopped cluster with one row in it. */
async function clusterWithARow(): Promise<{ dataDir: string; url: string }> {
  const dataDir = scratchDirectory();
  const { url, stop } = await startEmbedded(dataDir);
  await query(url, 'create table facts as select 42 as answer');
  await stop();
  return { dataDir, url };
}

const facts = 'select answer from facts';

describe('An embedded Postgres', () => {
  test('starts cold with UTF-8, the C.UTF-8 locale, fsync on, and its secrets closed to others', async () => {
    const dataDir = scratchDirectory();
    const { url, stop } = await startEmbedded(dataDir);
    const names = ['server_encoding', 'fsync', 'TimeZone', 'listen_addresses', 'max_wal_size'];
    const settings = names.map(name => `current_setting('${name}') as "${name}"`).join(', ');
    const database = 'datname, datcollate, datlocale from pg_database where datname = current_database()';
    expect((await query(url, `select ${settings}, ${database}`))[0]).toEqual({
      server_encoding: 'UTF8',
      fsync: 'on',
      TimeZone: 'UTC',
      listen_addresses: '127.0.0.1',
      max_wal_size: '2GB',
      datname: 'indelible',
      datcollate: 'C',
      datlocale: 'C.UTF-8',
    });
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(running(dataDir)).toBe(true);
    await stop();
    expect(running(dataDir)).toBe(false);
  });

  test('starts warm and keeps its data and its password', async () => {
    const { dataDir, url: before } = await clusterWithARow();
    const { url, stop } = await startEmbedded(dataDir);
    expect(new URL(url).password).toBe(new URL(before).password);
    expect(await query(url, facts)).toEqual([{ answer: 42 }]);
    await stop();
  });

  test('outlives a killed owner and is adopted, and then stopped, by the next program', async () => {
    const dataDir = scratchDirectory();
    const owner = otherProgram(dataDir);
    await query(await owner.url, 'create table facts as select 42 as answer');
    const pid = postmasterPid(dataDir);
    owner.child.kill('SIGKILL');
    await owner.exited;
    const { url, stop } = await startEmbedded(dataDir);
    expect(url).toBe(await owner.url);
    expect(postmasterPid(dataDir)).toBe(pid);
    expect(await query(url, facts)).toEqual([{ answer: 42 }]);
    await stop();
    expect(running(dataDir)).toBe(false);
  });

  test('is not stopped by a guest, neither in another program nor in the same', async () => {
    const dataDir = scratchDirectory();
    const { url, stop } = await startEmbedded(dataDir);
    const guest = otherProgram(dataDir);
    expect(await guest.url).toBe(url);
    guest.child.stdin!.write('stop');
    await guest.exited;
    await (await startEmbedded(dataDir)).stop();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stop();
  });

  test('stays for a guest when its owner leaves, and ends with the last', async () => {
    const dataDir = scratchDirectory();
    const owner = otherProgram(dataDir);
    await owner.url;
    const { url, stop } = await startEmbedded(dataDir);
    const another = await startEmbedded(dataDir);
    owner.child.stdin!.write('stop');
    await owner.exited;
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await another.stop();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stop();
    expect(running(dataDir)).toBe(false);
  });

  test('is one and the same for two programs that start at once in a new directory', async () => {
    const dataDir = scratchDirectory();
    const other = otherProgram(dataDir);
    const { url, stop } = await startEmbedded(dataDir);
    expect(await other.url).toBe(url);
    other.child.stdin!.write('stop');
    await other.exited;
    await stop();
    expect(running(dataDir)).toBe(false);
  });

  test('is made anew when its maker was killed half-way, and what was half made is swept', async () => {
    const dataDir = scratchDirectory();
    const halfMade = () => readdirSync(dataDir).filter(name => name.startsWith('postgres.new-'));
    const maker = otherProgram(dataDir);
    await until(() => halfMade().some(name => existsSync(join(dataDir, name, 'cluster/PG_VERSION'))), 10_000);
    maker.child.kill('SIGKILL');
    await maker.exited;
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    expect(halfMade()).toHaveLength(1);
    const { url, stop } = await startEmbedded(dataDir);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    // The killed maker's initdb may write on for a moment under the sweep, so a later start may have to finish it.
    await until(async () => halfMade().length === 0 || (await (await startEmbedded(dataDir)).stop()), 10_000);
    await stop();
  });

  test('recovers when Postgres itself was killed', async () => {
    const { dataDir } = await clusterWithARow();
    const first = await startEmbedded(dataDir);
    await query(first.url, 'update facts set answer = 43');
    process.kill(postmasterPid(dataDir), 'SIGKILL');
    const { url, stop } = await startEmbedded(dataDir);
    // Others know it by its port.
    expect(url).toBe(first.url);
    expect(await query(url, facts)).toEqual([{ answer: 43 }]);
    await first.stop();
    await stop();
  });

  test('is started again at the same address while somebody keeps it', async () => {
    const { dataDir } = await clusterWithARow();
    const errors: unknown[] = [];
    const { url, stop } = await startEmbedded(dataDir, error => errors.push(error));
    const first = postmasterPid(dataDir);
    process.kill(first, 'SIGKILL');
    const asks = async () => (await query(url, facts).catch(() => [])).length > 0 && postmasterPid(dataDir) !== first;
    await until(asks, 30_000);
    expect(errors).toEqual([]);
    await stop();
    expect(running(dataDir)).toBe(false);
  });

  test('starts over a stale lock whose pid is another process now', async () => {
    const { dataDir } = await clusterWithARow();
    const lock = `${process.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n        0         0\nready   \n`;
    writeFileSync(join(dataDir, 'postgres/postmaster.pid'), lock);
    const { url, stop } = await startEmbedded(dataDir);
    expect(await query(url, facts)).toEqual([{ answer: 42 }]);
    await stop();
  });

  test('says with the words of its log why a broken cluster does not start', async () => {
    const { dataDir } = await clusterWithARow();
    rmSync(join(dataDir, 'postgres/global/pg_control'));
    await expect(startEmbedded(dataDir)).rejects.toThrow(
      /does not start.*could not find the database system.*pg_control/s,
    );
  });

  test('does not touch a directory in its place that is not a cluster', async () => {
    const dataDir = scratchDirectory();
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres/letter.txt'), 'mine');
    await expect(startEmbedded(dataDir)).rejects.toThrow(/is in the way/);
    expect(readFileSync(join(dataDir, 'postgres/letter.txt'), 'utf8')).toBe('mine');
  });

  test('refuses a lost and a wrong password instead of waiting', async () => {
    const { dataDir } = await clusterWithARow();
    const path = join(dataDir, 'postgres-password');
    rmSync(path);
    await expect(startEmbedded(dataDir)).rejects.toThrow(/postgres-password is gone but not its cluster/);
    writeFileSync(path, 'wrong', { mode: 0o600 });
    await expect(startEmbedded(dataDir)).rejects.toThrow(/password authentication failed/);
  });
});
