/**
 * One row of a PNG as RGBA, whatever its colour type and bit depth (W3C PNG §11.2.1, §13.12): grey, palette or RGB, with
 * or without alpha or one transparent colour, from 1 to 16 bits. Of 16 bits the upper eight are kept.
 */
import type { PngChunks } from './png-chunks.ts';

export type RowReader = (row: Uint8Array, count: number, out: Uint8Array) => void;

/** Undoes the filter of a row in place (§9.2), `step` bytes after the same of a pixel; false if there is no such filter. */
export function unfilter(row: Uint8Array, above: Uint8Array, step: number): boolean {
  const type = row[0]!;
  const { length } = row;
  const start = Math.min(1 + step, length);
  if (type === 1) {
    for (let i = start; i < length; i++) row[i] = row[i]! + row[i - step]!;
  } else if (type === 2) {
    for (let i = 1; i < length; i++) row[i] = row[i]! + above[i]!;
  } else if (type === 3) {
    for (let i = 1; i < start; i++) row[i] = row[i]! + (above[i]! >> 1);
    for (let i = start; i < length; i++) row[i] = row[i]! + ((row[i - step]! + above[i]!) >> 1);
  } else if (type === 4) {
    for (let i = 1; i < start; i++) row[i] = row[i]! + above[i]!;
    for (let i = start; i < length; i++) {
      const left = row[i - step]!;
      const up = above[i]!;
      const corner = above[i - step]!;
      const toLeft = Math.abs(up - corner);
      const toUp = Math.abs(left - corner);
      const toCorner = Math.abs(left + up - 2 * corner);
      row[i] = row[i]! + (toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
    }
  }
  return type <= 4;
}

/** @param broken what is thrown when a row names a colour that the palette does not have */
export function rowReader(chunks: PngChunks, broken: () => Error): RowReader {
  const { colorType, bitDepth, palette, transparency } = chunks;
  if (colorType === 3) return paletteReader(bitDepth, palette, transparency, broken);
  if (colorType === 6 && bitDepth === 8) return (row, count, out) => out.set(row.subarray(0, count * 4));
  const samples = { 0: 1, 2: 3, 4: 2, 6: 4 }[colorType]!;
  const isGrey = colorType === 0 || colorType === 4;
  const hasAlpha = colorType >= 4;
  const scale = bitDepth < 8 ? 255 / (2 ** bitDepth - 1) : 1;
  const clear = transparency.length > 0 ? clearColor(transparency) : undefined;
  if (colorType === 2 && bitDepth === 8 && !clear) return plainRgb;
  return (row, count, out) => {
    for (let i = 0, to = 0; i < count; i++, to += 4) {
      const at = i * samples;
      const red = eight(row, at, bitDepth) * scale;
      out[to] = red;
      out[to + 1] = isGrey ? red : eight(row, at + 1, bitDepth);
      out[to + 2] = isGrey ? red : eight(row, at + 2, bitDepth);
      if (hasAlpha) out[to + 3] = eight(row, at + samples - 1, bitDepth);
      else out[to + 3] = clear?.every((value, c) => full(row, at + c, bitDepth) === value) ? 0 : 255;
    }
  };
}

const plainRgb: RowReader = (row, count, out) => {
  for (let to = 0, at = 0; to < count * 4; to += 4, at += 3) {
    out[to] = row[at]!;
    out[to + 1] = row[at + 1]!;
    out[to + 2] = row[at + 2]!;
    out[to + 3] = 255;
  }
};

function paletteReader(bitDepth: number, palette: Uint8Array, alphas: Uint8Array, broken: () => Error): RowReader {
  const colors = palette.length / 3;
  return (row, count, out) => {
    for (let i = 0, to = 0; i < count; i++, to += 4) {
      const index = full(row, i, bitDepth);
      if (index >= colors) throw broken();
      out[to] = palette[index * 3]!;
      out[to + 1] = palette[index * 3 + 1]!;
      out[to + 2] = palette[index * 3 + 2]!;
      out[to + 3] = alphas[index] ?? 255;
    }
  };
}

/** A sample as it stands in the row, the first ones in the high bits. */
function full(row: Uint8Array, index: number, bitDepth: number): number {
  if (bitDepth === 8) return row[index]!;
  if (bitDepth === 16) return row[index * 2]! * 256 + row[index * 2 + 1]!;
  const bit = index * bitDepth;
  return (row[bit >> 3]! >> (8 - bitDepth - (bit & 7))) & (2 ** bitDepth - 1);
}

const eight = (row: Uint8Array, index: number, bitDepth: number): number =>
  bitDepth === 16 ? row[index * 2]! : full(row, index, bitDepth);

const clearColor = (transparency: Uint8Array): number[] =>
  Array.from({ length: transparency.length / 2 }, (_, i) => transparency[i * 2]! * 256 + transparency[i * 2 + 1]!);
