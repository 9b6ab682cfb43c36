import { afterEach, expect, test } from 'bun:test';
import {
  cpSync,
  existsSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { Spool, SpoolFull, type SpoolOptions } from '../../src/redirect/spool.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const errors: unknown[] = [];
const onError = (error: unknown) => errors.push(error);
const opened: Spool[] = [];
async function open(directory: string, more: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await Spool.open({ directory, bytesMax: 1_000_000, onError, ...more });
  opened.push(spool);
  return spool;
}
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const texts = (payloads: readonly Uint8Array[]) => payloads.map(bytes => decoder.decode(bytes));

async function append(spool: Spool, ...words: string[]): Promise<void> {
  for (const word of words) await spool.append(encoder.encode(word));
}

/** Reads and drops everything, some records at a time. */
async function emptied(spool: Spool, bytesMax = 30): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const payloads = await spool.read(bytesMax);
    if (payloads.length === 0) return all;
    all.push(...texts(payloads));
    await spool.drop(payloads.length);
  }
}

const words = (from: number, count: number) => Array.from({ length: count }, (_, i) => `record ${from + i}`);

test('records come out in the order in which they went in, and take no room afterwards', async () => {
  const directory = scratchDirectory();
  const spool = await open(directory, { segmentBytes: 100 });
  await append(spool, ...words(0, 40));
  expect(readdirSync(directory).length).toBeGreaterThan(4);
  expect(await emptied(spool)).toEqual(words(0, 40));
  expect(spool.bytes).toBe(0);
  expect(readdirSync(directory)).toEqual([]);
});

test('what was read and not dropped is read again', async () => {
  const spool = await open(scratchDirectory());
  await append(spool, 'a', 'b', 'c', 'd');
  expect(texts(await spool.read(1_000))).toEqual(['a', 'b', 'c', 'd']);
  await spool.drop(1);
  expect(texts(await spool.read(1))).toEqual(['b']);
  await spool.drop(0);
  expect(await emptied(spool)).toEqual(['b', 'c', 'd']);
});

test('appending, reading and dropping in any order, also across a restart, is a queue', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ do: fc.constant('take' as const), count: fc.nat({ max: 8 }) }),
    fc.constant({ do: 'reopen' as const, count: 0 }),
  );
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const directory = scratchDirectory();
      // Of every second run the files are made of zeros beforehand, as soon as that is done.
      const sizes = { segmentBytes: 80, ...(++runs % 2 === 0 && { spareFrom: 1 }) };
      let spool = await open(directory, sizes);
      let waiting: string[] = [];
      let next = 0;
      for (const { do: verb, count } of steps) {
        if (verb === 'append') {
          await append(spool, ...words(next, count));
          waiting.push(...words(next, count));
          next += count;
        } else if (verb === 'take') {
          const payloads = await spool.read(45);
          expect(texts(payloads)).toEqual(waiting.slice(0, payloads.length));
          expect(payloads.length > 0).toBe(waiting.length > 0);
          const taken = Math.min(count, payloads.length);
          await spool.drop(taken);
          waiting = waiting.slice(taken);
        } else {
          await spool.close();
          spool = await open(directory, sizes);
          // What was dropped of a file that holds more is there again: whoever reads has to know it.
          const again = await emptied(spool);
          expect(again.slice(again.length - waiting.length)).toEqual(waiting);
          expect(again.length - waiting.length).toBeLessThan(80 / 16);
          waiting = [];
        }
        expect(spool.bytes > 0).toBe(waiting.length > 0);
      }
      expect(await emptied(spool)).toEqual(waiting);
    }),
    { numRuns: 60 },
  );
});

