/**
 * The pixels of an uploaded PNG, at most 1024 on a side. They are unpacked as a stream and averaged into the small
 * picture row by row, so that the memory it takes does not depend on what the file claims or unpacks to: unpacking stops
 * at the first byte that does not belong to a picture of the size in its header.
 */
import { once } from 'node:events';
import { createInflate } from 'node:zlib';
import { refused } from './logo-refusal.ts';
import { Averages } from './png-averages.ts';
import { type PngChunks, pngChunks } from './png-chunks.ts';
import { rowReader, unfilter } from './png-rows.ts';
import type { Pixels } from './png-writer.ts';

/** The seven passes of an interlaced picture (PNG §8.2), and the one of any other: first pixel and steps. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const whole = [[0, 0, 1, 1]] as const;

const broken = () => refused('malformed', 'The pixels of the PNG are broken.');

/** @throws Problem saying what is wrong with the file */
export async function readPng(file: Uint8Array, sideMax: number): Promise<Pixels> {
  const chunks = pngChunks(file);
  const { width, height, isInterlaced } = chunks;
  const picture = new Averages(width, height, Math.ceil(Math.max(width, height) / sideMax));
  const bytesPerPixel = ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[chunks.colorType]! * chunks.bitDepth) / 8;
  const passes = (isInterlaced ? adam7 : whole)
    .map(([x, y, dx, dy]) => ({
      x,
      y,
      dx,
      dy,
      columns: Math.ceil((width - x) / dx),
      rows: Math.ceil((height - y) / dy),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const rows = passes.flatMap(pass => Array.from({ length: pass.rows }, (_, row) => ({ pass, row })));
  const strideOf = (columns: number) => Math.ceil(columns * bytesPerPixel);
  const total = rows.reduce((sum, { pass }) => sum + 1 + strideOf(pass.columns), 0);

  const read = rowReader(chunks, broken);
  const pixels = new Uint8Array(width * 4);
  const step = Math.max(1, bytesPerPixel);
  let index = 0;
  let current = new Uint8Array(1 + strideOf(rows[0]!.pass.columns));
  let previous = new Uint8Array(current.length);
  let filled = 0;
  for await (const piece of unpacked(chunks.packed, total)) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + current.length - filled);
      current.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < current.length) continue;
      const { pass, row } = rows[index++]!;
      if (!unfilter(current, previous, step)) throw broken();
      read(current.subarray(1), pass.columns, pixels);
      picture.addRow(pixels, pass.columns, pass.x, pass.dx, pass.y + row * pass.dy);
      const next = rows[index];
      if (next === undefined) break;
      if (next.pass === pass) [current, previous] = [previous, current];
      else {
        current = new Uint8Array(1 + strideOf(next.pass.columns));
        previous = new Uint8Array(current.length);
      }
      filled = 0;
    }
  }
  return picture.pixels();
}

/** The unpacked bytes, exactly as many as there must be, from a stream that ends where the file's does. */
async function* unpacked(packed: PngChunks['packed'], total: number): AsyncGenerator<Uint8Array> {
  const inflate = createInflate({ chunkSize: 64 * 1024 });
  const failed = once(inflate, 'error').then(() => Promise.reject(broken()));
  failed.catch(() => {});
  const input = Buffer.concat(packed);
  let count = 0;
  try {
    inflate.end(input);
    for await (const piece of inflate as AsyncIterable<Uint8Array>) {
      count += piece.length;
      if (count > total) break;
      yield piece;
    }
  } catch {
    throw broken();
  } finally {
    inflate.destroy();
  }
  if (count !== total || inflate.bytesWritten !== input.length) throw broken();
}
