/**
 * Records that wait on disk, in files of some megabytes, oldest first: appended with an fsync each, read in the same
 * order, and gone when they have been dropped. One that was appended is there after a kill at any moment. What can't be
 * read at the end of a file is put aside, never deleted. A file that is gone was brought home by another process.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../store/directory-sync.ts';
import { blankFile, endOf, isBlank } from './blank.ts';
import { ifGone, openDurable, writeDurably } from './durable-file.ts';
import { frame, frameAt } from './frames.ts';

/** Enough for some 60,000 scans a file, so that what was drained gives its room back soon. */
const segmentBytesDefault = 2 * 1024 * 1024;
/**
 * With so much in a file, some 250 scans, there is more to come, and one of zeros is made, which takes it as soon as it is
 * there. With 128 KB the first third of a second of each load went to a file that grows: single writes took 5 to 14 ms.
 */
const spareFromDefault = 8 * 1024;
const spareName = 'spare';

export interface SpoolOptions {
  readonly directory: string;
  /** Most bytes that may wait. */
  readonly bytesMax: number;
  readonly segmentBytes?: number;
  /** Bytes of a file with which the next one is made beforehand. */
  readonly spareFrom?: number;
  /** Makes a file that is not there yet. */
  readonly create?: (path: string) => Promise<fs.FileHandle>;
  readonly onError: (error: unknown, name: string) => void;
}

/** There is no room for another record; nothing of it was kept. */
export class SpoolFull extends Error {}

interface Segment {
  readonly path: string;
  /** Bytes that are known to be on disk. */
  length: number;
  /** Whether it was made of zeros. */
  readonly isMade?: boolean;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #number: number;
  /** The last segment, while it takes records. */
  #writer: fs.FileHandle | undefined;
  #isWriting = false;
  /** The next segment, made beside everything else. */
  #spare: fs.FileHandle | undefined;
  #making: Promise<void> | undefined;
  /** Bytes of the first segment that were dropped. */
  #offset = 0;
  /** What was read of the first segment, from `#offset` on, and the ends of the records given out. */
  #loaded: Uint8Array = new Uint8Array();
  #ends: number[] = [];