test('with much to write, records are written over files of zeros, of which nothing stays', async () => {
  errors.length = 0;
  const directory = scratchDirectory();
  const spool = await open(directory, { segmentBytes: 4_096, spareFrom: 100 });
  let count = 0;
  const made = () =>
    readdirSync(directory).filter(name => name !== 'spare' && statSync(join(directory, name)).size === 4_096);
  await until(async () => {
    await append(spool, ...words(count, 10));
    count += 10;
    return made().length > 0;
  }, 10_000);
  await append(spool, ...words(count, 1));
  // As another process finds it when this one was killed.
  const killed = join(scratchDirectory(), 'copy');
  cpSync(directory, killed, { recursive: true });
  expect(await emptied(await open(killed), 1_000)).toEqual(words(0, count + 1));
  expect(readdirSync(killed)).toEqual([]);
  expect(await emptied(spool, 1_000)).toEqual(words(0, count + 1));
  expect(readdirSync(directory)).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([undefined, 30])(
  'reading goes on beside appending, with files of zeros from %p bytes on',
  async spareFrom => {
    const spool = await open(scratchDirectory(), { segmentBytes: 200, ...(spareFrom && { spareFrom }) });
    const found: string[] = [];
    const writing = append(spool, ...words(0, 200));
    while (found.length < 200) {
      found.push(...(await emptied(spool)));
      await new Promise(resolve => setImmediate(resolve));
    }
    await writing;
    expect(found).toEqual(words(0, 200));
  },
);

test('more than its limit it does not take, and what it has stays', async () => {
  const spool = await open(scratchDirectory(), { bytesMax: 60 });
  await append(spool, ...words(0, 3));
  await expect(append(spool, 'record 3')).rejects.toThrow(new SpoolFull('the spool holds 60 bytes at most'));
  expect(texts(await spool.read(1))).toEqual(['record 0']);
  await spool.drop(1);
  await append(spool, 'record 3');
  expect(await emptied(spool)).toEqual(words(1, 3));
});

test('a full disk is a full spool, and goes on when there is room again', async () => {
  let isFull = true;
  const create = (path: string) => (isFull ? fs.open('/dev/full', 'r+') : fs.open(path, 'wx'));
  const spool = await open(scratchDirectory(), { create });
  await expect(append(spool, 'a')).rejects.toThrow(new SpoolFull('the disk is full'));
  expect(spool.bytes).toBe(0);
  isFull = false;
  await append(spool, 'b');
  expect(await emptied(spool)).toEqual(['b']);
});

test('a record that was cut by a kill is none, and the bytes are put aside', async () => {
  errors.length = 0;
  const directory = scratchDirectory();
  const killed = await open(directory);
  await append(killed, 'whole', 'whole too', 'cut');
  const file = join(directory, '00000001');
  truncateSync(file, Bun.file(file).size - 1);
  const spool = await open(directory);
  expect(await emptied(spool)).toEqual(['whole', 'whole too']);
  expect(readdirSync(directory)).toEqual(['00000001.damaged']);
  expect(String(errors)).toContain('10 bytes of');
  expect(spool.bytes).toBe(0);
});

test('a file that went bad loses what can not be read and no other file', async () => {
  errors.length = 0;
  const directory = scratchDirectory();
  const spool = await open(directory, { segmentBytes: 40 });
  await append(spool, ...words(0, 6));
  const bytes = Buffer.from(await Bun.file(join(directory, '00000002')).arrayBuffer());
  bytes[20]! ^= 1;
  writeFileSync(join(directory, '00000002'), bytes);
  expect(await emptied(await open(directory))).toEqual(['record 0', 'record 1', 'record 2', 'record 4', 'record 5']);
  expect(existsSync(join(directory, '00000002.damaged'))).toBe(true);
  expect(errors).toHaveLength(1);
});

test('a directory that was deleted under its hands is made again', async () => {
  const directory = join(scratchDirectory(), 'deep/below');
  const spool = await open(directory);
  await append(spool, 'a');
  await emptied(spool);
  rmdirSync(directory);
  await append(spool, 'b');
  expect(await emptied(spool)).toEqual(['b']);
});

test.each([0, 2, 7])(
  'files that another process has brought home are passed over, with %p records read',
  async read => {
    errors.length = 0;
    const directory = scratchDirectory();
    const dead = await open(directory, { segmentBytes: 80 });
    await append(dead, ...words(0, 10));
    const [quick, slow] = [await open(directory), await open(directory)];
    for (let left = read; left > 0; left--) {
      await slow.read(1);
      await slow.drop(1);
    }
    // Five are in a file.
    const inFile = read % 5;
    expect(await emptied(quick)).toEqual(words(read - inFile, 10 - read + inFile));
    // What it has in its memory already it gives out.
    expect(await emptied(slow)).toEqual(inFile > 0 ? words(read, 5 - inFile) : []);
    expect([slow.bytes, errors]).toEqual([0, []]);
    await append(slow, 'own');
    expect(await emptied(slow)).toEqual(['own']);
  },
);

test('a file that was taken away while it took records is no hindrance to the next', async () => {
  const directory = scratchDirectory();
  const spool = await open(directory);
  await append(spool, 'a');
  rmSync(join(directory, '00000001'));
  expect(await emptied(spool)).toEqual([]);
  await append(spool, 'b');
  expect([await emptied(spool), readdirSync(directory)]).toEqual([['b'], []]);
});

test('a file that goes while a spool is being opened was never there', async () => {
  const directory = scratchDirectory();
  symlinkSync(join(directory, 'nowhere'), join(directory, '00000001'));
  expect((await open(directory)).bytes).toBe(0);
});
