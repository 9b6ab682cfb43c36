/**
 * resvg as WebAssembly, for logos. It has neither files nor a network, and its memory has a limit that is written into
 * the module before it is compiled: what wants more traps, and nothing else of the program is touched. It is meant to
 * run in a process that can be ended while it draws.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { refused } from './logo-refusal.ts';
import type { SafeSvg } from './logo-svg.ts';
import type { Pixels } from './png-writer.ts';

/** 64 MiB in pages of 64 KiB: sixteen pictures of 1024 × 1024. */
const pagesMax = 1024;

let started: Promise<void> | undefined;

/** Compiles the renderer, which takes 0.1 s on Bun; drawing does it if nobody did. */
export function startRenderer(): Promise<void> {
  const path = createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm');
  started ??= initWasm(limited(readFileSync(path)));
  return started;
}

/** Draws a safe SVG so that its longer side is `side` pixels. */
export async function drawSvg(drawing: SafeSvg, side: number): Promise<Pixels> {
  await startRenderer();
  const { svg, width, height } = drawing;
  try {
    const image = new Resvg(svg, { fitTo: { mode: width >= height ? 'width' : 'height', value: side } }).render();
    return { width: image.width, height: image.height, rgba: straight(image.pixels) };
  } catch {
    throw refused('too_complex', 'The logo can not be drawn: it is too complex, or a size in it is out of bounds.');
  }
}

/** resvg's pixels have alpha multiplied in. */
function straight(pixels: Uint8Array): Uint8Array {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = i; c < i + 3; c++) pixels[c] = Math.round((pixels[c]! * 255) / alpha);
  }
  return pixels;
}

/** The module with a maximum in its memory section (WebAssembly Core 2.0, §5.5.8), which resvg's leaves open. */
export function limited(module: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let at = 8; at < module.length; ) {
    const start = at;
    const id = module[at++];
    const [size, body] = unsigned(module, at);
    at = body + size;
    if (id !== 5) continue;
    const [pages, end] = unsigned(module, body + 2);
    if (module[body] !== 1 || module[body + 1] !== 0 || end !== at || pages > pagesMax) break;
    const memory = [1, 1, ...leb(pages), ...leb(pagesMax)];
    return new Uint8Array(
      Buffer.concat([
        module.subarray(0, start),
        Buffer.from([5, ...leb(memory.length), ...memory]),
        module.subarray(at),
      ]),
    );
  }
  throw new Error('resvg has no memory of its own without a limit: look at its new version');
}

/** An unsigned LEB128 number and where it ends. */
function unsigned(bytes: Uint8Array, from: number): [value: number, end: number] {
  let value = 0;
  for (let at = from, shift = 1; ; at++, shift *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at + 1];
  }
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}
