/**
 * The entries on disk, so that a redirect node can start while the database is down: all of them as they once were, and
 * behind that each change as it came, so that what was answered before a kill is answered after it too. It is rewritten
 * when the changes outweigh the rest. Nothing depends on it while the database is there: what is not whole or belongs to
 * another ledger is passed over, and the file is made anew.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyEvent } from '../../events/index.ts';
import { ifGone } from './durable-file.ts';
import { frame, frameAt, frameBytesMax } from './frames.ts';

/** Raised when the texts change their meaning; older files are passed over then. */
const format = 1;
/** Changes that are worth no rewriting. */
const appendedMin = 16 * 1024 * 1024;
/** Texts of one record; also what is read at once. */
const pieceBytes = 1024 * 1024;

/** How far a log goes in which ledger: the event that was taken in last tells it from another one's. */
export interface Mark {
  readonly ledger: string;
  readonly position: number;
  readonly last?: Pick<AnyEvent, 'position' | 'stream' | 'version' | 'at'> | undefined;
}

export interface EntryLogOptions {
  readonly directory: string;
  /** Name of this process: it writes a file of its own, and reads what any other has left. */
  readonly node: string;
  readonly onError: (error: unknown, name: string) => void;
}

/** A file that takes changes: its bytes, and how many of them are all entries as they once were. */
interface Sheet {
  readonly file: fs.FileHandle;
  readonly base: number;
  length: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const isLog = (name: string): boolean => /^redirects-\w+\.log(\.new)?$/.test(name);

export class EntryLog {
  readonly #options: EntryLogOptions;
  readonly #path: string;
  #sheet: Sheet | undefined;
  #pending: string[] = [];
  #mark: Mark | undefined;
  #writing: Promise<void> | undefined;
  /** What came during a rewriting, for the new file. */
  #since: string[] | undefined;
  #rewriting: Promise<boolean> | undefined;
  /** Whether the file holds what was erased. */
  #spoilt = false;

  constructor(options: EntryLogOptions) {
    this.#options = options;
    this.#path = join(options.directory, `redirects-${options.node}.log`);
  }

  /** Hands out the texts of the newest log; resolves with how far it goes, or undefined when there is none. */
  async read(onText: (text: string) => void): Promise<Mark | undefined> {
    const { directory } = this.#options;
    const names = await fs.readdir(directory).catch(() => []);
    const paths = names.filter(name => isLog(name) && name.endsWith('.log')).map(name => join(directory, name));
    // Another process on this directory takes away those that its own one replaces, also while they are looked at here.
    const found = await Promise.all(paths.map(async path => ({ path, at: await fs.stat(path).then(timeOf, ifGone) })));
    for (const { path } of found.sort((a, b) => (b.at ?? 0) - (a.at ?? 0))) {
      const mark = await readSheet(path, onText).catch(ifGone);
      if (mark) return mark;
    }
    return undefined;
  }

