/**
 * Files of the auditor's command line: read and written as they stream, packed with gzip where their name ends in `.gz`.
 * What is written may also go to standard output, named `-`.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Unproven } from '../proofs/note.ts';

const isPacked = (path: string): boolean => path.endsWith('.gz');

/** The bytes of a file. */
export function readBytes(path: string): AsyncIterable<Uint8Array> {
  refuseDirectory(path);
  const file = createReadStream(path);
  if (!isPacked(path)) return file;
  const unpacked = createGunzip();
  file.on('error', error => unpacked.destroy(error));
  return unpackable(file.pipe(unpacked), path);
}

async function* unpackable(stream: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    if ((error as { path?: unknown }).path !== undefined) throw error;
    throw new Unproven(`${path} can't be unpacked: ${(error as Error).message}`);
  }
}

export function readText(path: string): string {
  refuseDirectory(path);
  return readFileSync(path, 'utf8');
}

/** Said by its name: what the operating system says of it has none. */
function refuseDirectory(path: string): void {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isDirectory) throw new Unproven(`${path} is a directory, not a file.`);
}

/** What the operating system says of a directory that is missing sounds as if the file were. */
function refuseStray(path: string): void {
  if (!existsSync(dirname(path))) throw new Unproven(`There is no directory ${dirname(path)}.`);
}

export interface Output {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Resolves when all of it is with the operating system. */
  close(): Promise<void>;
}

/** Begins a file with the first text, which must not be there yet: nothing is overwritten by a slip. */
export function openOutput(path: string): Output {
  let begun: Output | undefined;
  const output = () => {
    begun ??= begin(path);
    return begun;
  };
  return { write: text => output().write(text), close: () => output().close() };
}

function begin(path: string): Output {
  refuseStray(path);
  const file: Writable = path === '-' ? process.stdout : createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const packed = isPacked(path) ? createGzip() : undefined;
  packed?.pipe(file);
  const into = packed ?? file;
  // Standard output is not ours to end, but whoever reads it may have enough of it.
  const ending = path === '-' ? new Promise<void>((_, reject) => file.once('error', reject)) : finished(file);
  // Whoever waits hears of a failure; when nobody does, the next who waits.
  ending.catch(() => {});
  return {
    write: async text => {
      if (!into.write(text)) await Promise.race([once(into, 'drain'), ending]);
    },
    close: async () => {
      if (path === '-') return;
      into.end();
      await ending;
    },
  };
}
