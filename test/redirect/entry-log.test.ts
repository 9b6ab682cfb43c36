import { afterEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EntryLog } from '../../src/redirect/entry-log.ts';
import { frame } from '../../src/redirect/frames.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const errors: unknown[] = [];
const opened: EntryLog[] = [];
function open(directory: string, node = 'a'): EntryLog {
  const log = new EntryLog({ directory, node, onError: error => errors.push(error) });
  opened.push(log);
  return log;
}
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  expect(errors.splice(0)).toEqual([]);
});

const last = { position: 9, stream: 'qr_1', version: 2, at: 5 };
const mark = (position: number) => ({ ledger: 'l', position, last });
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `["slug-${from + i}"]`);

async function read(directory: string): Promise<{ mark: unknown; texts: string[] }> {
  const found: string[] = [];
  const mark = await open(directory, 'reader').read(text => found.push(text));
  return { mark, texts: found };
}

/** The one file there, and a moment at which everything is in it. */
const file = (directory: string) => join(directory, readdirSync(directory).find(name => name.endsWith('.log'))!);

test('gives back all entries, then the changes in their order, and how far they go', async () => {
  const directory = scratchDirectory();
  const log = open(directory);
  await log.rewrite([texts(0, 3), [], texts(3, 2_500)], mark(10));
  log.append(texts(0, 2), mark(11));
  log.append(texts(9_000, 1), mark(12));
  await log.close();
  const expected = [...texts(0, 2_503), ...texts(0, 2), ...texts(9_000, 1)];
  expect(await read(directory)).toEqual({ mark: mark(12), texts: expected });
  expect(statSync(file(directory)).mode & 0o777).toBe(0o600);
});

test('has nothing to give where nothing was written or what is there is none of ours', async () => {
  expect(await read(join(scratchDirectory(), 'missing'))).toEqual({ mark: undefined, texts: [] });
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'redirects-a.log'), 'garbage that is longer than a frame');
  writeFileSync(join(directory, 'redirects-b.log'), frame(new TextEncoder().encode('{"format":99,"position":4}')));
  writeFileSync(join(directory, 'redirects-c.log'), frame(new TextEncoder().encode('["no mark before it"]')));
  expect(await read(directory)).toEqual({ mark: undefined, texts: [] });
});

test('that was cut gives what is whole, and goes as far as is sure', async () => {
  const directory = scratchDirectory();
  const log = open(directory);
  await log.rewrite([texts(0, 3)], mark(10));
  log.append(texts(7, 1), mark(11));
  await log.close();
  const bytes = readFileSync(file(directory));
  const cut = async (length: number) => {
    writeFileSync(file(directory), bytes.subarray(0, length));
    return read(directory);
  };
  expect(await cut(bytes.length - 1)).toEqual({ mark: mark(10), texts: [...texts(0, 3), ...texts(7, 1)] });
  const whole = bytes.indexOf('["slug-0"]');
  expect(await cut(whole + 5)).toEqual({ mark: { ledger: 'l', position: 0 }, texts: [] });
  expect(await cut(3)).toEqual({ mark: undefined, texts: [] });
});

test('changes that come while it is rewritten are in the new file', async () => {
  const directory = scratchDirectory();
  const log = open(directory);
  await log.rewrite([texts(0, 1)], mark(1));
  function* slowly() {
    yield texts(0, 1);
    log.append(texts(5, 1), mark(3));
    yield texts(1, 1);
  }
  const rewriting = log.rewrite(slowly(), mark(1));
  log.append(texts(6, 1), mark(2));
  await rewriting;
  await log.close();
  const { mark: reached, texts: found } = await read(directory);
  expect(reached).toEqual(mark(3));
  expect(found.sort()).toEqual([...texts(0, 2), ...texts(5, 2)]);
});

test('is due until it was written once, and again when the changes outweigh the rest', async () => {
  const directory = scratchDirectory();
  const log = open(directory);
  expect(log.isDue).toBe(true);
  log.append(texts(0, 1), mark(1));
  expect(readdirSync(directory)).toEqual([]);
  await log.rewrite([texts(0, 10)], mark(1));
  expect(log.isDue).toBe(false);
  const long = `["${'x'.repeat(900_000)}"]`;
  for (let n = 0; n < 19; n++) log.append([long], mark(2));
  await until(() => log.isDue, 5_000);
  await log.rewrite([texts(0, 10)], mark(2));
  expect(log.isDue).toBe(false);
});

test('of several the newest is read, and a process removes what others have left', async () => {
  const directory = scratchDirectory();
  const [a, b] = [open(directory, 'a'), open(directory, 'b')];
  await a.rewrite([texts(1, 1)], mark(1));
  writeFileSync(join(directory, 'redirects-x.log.new'), 'half');
  writeFileSync(join(directory, 'other.log'), 'not ours');
  const older = join(directory, 'redirects-old.log');
  writeFileSync(older, readFileSync(file(directory)));
  utimesSync(older, new Date(0), new Date(0));
  await b.rewrite([texts(2, 1)], mark(2));
  expect(readdirSync(directory).sort()).toEqual(['other.log', 'redirects-b.log']);
  expect((await read(directory)).texts).toEqual(texts(2, 1));
});

test('one that is taken away while it is read is none, and no reason to fail', async () => {
  const directory = scratchDirectory();
  let isOver = false;
  const replacing = async () => {
    for (let n = 0; n < 40; n++) await open(directory, `n${n}`).rewrite([texts(n, 1)], mark(n));
    isOver = true;
  };
  const reading = async () => {
    while (!isOver) await read(directory);
  };
  await Promise.all([replacing(), reading(), reading()]);
  expect((await read(directory)).texts).toEqual(texts(39, 1));
});

test('that can not be written is told, and is due again', async () => {
  const directory = scratchDirectory();
  const log = open(join(directory, 'file'));
  writeFileSync(join(directory, 'file'), '');
  await log.rewrite([texts(0, 1)], mark(1));
  expect(String(errors.splice(0))).toMatch(/EEXIST|ENOTDIR/);
  expect(log.isDue).toBe(true);
});
