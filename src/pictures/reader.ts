/**
 * Reads pictures back as a phone would: zxing-cpp as WebAssembly, from node_modules, so that no network is needed on
 * any runtime. It is shown pixels, never the code they were made from.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { renderAsync } from '@resvg/resvg-js';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { Drawing } from '../render/drawing.ts';
import { svg } from '../render/svg.ts';

/** Grey levels, row by row from the top left. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

let isPrepared = false;

/** The text of the one code in a picture; undefined when there is none that can be read. */
export async function read({ width, height, pixels }: Grey): Promise<string | undefined> {
  if (!isPrepared) {
    const path = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
    const wasmBinary = new Uint8Array(readFileSync(path)).buffer;
    prepareZXingModule({ overrides: { wasmBinary } });
    isPrepared = true;
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, to = 0; i < pixels.length; i++) {
    const grey = pixels[i]!;
    data[to++] = grey;
    data[to++] = grey;
    data[to++] = grey;
    data[to++] = 255;
  }
  const image = { data, width, height, colorSpace: 'srgb' } as unknown as ImageData;
  // Light on dark is not looked for: many readers don't, and what only some can read is told as a fault.
  const found = await readBarcodes(image, {
    formats: ['QRCode'],
    tryInvert: false,
    characterSet: 'UTF8',
    textMode: 'Plain',
    maxNumberOfSymbols: 1,
  });
  return found.find(result => result.isValid)?.text;
}

/** A drawing as a camera sees it on white paper, with a margin of white around it. */
export async function photographed(drawing: Drawing, pixelsPerModule: number, margin: number): Promise<Grey> {
  const image = await renderAsync(svg(drawing), {
    fitTo: { mode: 'width', value: Math.max(1, Math.round(drawing.width * pixelsPerModule)) },
    font: { loadSystemFonts: false },
  });
  const colors = image.pixels;
  const width = image.width + 2 * margin;
  const height = image.height + 2 * margin;
  const pixels = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0, from = 4 * y * image.width, to = (y + margin) * width + margin; x < image.width; x++, from += 4) {
      // Colours come multiplied by their opacity; what is left of it is the paper.
      const ink = 0.299 * colors[from]! + 0.587 * colors[from + 1]! + 0.114 * colors[from + 2]!;
      pixels[to + x] = ink + 255 - colors[from + 3]!;
    }
  }
  return { width, height, pixels };
}

/** Out of focus: each pixel is the mean of those around it, twice, which comes close to a lens. */
export function blurred(picture: Grey, radius: number): Grey {
  if (radius < 1) return picture;
  const { width, height } = picture;
  let pixels = picture.pixels;
  for (let pass = 0; pass < 2; pass++) {
    pixels = smeared(pixels, width, height, radius, 1, width);
    pixels = smeared(pixels, height, width, radius, width, 1);
  }
  return { width, height, pixels };
}

/** Means along lines of `length` pixels that are `step` apart; lines are `next` apart. Edges are repeated. */
function smeared(from: Uint8Array, length: number, lines: number, radius: number, step: number, next: number) {
  const out = new Uint8Array(from.length);
  const window = 2 * radius + 1;
  for (let line = 0; line < lines; line++) {
    const start = line * next;
    const at = (i: number): number => from[start + Math.min(length - 1, Math.max(0, i)) * step]!;
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      out[start + i * step] = sum / window;
      sum += at(i + radius + 1) - at(i - radius);
    }
  }
  return out;
}
