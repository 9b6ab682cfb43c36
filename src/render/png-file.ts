/**
 * The frame of a PNG file: signature, header, chunks with their check sums (W3C PNG, third edition). What the pixels
 * are and how they are packed is the business of whoever draws them.
 */
import { crc32 } from 'node:zlib';

export interface PngFile {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample or of a palette's index. */
  readonly bitDepth: 1 | 8;
  /** 3 is a palette, 6 is red, green, blue and alpha. */
  readonly colorType: 3 | 6;
  /** Chunks between the header and the pixels: palette, transparency. */
  readonly chunks?: readonly Uint8Array[];
  /** The rows, each after its filter type, deflated. */
  readonly deflated: Uint8Array;
  /** Dots per inch, for programs that print the picture in its true size. */
  readonly dpi?: number | undefined;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const inchesPerMetre = 1 / 0.0254;

/** Puts a file together. */
export function pngFile({ width, height, bitDepth, colorType, chunks = [], deflated, dpi }: PngFile) {
  const perMetre = dpi === undefined ? [] : uint32(dpi * inchesPerMetre);
  return concat([
    signature,
    chunk('IHDR', [...uint32(width), ...uint32(height), bitDepth, colorType, 0, 0, 0]),
    ...(dpi === undefined ? [] : [chunk('pHYs', [...perMetre, ...perMetre, 1])]),
    ...chunks,
    chunk('IDAT', deflated),
    chunk('IEND', []),
  ]);
}

/** Length, type, data, and the CRC of type and data. */
export function chunk(type: string, data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  bytes.set(uint32(data.length));
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  bytes.set(uint32(crc32(bytes.subarray(4, -4))), data.length + 8);
  return bytes;
}

/** Four bytes, the highest first; fractions are rounded. */
export function uint32(value: number): number[] {
  const whole = Math.round(value);
  return [whole >>> 24, (whole >>> 16) & 255, (whole >>> 8) & 255, whole & 255];
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
