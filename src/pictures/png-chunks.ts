/**
 * The outside of an uploaded PNG (W3C PNG, third edition, §5): its chunks in a right order with right checksums, one
 * picture of a size we take, and not a byte after the end, where other kinds of files like to live. Nothing is unpacked
 * here; what is found is what unpacking needs.
 */
import { crc32 } from 'node:zlib';
import { quoted, refused } from './logo-refusal.ts';
import { pngSignature } from './png-writer.ts';

export const pngSideMax = 4096;

export interface PngChunks {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colorType: number;
  readonly isInterlaced: boolean;
  /** RGB for each entry; empty unless the colours are a palette. */
  readonly palette: Uint8Array;
  /** As in the file: alpha of palette entries, or the one colour that is transparent. */
  readonly transparency: Uint8Array;
  /** Packed pixels, in the pieces of the file. */
  readonly packed: readonly Uint8Array[];
}

const bitDepths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

const broken = (detail: string) => refused('malformed', `The PNG is broken: ${detail}.`);

/** @throws Problem saying what is wrong with the file */
export function pngChunks(file: Uint8Array): PngChunks {
  const chunks = [...chunksOf(file)];
  const [first] = chunks;
  if (first?.type !== 'IHDR' || first.data.length !== 13) throw broken('it does not begin with its size');
  const header = headerOf(first.data);
  let palette = new Uint8Array();
  let transparency = new Uint8Array();
  const packed: Uint8Array[] = [];
  let last = '';
  for (const { type, data } of chunks.slice(1)) {
    if (type === 'acTL' || type === 'fcTL' || type === 'fdAT') throw refused('animated', 'A logo can not be animated.');
    if (type === 'PLTE') {
      const isRight = palette.length === 0 && packed.length === 0 && data.length > 0 && data.length % 3 === 0;
      const isWanted = header.colorType !== 0 && header.colorType !== 4;
      if (!isRight || !isWanted || data.length > 768) throw broken('its palette is wrong or not where it belongs');
      palette = data;
    } else if (type === 'tRNS') {
      if (transparency.length > 0 || packed.length > 0) throw broken('its transparency is not where it belongs');
      transparency = data;
    } else if (type === 'IDAT') {
      if (packed.length > 0 && last !== 'IDAT') throw broken('its pixels are not in one place');
      packed.push(data);
    } else if (type === 'IEND') {
      if (data.length > 0) throw broken('its end holds data');
    } else if (/^[A-Z]/.test(type)) throw refused('not_allowed', `The PNG has the unknown part ${quoted(type)}.`);
    last = type;
  }
  if (packed.length === 0) throw broken('it has no pixels');
  checkTransparency(header.colorType, palette, transparency);
  return { ...header, palette: header.colorType === 3 ? palette : new Uint8Array(), transparency, packed };
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

function* chunksOf(file: Uint8Array): Generator<Chunk> {
  const bytes = file as Uint8Array<ArrayBuffer>;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = pngSignature.length; ; ) {
    if (at + 12 > bytes.length) throw broken('it ends too early');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw broken('a part of it has no name');
    if (at + 12 + length > bytes.length) throw broken('it ends too early');
    const end = at + 8 + length;
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) throw broken('a checksum does not match');
    yield { type, data: bytes.subarray(at + 8, end) };
    at = end + 4;
    if (type !== 'IEND') continue;
    if (at !== bytes.length) throw refused('trailing_data', 'The file goes on after the end of the picture.');
    return;
  }
}

function headerOf(data: Uint8Array) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth = 0, colorType = 0, compression, filter, interlace] = data.subarray(8);
  if (!bitDepths[colorType]?.includes(bitDepth) || compression !== 0 || filter !== 0 || interlace! > 1) {
    throw broken('its header names a kind of picture that does not exist');
  }
  if (width === 0 || height === 0) throw broken('it has no size');
  if (width > pngSideMax || height > pngSideMax) {
    throw refused(
      'size',
      `The picture has ${width} × ${height} pixels; at most ${pngSideMax} × ${pngSideMax} are taken.`,
    );
  }
  return { width, height, bitDepth, colorType, isInterlaced: interlace === 1 };
}

function checkTransparency(colorType: number, palette: Uint8Array, transparency: Uint8Array): void {
  if (colorType === 3 && palette.length === 0) throw broken('it has no palette');
  if (transparency.length === 0) return;
  const isRight =
    colorType === 3 ? transparency.length * 3 <= palette.length : transparency.length === { 0: 2, 2: 6 }[colorType];
  if (!isRight) throw broken('its transparency does not fit its colours');
}