  private constructor(options: SpoolOptions, segments: Segment[], number: number) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? segmentBytesDefault;
    this.#segments = segments;
    this.#number = number;
  }

  /** Opens a directory, which is made if it is missing, with what was left there. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory } = options;
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    const names = (await fs.readdir(directory)).filter(name => /^\d{8}$/.test(name)).sort();
    const segments: Segment[] = [];
    for (const path of names.map(name => join(directory, name))) {
      const length = (await endOf(path).catch(ifGone)) ?? 0;
      if (length > 0) segments.push({ path, length });
      else await fs.rm(path, { force: true });
    }
    await fs.rm(join(directory, spareName), { force: true });
    return new Spool(options, segments, Number(names.at(-1) ?? 0));
  }

  /** Most bytes that may wait. */
  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, 0) - this.#offset;
  }

  /** Resolves when the record is on disk; one at a time. Rejects with `SpoolFull` when there is no room. */
  async append(payload: Uint8Array): Promise<void> {
    const bytes = frame(payload);
    const { bytesMax } = this.#options;
    if (this.bytes + bytes.length > bytesMax) throw new SpoolFull(`the spool holds ${bytesMax} bytes at most`);
    this.#isWriting = true;
    try {
      const { writer, segment } = await this.#open(bytes.length);
      await writeDurably(writer, bytes, segment.length);
      segment.length += bytes.length;
      const { spareFrom = spareFromDefault } = this.#options;
      if (segment.length >= spareFrom) this.#making ??= this.#make();
    } catch (error) {
      await this.#abandon();
      if (/^(ENOSPC|EDQUOT)$/.test(String((error as { code?: unknown }).code)))
        throw new SpoolFull('the disk is full', { cause: error });
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  /** The oldest records, one at least and more up to a number of bytes; none when nothing waits. */
  async read(bytesMax: number): Promise<Uint8Array[]> {
    for (let segment = this.#segments[0]; segment; segment = this.#segments[0]) {
      if (!frameAt(this.#loaded, 0)) await this.#load(segment);
      const payloads: Uint8Array[] = [];
      this.#ends = [];
      for (let end = 0; end < bytesMax; ) {
        const next = frameAt(this.#loaded, end);
        if (!next) break;
        payloads.push(next.payload);
        this.#ends.push(next.end);
        end = next.end;
      }
      if (payloads.length > 0) return payloads;
      // Records may have come while it was being read.
      if (this.#offset + this.#loaded.length < segment.length) continue;
      if (!(await this.#finish(segment))) return [];
    }
    return [];
  }

  /** Drops the first records of those read last. */
  async drop(count: number): Promise<void> {
    const end = this.#ends[count - 1] ?? 0;
    this.#ends = [];
    this.#offset += end;
    this.#loaded = this.#loaded.subarray(end);
    const [segment] = this.#segments;
    if (segment && this.#offset >= segment.length) await this.#finish(segment);
  }

  /** Ends the file at hand: the next record begins another. */
  async close(): Promise<void> {
    await this.#end();
    await this.#discard();
  }

  /** The segment that a record of this length goes to. */
  async #open(length: number): Promise<{ writer: fs.FileHandle; segment: Segment }> {
    const last = this.#segments.at(-1);
    const isBetter = this.#spare !== undefined && !last?.isMade;
    if (last && (isBetter || last.length + length > this.#segmentBytes)) await this.#end();
    if (this.#writer && last) return { writer: this.#writer, segment: last };
    const { directory, create } = this.#options;
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, String(++this.#number).padStart(8, '0'));
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) this.#making = undefined;
    const isMade = spare !== undefined && (await fs.rename(join(directory, spareName), path).then(isDone, isFailed));
    if (!isMade) await spare?.close();
    this.#writer = isMade ? spare : await (create ? create(path) : openDurable(path, 'new'));
    const segment = { path, length: 0, isMade };
    this.#segments.push(segment);
    await syncDirectory(directory);
    return { writer: this.#writer, segment };
  }

  /** Where that fails, segments grow as they are written until nothing waits any more. */
  async #make(): Promise<void> {
    const path = join(this.#options.directory, spareName);
    this.#spare = await blankFile(path, this.#segmentBytes).catch(() => undefined);
  }

  /** Takes the spare away, unless there is much to write again. */
  async #discard(): Promise<void> {
    const making = this.#making;
    await making;
    if (this.#making !== making) return;
    const spare = this.#spare;
    this.#spare = undefined;
    this.#making = undefined;
    await spare?.close();
    await fs.rm(join(this.#options.directory, spareName), { force: true });
  }

  async #end(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close().catch(() => {});
  }

  /** After a failed fsync nothing is known of the file's end, which may be half on disk: it takes no more records. */
  async #abandon(): Promise<void> {
    const segment = this.#writer && this.#segments.at(-1);
    if (!segment) return;
    await this.#writer?.truncate(segment.length).catch(() => {});
    await this.#end();
    if (segment.length > 0) return;
    this.#segments.pop();
    await fs.rm(segment.path, { force: true });
  }

  async #load(segment: Segment): Promise<void> {
    const bytes = new Uint8Array(segment.length - this.#offset);
    const file = await fs.open(segment.path).catch(ifGone);
    try {
      let filled = 0;
      while (filled < bytes.length) {
        const read = await file?.read(bytes, filled, bytes.length - filled, this.#offset + filled);
        filled += read?.bytesRead ?? 0;
        if (read?.bytesRead) continue;
        // Somebody has cut it or taken it away: there is no more to come.
        segment.length = this.#offset + filled;
        break;
      }
      this.#loaded = bytes.subarray(0, filled);
    } finally {
      await file?.close();
    }
  }

  /** Takes the first segment away, which has no record any more; false while it may yet get one. */
  async #finish(segment: Segment): Promise<boolean> {
    const isLast = segment === this.#segments.at(-1);
    if (isLast && this.#isWriting) return false;
    if (isLast) await this.#end();
    await this.#remove(segment.path).catch(ifGone);
    this.#segments.shift();
    this.#offset = 0;
    this.#loaded = new Uint8Array();
    if (this.#segments.length === 0) await this.#discard();
    return true;
  }

  async #remove(path: string): Promise<void> {
    const left = (await fs.stat(path)).size - this.#offset;
    if (left <= 0 || (await isBlank(path, this.#offset))) return fs.rm(path);
    await fs.rename(path, `${path}.damaged`);
    this.#options.onError(new Error(`${left} bytes of ${path} are no records; kept as ${path}.damaged`), 'spool');
  }
}

const isDone = (): boolean => true;
const isFailed = (): boolean => false;
