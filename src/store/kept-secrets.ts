/**
 * The secrets that a redirect node works with, kept beside its other data, so that it can start while the database that
 * has them is down. They are the database's: what it says replaces what was kept, and what can't be read was not kept.
 */
import { Buffer } from 'node:buffer';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from './connect.ts';
import { replaceFile } from './directory-sync.ts';
import { secret } from './secrets.ts';

export class KeptSecrets {
  readonly #path: string;
  readonly #directory: string;
  #known = new Map<string, Uint8Array>();

  /** Those that are kept in a directory. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, 'redirect-secrets.json');
  }

  /** Reads what was kept; tells whether all of these were. */
  async load(names: readonly string[]): Promise<boolean> {
    const kept: Record<string, string> = await readFile(this.#path, 'utf8')
      .then(text => JSON.parse(text))
      .catch(() => ({}));
    for (const [name, hex] of Object.entries(kept)) {
      this.#known.set(name, new Uint8Array(Buffer.from(hex, 'hex')));
    }
    return names.every(name => this.#known.has(name));
  }

  /** Asks the database for these, and keeps them. */
  async renew(sql: Sql, names: readonly string[]): Promise<void> {
    const found = await Promise.all(names.map(async name => [name, await secret(sql, name)] as const));
    this.#known = new Map(found);
    const text = JSON.stringify(Object.fromEntries(found.map(([name, bytes]) => [name, hexOf(bytes)])));
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await replaceFile(this.#path, text);
  }

  /** The secret of this name, which has to be known. */
  get(name: string): Uint8Array {
    const bytes = this.#known.get(name);
    if (!bytes) throw new Error(`the secret "${name}" is in the database only`);
    return bytes;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