  /** Notes changed entries, and how far they go with them. */
  append(texts: readonly string[], mark: Mark): void {
    this.#mark = mark;
    this.#since?.push(...texts);
    if (!this.#sheet) return;
    this.#pending.push(...texts);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Something that stands in the file was erased: it has to be written anew. */
  spoil(): void {
    this.#spoilt = true;
  }

  /** Whether the changes outweigh the rest, something was erased, or nothing was written yet. */
  get isDue(): boolean {
    if (this.#rewriting) return false;
    return this.#spoilt || !this.#sheet || this.#sheet.length - this.#sheet.base > this.#sheet.base + appendedMin;
  }

  /** Writes all entries to a new file that takes the old one's place when it is whole; tells whether it is. */
  rewrite(texts: Iterable<readonly string[]>, mark: Mark): Promise<boolean> {
    if (this.#rewriting) return this.#rewriting;
    this.#since = [];
    this.#spoilt = false;
    this.#rewriting = this.#rewrite(texts, mark, this.#since)
      .then(
        () => true,
        error => {
          this.#spoilt = true;
          this.#options.onError(error, 'entry log');
          return false;
        },
      )
      .finally(() => {
        this.#rewriting = undefined;
        this.#since = undefined;
      });
    return this.#rewriting;
  }

  async close(): Promise<void> {
    await this.#rewriting;
    await this.#writing;
    await this.#sheet?.file.close();
    this.#sheet = undefined;
  }

  async #write(): Promise<void> {
    // In the next turn, so that what comes together is one record.
    await Promise.resolve();
    while (this.#pending.length > 0 && this.#sheet) {
      const sheet = this.#sheet;
      const bytes = framed(this.#pending.splice(0), this.#mark);
      try {
        await writeAll(sheet.file, bytes, sheet.length);
        sheet.length += bytes.length;
      } catch (error) {
        this.#options.onError(error, 'entry log');
        // It has a hole now; the next rewriting makes it anew.
        if (this.#sheet === sheet) this.#sheet = undefined;
        await sheet.file.close().catch(() => {});
      }
    }
  }

  async #rewrite(texts: Iterable<readonly string[]>, mark: Mark, since: readonly string[]): Promise<void> {
    const { directory } = this.#options;
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    const half = `${this.#path}.new`;
    const file = await fs.open(half, 'w', 0o600);
    let length = 0;
    const put = async (bytes: Uint8Array) => {
      await writeAll(file, bytes, length);
      length += bytes.length;
    };
    try {
      // So much holds wherever it should turn out to be cut: the rest is then read from the ledger.
      await put(framed([], { ledger: mark.ledger, position: 0 }));
      for (const part of texts) await put(framed(part));
      await put(framed([], mark));
      const base = length;
      await file.datasync();
      await fs.rename(half, this.#path);
      const before = this.#sheet;
      this.#since = undefined;
      this.#sheet = { file, base, length };
      if (since.length > 0) this.append(since, this.#mark ?? mark);
      await this.#writing;
      await before?.file.close();
    } catch (error) {
      await file.close().catch(() => {});
      await fs.rm(half, { force: true });
      throw error;
    }
    for (const name of (await fs.readdir(directory)).filter(isLog)) {
      const path = join(directory, name);
      if (path !== this.#path) await fs.rm(path, { force: true });
    }
  }
}

const timeOf = ({ mtimeMs }: { mtimeMs: number }): number => mtimeMs;

/** Texts as records, and behind them how far they go. */
function framed(texts: readonly string[], mark?: Mark): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let from = 0, to = 0; from < texts.length; from = to) {
    for (let length = 0; to < texts.length && length < pieceBytes; to++) length += texts[to]!.length;
    frames.push(frame(encoder.encode(texts.slice(from, to).join('\n'))));
  }
  if (mark) frames.push(frame(encoder.encode(JSON.stringify({ format, ...mark }))));
  return Buffer.concat(frames);
}

async function writeAll(file: fs.FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

/** Reads a file as far as it is whole; undefined when it is none of this release. */
async function readSheet(path: string, onText: (text: string) => void): Promise<Mark | undefined> {
  let mark: Mark | undefined;
  for await (const payload of payloadsOf(path)) {
    const text = decoder.decode(payload);
    if (text.startsWith('{')) {
      const { format: its, ...read } = JSON.parse(text) as Mark & { format: number };
      if (its !== format) return undefined;
      mark = read;
    } else if (mark) for (const line of text.split('\n')) onText(line);
    else return undefined;
  }
  return mark;
}

async function* payloadsOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await fs.open(path);
  try {
    let bytes = new Uint8Array();
    for (let position = 0; ; ) {
      const piece = new Uint8Array(pieceBytes);
      const { bytesRead } = await file.read(piece, 0, piece.length, position);
      position += bytesRead;
      bytes = Buffer.concat([bytes, piece.subarray(0, bytesRead)]);
      let end = 0;
      for (let next = frameAt(bytes, 0); next; next = frameAt(bytes, end)) {
        yield next.payload;
        end = next.end;
      }
      bytes = bytes.subarray(end);
      if (bytesRead === 0 || bytes.length > frameBytesMax + 8) return;
    }
  } finally {
    await file.close();
  }
}
