import { afterEach, expect, setSystemTime, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { frame } from '../../src/redirect/frames.ts';
import { Spools } from '../../src/redirect/spools.ts';
import { identity } from '../../src/store/cluster.ts';
import { scratchDirectory } from '../support/postgres.ts';

const errors: unknown[] = [];
const opened: Spools[] = [];
async function open(directory: string, node = 'own'): Promise<Spools> {
  const spools = await Spools.open({ directory, node, bytesMax: 1_000, onError: error => errors.push(error) });
  opened.push(spools);
  return spools;
}
afterEach(async () => {
  setSystemTime();
  for (const spools of opened.splice(0)) await spools.close();
  expect(errors.splice(0)).toEqual([]);
});

const text = (word: string) => new TextEncoder().encode(word);

/** What a process has left: a record, and the sign of life that it gave last. */
function left(directory: string, node: string, owner: string | undefined, at = new Date()): void {
  const path = join(directory, node);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '00000001'), frame(text(node)));
  if (owner !== undefined) writeFileSync(join(path, 'owner'), owner);
  utimesSync(owner === undefined ? path : join(path, 'owner'), at, at);
}

async function found(spools: Spools): Promise<string[]> {
  const records: string[] = [];
  for (const spool of spools.all) {
    for (const bytes of await spool.read(1_000)) records.push(new TextDecoder().decode(bytes));
  }
  return records.sort();
}

test('a process has a directory of its own, which says who it is and is gone when nothing waits', async () => {
  const directory = scratchDirectory();
  const spools = await open(directory);
  expect(readdirSync(directory)).toEqual(['own']);
  expect(readFileSync(join(directory, 'own/owner'), 'utf8')).toBe(`${hostname()} ${identity(process.pid)}`);
  await spools.close();
  expect(readdirSync(directory)).toEqual([]);
});

test('what waits is there for the next process', async () => {
  const directory = scratchDirectory();
  const spools = await open(directory, 'first');
  await spools.own.append(text('a'));
  await spools.close();
  // This process lives, so that the next one must not touch it.
  expect(await found(await open(directory, 'second'))).toEqual([]);
  writeFileSync(join(directory, 'first/owner'), `${hostname()} 1.1`);
  expect(await found(await open(directory, 'third'))).toEqual(['a']);
});

test('dead processes are told from living ones, here by who they are and elsewhere by their silence', async () => {
  const directory = scratchDirectory();
  const longAgo = new Date(Date.now() - 120_000);
  left(directory, 'alive', `${hostname()} ${identity(process.pid)}`, longAgo);
  left(directory, 'dead', `${hostname()} 1.1`);
  left(directory, 'elsewhere', 'other-host 1.1');
  left(directory, 'silent', 'other-host 1.1', longAgo);
  left(directory, 'starting', undefined);
  left(directory, 'unsigned', undefined, longAgo);
  const spools = await open(directory);
  expect(await found(spools)).toEqual(['dead', 'silent', 'unsigned']);
  utimesSync(join(directory, 'elsewhere/owner'), longAgo, longAgo);
  await spools.look();
  expect(await found(spools)).toEqual(['dead', 'elsewhere', 'silent', 'unsigned']);
});

test('what was left is forgotten once it is drained, but not what was put aside of it', async () => {
  const directory = scratchDirectory();
  left(directory, 'dead', `${hostname()} 1.1`);
  left(directory, 'marred', `${hostname()} 1.1`);
  writeFileSync(join(directory, 'marred/00000001.damaged'), 'x');
  const spools = await open(directory);
  expect(spools.bytes).toBeGreaterThan(0);
  for (const spool of spools.all) await spool.drop((await spool.read(1_000)).length);
  await spools.tidy();
  expect([spools.bytes, spools.all.length]).toEqual([0, 1]);
  expect(existsSync(join(directory, 'dead'))).toBe(false);
  expect(readdirSync(join(directory, 'marred'))).toEqual(['00000001.damaged']);
});

test('a look is a sign of life', async () => {
  const directory = scratchDirectory();
  const spools = await open(directory);
  const owner = join(directory, 'own/owner');
  utimesSync(owner, new Date(0), new Date(0));
  await spools.look();
  expect(Date.now() - Bun.file(owner).lastModified).toBeLessThan(10_000);
});

test('who was taken for dead while it was silent says again whose the directory is', async () => {
  const directory = scratchDirectory();
  const spools = await open(directory);
  const owner = readFileSync(join(directory, 'own/owner'), 'utf8');
  rmSync(join(directory, 'own'), { recursive: true });
  await spools.look();
  expect(readFileSync(join(directory, 'own/owner'), 'utf8')).toBe(owner);
});

test('what a process writes that was frozen, and taken for dead meanwhile, is not lost with the file it had', async () => {
  const directory = scratchDirectory();
  const frozen = await open(directory);
  await frozen.append(text('before'));
  writeFileSync(join(directory, 'own/owner'), 'other-host 1.1');
  setSystemTime(Date.now() + 120_000);
  const other = await open(directory, 'other');
  const [left] = other.all;
  expect(await found(other)).toEqual(['before']);
  await left!.drop(1);
  await other.tidy();
  await frozen.append(text('after'));
  expect(await found(frozen)).toEqual(['after']);
  expect(readFileSync(join(directory, 'own/owner'), 'utf8')).toStartWith(hostname());
});
