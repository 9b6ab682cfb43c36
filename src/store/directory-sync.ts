/**
 * Makes the names in a directory outlive a power cut. An fsync of a file does so for what is in it, and no more: after a
 * rename the old name, or none, may be what is found. So the directory is brought to disk as well before anything is built
 * on the new name.
 */
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';

/** Resolves when the names in a directory are on disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}

/**
 * Puts a small file, for this user alone, in the place of what may be there: after a power cut at any moment it is the old
 * one or the new one.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}`;
  await rm(half, { force: true });
  await writeFile(half, text, { mode: 0o600, flush: true });
  await rename(half, path);
  await syncDirectory(dirname(path));
}
