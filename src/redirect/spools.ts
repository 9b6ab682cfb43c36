/**
 * The spools of a data directory: one for each process, so that none writes into another's, and those that dead
 * processes have left. A process is known to be dead by its identity on this machine; of one on another machine or in
 * another container, which may share the volume, by its sign of life that fails to come.
 */
import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { identity } from '../store/cluster.ts';
import { Spool } from './spool.ts';

/** Longest silence of a process elsewhere that is taken for alive. */
const silenceMs = 60_000;

export interface SpoolsOptions {
  readonly directory: string;
  /** Name of this process, never the same twice. */
  readonly node: string;
  /** Most bytes that may wait in this process's own. */
  readonly bytesMax: number;
  readonly onError: (error: unknown, name: string) => void;
}

export class Spools {
  readonly own: Spool;
  readonly #options: SpoolsOptions;
  #left: { readonly path: string; readonly spool: Spool }[] = [];
  #signedAt = Date.now();

  private constructor(options: SpoolsOptions, own: Spool) {
    this.#options = options;
    this.own = own;
  }

  static async open(options: SpoolsOptions): Promise<Spools> {
    const { directory, node, bytesMax, onError } = options;
    const own = await Spool.open({ directory: join(directory, node), bytesMax, onError });
    const spools = new Spools(options, own);
    await spools.#sign();
    await spools.look();
    return spools;
  }

  /** Bytes that wait in all of them. */
  get bytes(): number {
    return this.#left.reduce((sum, { spool }) => sum + spool.bytes, this.own.bytes);
  }

  /** Those that somebody left, then this process's own. */
  get all(): readonly Spool[] {
    return [...this.#left.map(({ spool }) => spool), this.own];
  }

  /**
   * Resolves when the record is on disk in this process's own spool. A process that was frozen may have been taken for dead,
   * and its file been drained and deleted under its hands: then it is written once more, to another. Who finds it in both
   * knows it by its stream and version.
   */
  async append(record: Uint8Array): Promise<void> {
    for (;;) {
      await this.own.append(record);
      // Asked behind the write: whatever froze it, nobody had taken over before it was there.
      if (!this.#wasSilent()) return;
      await this.#speak();
    }
  }

  /** Gives a sign of life, and takes over what dead processes have left. */
  async look(): Promise<void> {
    const { directory, node, bytesMax, onError } = this.#options;
    await this.#speak();
    for (const name of await fs.readdir(directory)) {
      const path = join(directory, name);
      if (name === node || this.#left.some(left => left.path === path) || !(await isAbandoned(path))) continue;
      const spool = await Spool.open({ directory: path, bytesMax, onError });
      if (spool.bytes > 0) this.#left.push({ path, spool });
      else await remove(path);
    }
  }

  /** Whether this process may have been taken for dead. Clocks of two machines may be apart by the other half. */
  #wasSilent(): boolean {
    return Date.now() - this.#signedAt > silenceMs / 2;
  }

  /** Gives a sign of life. What others may have taken away takes no more records. */
  async #speak(): Promise<void> {
    const { directory, node } = this.#options;
    if (this.#wasSilent()) await this.own.close();
    this.#signedAt = Date.now();
    const now = new Date(this.#signedAt);
    await fs.utimes(join(directory, node, 'owner'), now, now).catch(() => this.#sign());
  }

  /** Says whose directory it is; again where somebody who took this process for dead has removed that. */
  async #sign(): Promise<void> {
    const own = join(this.#options.directory, this.#options.node);
    await fs.mkdir(own, { recursive: true, mode: 0o700 });
    await fs.writeFile(join(own, 'owner'), `${hostname()} ${identity(process.pid)}`, { mode: 0o600 });
  }

  /** Forgets what was left and is drained by now. */
  async tidy(): Promise<void> {
    for (const { path } of this.#left.filter(({ spool }) => spool.bytes === 0)) await remove(path);
    this.#left = this.#left.filter(({ spool }) => spool.bytes > 0);
  }

  async close(): Promise<void> {
    for (const spool of this.all) await spool.close();
    await this.tidy();
    if (this.own.bytes === 0) await remove(join(this.#options.directory, this.#options.node));
  }
}

/** Not recursively: what was put aside stays, and so does the directory then. */
async function remove(path: string): Promise<void> {
  await fs.rm(join(path, 'owner'), { force: true });
  await fs.rmdir(path).catch(() => {});
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = join(path, 'owner');
  const said = await fs.readFile(owner, 'utf8').catch(() => undefined);
  const seen = await fs.stat(said === undefined ? path : owner).catch(() => undefined);
  if (!seen) return false;
  const [host, process = ''] = said?.split(' ') ?? [];
  if (host === hostname() && process !== '') return identity(Number.parseInt(process, 10)) !== process;
  return Date.now() - seen.mtimeMs > silenceMs;
}
