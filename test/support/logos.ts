/**
 * Logos for tests: SVG around a body, PNG around raw rows, with everything about them open to change, so that right
 * files and hostile ones are made of the same parts.
 */
import { crc32, deflateSync } from 'node:zlib';

export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** An SVG document with this inside. */
export const svgOf = (body: string, attributes = 'viewBox="0 0 100 100"'): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${body}</svg>`;

export const plainSvg = svgOf('<circle cx="50" cy="50" r="40" fill="#e30613"/>');

export const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export function chunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(bytes(type), 4);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, -4)));
  return out;
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly bitDepth?: number;
  readonly colorType?: number;
  readonly interlace?: number;
  /** Rows with their filter bytes, or what stands there instead. */
  readonly raw?: Uint8Array;
  readonly packed?: Uint8Array;
  readonly before?: readonly Uint8Array[];
  readonly between?: readonly Uint8Array[];
}

export function header({ width, height, bitDepth = 8, colorType = 6, interlace = 0 }: PngParts): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set([bitDepth, colorType, 0, 0, interlace], 8);
  return chunk('IHDR', data);
}

export function pngOf(parts: PngParts): Uint8Array<ArrayBuffer> {
  const packed = parts.packed ?? deflateSync(parts.raw ?? redRows(parts));
  return join(
    signature,
    header(parts),
    ...(parts.before ?? []),
    chunk('IDAT', packed),
    ...(parts.between ?? []),
    chunk('IEND'),
  );
}

/** Rows of one RGBA colour, unfiltered. */
export function redRows({ width, height }: PngParts): Uint8Array {
  const rows = new Uint8Array((width * 4 + 1) * height);
  for (let i = 0; i < rows.length; i++) rows[i] = [200, 255, 0, 0][(i % (width * 4 + 1)) % 4]!;
  for (let y = 0; y < height; y++) rows[y * (width * 4 + 1)] = 0;
  return rows;
}

export const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts));
