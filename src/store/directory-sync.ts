/**
 * Makes the names in a directory outlive a power cut. An fsync of a file does so for what is in it, and no more: after a
 * rename the old name, or none, may be what is found. So the directory is brought to disk as well before anything is built
 * on the new name.
 */
import { open } from 'node:fs/promises';

/** Resolves when the names in a directory are on disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}
