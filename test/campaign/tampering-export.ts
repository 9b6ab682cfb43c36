/**
 * Every bit of an export changed one after the other. Where the change leaves an event an event, what is checked is that
 * its path leads to another root than the signed one; where it leaves a pad a pad, that it does not fit its event; both by
 * the functions that check a file. All else, and a sample of everything, is checked as a whole file.
 */
import { opens } from '../../src/audit/contents.ts';
import { checkExport } from '../../src/audit/export-check.ts';
import { type Piece, pieceOf, readExport } from '../../src/audit/export-file.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { leafHash } from '../../src/proofs/merkle.ts';
import { signerOf, Unproven } from '../../src/proofs/note.ts';
import { equal, rootFromInclusion } from '../../src/proofs/paths.ts';
import type { Sql } from '../../src/store/connect.ts';
import { pathsOf } from '../support/leaf-paths.ts';
import type { Finding } from './finding.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
const sampleEvery = 2_000;
const lineFeed = 10;

export async function bitsOfExport(sql: Sql, seed: number): Promise<Finding[]> {
  let text = '';
  await writeExport(sql, 'org_1', signer, async more => {
    text += more;
  });
  const bytes = Buffer.from(text);
  const lines = text.split(/(?<=\n)/);
  const isShortFound = shortCheck(lines);
  const counts = { short: 0, whole: 0, sampled: 0, differing: 0, unseen: 0 };
  let start = 0;
  for (const [i, line] of lines.entries()) {
    const end = start + Buffer.byteLength(line);
    for (let bit = 8 * start; bit < 8 * end; bit++) {
      const mask = 1 << (bit & 7);
      bytes[bit >> 3]! ^= mask;
      const isSameLine = bytes[bit >> 3] !== lineFeed && bit >> 3 < end - 1;
      const short = isSameLine ? isShortFound(i, bytes.subarray(start, end)) : undefined;
      const isFound = short ?? !(await isWhole(bytes));
      counts[short === undefined ? 'whole' : 'short'] += 1;
      if (!isFound) counts.unseen += 1;
      if (short !== undefined && (bit + seed) % sampleEvery === 0) {
        counts.sampled += 1;
        counts.differing += Number(!(await isWhole(bytes)) !== short);
      }
      bytes[bit >> 3]! ^= mask;
    }
    start = end;
  }
  const count = (what: string, value: number, holds = true): Finding => ({
    what,
    value: value.toLocaleString('en'),
    holds,
  });
  const isUntouched = await isWhole(bytes);
  return [
    count('bits of an export changed: its line checked', counts.short, counts.short > 1_000),
    count('bits of an export changed: the whole file checked', counts.whole),
    count('sampled: the whole file beside its line', counts.sampled, counts.sampled > 0),
    count('sampled, and not the same was said', counts.differing, counts.differing === 0),
    count('bits of an export not found', counts.unseen, counts.unseen === 0),
    count('exports that nobody has changed, and that are whole', Number(isUntouched), isUntouched),
  ];
}

/** Whether a changed line is found by itself, without the file's last line; undefined when the whole has to be seen. */
function shortCheck(lines: readonly string[]): (i: number, changed: Uint8Array) => boolean | undefined {
  const pieces = lines.map(pieceOf);
  const entries = pieces.flatMap(piece => ('entry' in piece ? [piece.entry] : []));
  const { root, paths } = pathsOf(entries.map(leafHash));
  let seen = 0;
  const indexOf = pieces.map(piece => ('entry' in piece ? seen++ : seen));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (i, changed) => {
    let piece: Piece;
    try {
      piece = pieceOf(decoder.decode(changed));
    } catch (error) {
      if (error instanceof TypeError || error instanceof Unproven) return true;
      throw error;
    }
    const before = pieces[i]!;
    const index = indexOf[i]!;
    if ('entry' in piece && 'entry' in before) {
      return !equal(rootFromInclusion(leafHash(piece.entry), index, entries.length, paths[index]!)!, root);
    }
    if (!('record' in piece && 'record' in before && 'pad' in piece.record && 'pad' in before.record)) return undefined;
    return opens(Buffer.from(piece.record.pad, 'base64'), entries[index]!) ? undefined : true;
  };
}

async function isWhole(bytes: Uint8Array): Promise<boolean> {
  async function* file() {
    yield bytes;
  }
  const checking = checkExport(readExport(file()), { verifier: signer, kept: [] });
  try {
    while (!(await checking.next()).done);
    return true;
  } catch (error) {
    if (error instanceof Unproven) return false;
    throw error;
  }
}
