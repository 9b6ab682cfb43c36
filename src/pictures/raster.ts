/**
 * A drawing as PNG, for styles that are more than squares in one colour: resvg fills the pixels and zlib packs them, both
 * off the main thread. No font of the machine and no file is ever looked for, so the picture is the same everywhere. Only
 * drawings come in here; what somebody uploads never reaches resvg this way.
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { renderAsync } from '@resvg/resvg-js';
import type { Drawing } from '../render/drawing.ts';
import { pngFile } from '../render/png-file.ts';
import { svg } from '../render/svg.ts';

export interface RasterOptions {
  /** Width in px, 512 by default; the height follows. */
  readonly size?: number;
  /** Dots per inch, for programs that print the picture in its true size. */
  readonly dpi?: number;
}

const packed = promisify(deflate) as (data: Uint8Array, options: { level: number }) => Promise<Buffer>;

/**
 * resvg's own PNG of 1024 px takes 16 ms of the main thread, more than the drawing; this takes 8 ms, half of them off
 * it, and the file is not larger. Higher levels take twice the time and save little, because there is no filter.
 */
const level = 3;

/** Draws a drawing as a PNG of red, green, blue and alpha. */
export async function raster(
  drawing: Drawing,
  { size = 512, dpi }: RasterOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const image = await renderAsync(svg(drawing), {
    fitTo: { mode: 'width', value: size },
    font: { loadSystemFonts: false },
  });
  const { width, height } = image;
  const deflated = await packed(scanlines(image.pixels, width, height), { level });
  return pngFile({ width, height, bitDepth: 8, colorType: 6, deflated, dpi });
}

/** Rows without a filter. resvg's colours have their alpha multiplied in, those of a PNG have not. */
function scanlines(pixels: Uint8Array, width: number, height: number): Uint8Array {
  for (let at = 3; at < pixels.length; at += 4) {
    const alpha = pixels[at]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at - 3; channel < at; channel++)
      pixels[channel] = Math.min(255, Math.round((pixels[channel]! * 255) / alpha));
  }
  const stride = 4 * width;
  const lines = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return lines;
}
