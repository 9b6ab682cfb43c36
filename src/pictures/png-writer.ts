/**
 * Pixels as PNG: 8 bits for red, green, blue and alpha each, and nothing else in the file. Of a logo that somebody
 * uploaded only its pixels come in here, so that no text, profile, second file or trick of the old file gets out.
 */
import { crc32, deflateSync } from 'node:zlib';

/** An image without interlacing, four bytes a pixel, row by row from the top left; alpha is not multiplied in. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export function writePng({ width, height, rgba }: Pixels): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6], 8);
  return new Uint8Array(
    Buffer.concat([
      pngSignature,
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(filtered(width, height, rgba))),
      chunk('IEND', new Uint8Array()),
    ]),
  );
}

/** Each row less what it has in common with the row above or the pixel before, whichever leaves less (PNG §12.7). */
function filtered(width: number, height: number, rgba: Uint8Array): Uint8Array {
  const stride = width * 4;
  const out = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const from = y * stride;
    let [sub, up] = [0, 0];
    for (let i = from; i < from + stride; i++) {
      const value = rgba[i]!;
      sub += Math.abs(((value - (i - from < 4 ? 0 : rgba[i - 4]!)) << 24) >> 24);
      up += Math.abs(((value - (y === 0 ? 0 : rgba[i - stride]!)) << 24) >> 24);
    }
    const isUp = up <= sub;
    const to = y * (stride + 1);
    out[to] = isUp ? 2 : 1;
    for (let i = 0; i < stride; i++) {
      const at = from + i;
      const isEdge = isUp ? y === 0 : i < 4;
      out[to + 1 + i] = rgba[at]! - (isEdge ? 0 : rgba[at - (isUp ? stride : 4)]!);
    }
  }
  return out;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, -4)));
  return bytes;
}
