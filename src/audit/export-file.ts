/**
 * An organisation's ledger as a file. Its first line says what it is and holds a checkpoint that was signed for it.
 * Then comes every event of the organisation, one a line, exactly as it is hashed as a leaf of the tree: position, tab,
 * the stored columns. Between them stands, as JSON, what is needed to read what is sealed; behind them the bytes that
 * events name by their hash, and last the hash of all that went before. So a stranger can check it with `sha256sum` and
 * a few lines of their own.
 */
import { createHash, type Hash } from 'node:crypto';
import { Unproven } from '../proofs/note.ts';

/** The first line. */
export interface Header {
  readonly export: 1;
  readonly org: string;
  /** How many events follow. */
  readonly entries: number;
  /** Signed checkpoint of the moment of the export, for the organisation. */
  readonly checkpoint: string;
  /** The key's line, so that it can be compared; it is not believed. */
  readonly verifier: string;
  /** It is for checking only: what is sealed can't be read with it. */
  readonly withoutPads?: true;
}

/** What the next event is sealed with, in base 64. */
export interface PadRecord {
  readonly pad: string;
}

/** A name that a stream holds. */
export interface ClaimRecord {
  readonly claim: string;
  readonly stream: string;
}

/** Bytes by their hash. */
export interface BlobRecord {
  readonly blob: string;
  readonly type: string;
  readonly base64: string;
}

/** The last line. */
export interface Footer {
  readonly end: string;
}

export type ExportRecord = Header | PadRecord | ClaimRecord | BlobRecord | Footer;

/** What a file is made of, in order: entries as they are hashed, and records. */
export type Piece = { readonly entry: string } | { readonly record: ExportRecord };

/** Writes a file line by line and ends it with the hash of what it has written. */
export class ExportWriter {
  readonly #hash: Hash = createHash('sha256');
  readonly #write: (text: string) => Promise<void>;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  /** Lines as they are, each with its line feed. */
  async lines(text: string): Promise<void> {
    this.#hash.update(text);
    await this.#write(text);
  }

  record(record: Exclude<ExportRecord, Footer>): Promise<void> {
    return this.lines(`${JSON.stringify(record)}\n`);
  }

  async end(): Promise<void> {
    const footer: Footer = { end: this.#hash.digest('hex') };
    await this.#write(`${JSON.stringify(footer)}\n`);
  }
}

/** Reads a file; throws `Unproven` where it is none, was cut, or is not what its last line says. */
export async function* readExport(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const hash = createHash('sha256');
  let isEnded = false;
  for await (const line of linesOf(chunks)) {
    if (isEnded) throw new Unproven('Something follows behind the end of the export.');
    const piece = pieceOf(line);
    const record = 'record' in piece ? piece.record : undefined;
    if (record && 'end' in record) {
      isEnded = true;
      if (record.end !== hash.digest('hex') || line !== `${JSON.stringify({ end: record.end })}\n`) {
        throw new Unproven('The export is not as it was written: its hash is another one.');
      }
    } else hash.update(line);
    yield piece;
  }
  if (!isEnded) throw new Unproven('The export was cut: its last line is missing.');
}

/** What a line is; throws `Unproven` when it can be nothing. */
export function pieceOf(line: string): Piece {
  if (line.startsWith('{')) return { record: recordFrom(line) };
  if (/^\d/.test(line)) return { entry: line };
  throw new Unproven(`This is no line of an export: ${line.slice(0, 40)}`);
}

function recordFrom(line: string): ExportRecord {
  const record = parsed(line);
  if (record && shapes.some(shape => Object.entries(shape).every(([name, type]) => typeof record[name] === type))) {
    return record as unknown as ExportRecord;
  }
  throw new Unproven(`This is no line of an export: ${line.slice(0, 40)}`);
}

/** Fields that each kind of record has at least. */
const shapes: readonly Readonly<Record<string, 'string' | 'number'>>[] = [
  { export: 'number', org: 'string', entries: 'number', checkpoint: 'string', verifier: 'string' },
  { pad: 'string' },
  { claim: 'string', stream: 'string' },
  { blob: 'string', type: 'string', base64: 'string' },
  { end: 'string' },
];

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Lines of UTF-8 with their line feeds. Bytes that are no UTF-8 are refused, for they would be read as other ones, and so is
 * an end in the middle of a line.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  try {
    for await (const chunk of chunks) {
      rest += decoder.decode(chunk, { stream: true });
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        yield rest.slice(start, end + 1);
        start = end + 1;
      }
      rest = rest.slice(start);
    }
    if (rest !== '') throw new Unproven('The file was cut: it ends in the middle of a line.');
    decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Unproven('The export holds what is no text.');
    throw error;
  }
}
