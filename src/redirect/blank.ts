/**
 * Files of zeros, for records to be written over. An fsync of a file that grows has to bring its new length to the disk as
 * well, through the file system's journal, behind whoever else is there: 1 to 3 ms on a busy disk, and 20 at the 99th
 * percentile. One of a file that stays as it is takes 0.5 ms, and 4.
 */
import { Buffer } from 'node:buffer';
import * as fs from 'node:fs/promises';
import { openDurable } from './durable-file.ts';
import { frameAt } from './frames.ts';

/** On disk before the next is written: of a thousand fsyncs beside it one then waits 22 ms, and 35 beside all 8 MB at once. */
const pieceBytes = 1024 * 1024;
/**
 * Written at once. Linux keeps what is written at once in memory as one piece, and counts all of that as changed with each
 * record that is written over a part: records of 5 KB in pieces of 1 MB were 270 MB/s to it, and in these they are 6.
 */
const writeBytes = 16 * 1024;

/** Makes a file of zeros that is on disk, in the place of what may be there. */
export async function blankFile(path: string, bytes: number): Promise<fs.FileHandle> {
  const zeros = new Uint8Array(writeBytes);
  const file = await fs.open(path, 'w', 0o600);
  try {
    for (let at = 0; at < bytes; ) {
      at += (await file.write(zeros, 0, Math.min(writeBytes, bytes - at), at)).bytesWritten;
      if (at % pieceBytes === 0) await file.datasync();
    }
    await file.sync();
    return await openDurable(path, 'there');
  } catch (error) {
    await fs.rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Whether there is nothing in a file from a place on. */
export async function isBlank(path: string, from: number): Promise<boolean> {
  const file = await fs.open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - from));
    await file.read(bytes, 0, bytes.length, from);
    return isZero(bytes);
  } finally {
    await file.close();
  }
}

/** Where the records of a file end that another process has left: what is not blank behind the last one counts as some. */
export async function endOf(path: string): Promise<number> {
  const bytes = await fs.readFile(path);
  let end = 0;
  for (let next = frameAt(bytes, end); next; next = frameAt(bytes, end)) end = next.end;
  return isZero(bytes.subarray(end)) ? end : bytes.length;
}

/** Compared as a whole: byte by byte a file would take 50 ms. */
const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length));
