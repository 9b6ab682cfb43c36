/**
 * A PNG, which is a logo, as the image object of a PDF. It is unpacked by resvg, which knows every kind of PNG, and
 * written again in the colours of the file with its transparency beside it, so that a CMYK file holds no RGB at all.
 * Nothing here waits: objects stand in the file in the order in which they were asked for, always.
 */
import { Resvg } from '@resvg/resvg-js';
import { type ColorMode, cmyk, colorSpace } from './colors.ts';
import type { PrintFile } from './print-file.ts';

/** Writes the image; what it is given has been checked as a PNG before, when it was uploaded. */
export function image(file: PrintFile, png: Uint8Array, mode: ColorMode) {
  const { width, height, pixels } = unpacked(png);
  const channels = mode === 'cmyk' ? 4 : 3;
  const colors = new Uint8Array(width * height * channels);
  const alpha = new Uint8Array(width * height);
  const inks = new Map<number, readonly number[]>();
  for (let i = 0; i < alpha.length; i++) {
    const opacity = pixels[4 * i + 3]!;
    alpha[i] = opacity;
    // resvg gives colours that are multiplied by their opacity.
    const share = opacity || 255;
    const r = Math.min(255, Math.round((pixels[4 * i]! * 255) / share));
    const g = Math.min(255, Math.round((pixels[4 * i + 1]! * 255) / share));
    const b = Math.min(255, Math.round((pixels[4 * i + 2]! * 255) / share));
    if (mode === 'cmyk') {
      const ink = inksOf((r << 16) | (g << 8) | b, inks);
      for (let c = 0; c < 4; c++) colors[4 * i + c] = ink[c]!;
    } else {
      colors[3 * i] = r;
      colors[3 * i + 1] = g;
      colors[3 * i + 2] = b;
    }
  }
  const common = { Type: 'XObject', Subtype: 'Image', Width: width, Height: height, BitsPerComponent: 8 };
  const isOpaque = alpha.every(value => value === 255);
  const mask = isOpaque ? {} : { SMask: file.object({ ...common, ColorSpace: 'DeviceGray' }, alpha) };
  return file.object({ ...common, ColorSpace: colorSpace(mode), ...mask }, colors);
}

/** Four bytes for a colour, worked out once for each. */
function inksOf(color: number, known: Map<number, readonly number[]>): readonly number[] {
  let inks = known.get(color);
  if (inks === undefined) {
    inks = cmyk(`#${color.toString(16).padStart(6, '0')}`).map(ink => Math.round(ink * 255));
    known.set(color, inks);
  }
  return inks;
}

/** All pixels, as red, green, blue and opacity, at the picture's own size, which stands in the bytes 16 to 24. */
function unpacked(png: Uint8Array): { width: number; height: number; pixels: Uint8Array } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const picture = `<image width="${width}" height="${height}" image-rendering="optimizeSpeed" href="${href}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${picture}</svg>`;
  return { width, height, pixels: new Resvg(svg, { font: { loadSystemFonts: false } }).render().pixels };
}
