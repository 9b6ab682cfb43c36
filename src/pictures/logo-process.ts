/**
 * The program that an uploaded logo is looked at in: a process of its own for each, with nothing in its environment and,
 * on Deno, no permission but to read. It takes the file on standard input, says on standard output that it begins, then
 * what came of it, and ends. It is a process and no worker because a process can be ended at any moment: on Bun a thread
 * that is inside WebAssembly does not stop when it is told to.
 */
import process from 'node:process';
import { Problem } from '../problem.ts';
import { refused } from './logo-refusal.ts';
import { safeSvg } from './logo-svg.ts';
import { readPng } from './png-reader.ts';
import { type Pixels, pngSignature, writePng } from './png-writer.ts';
import { drawSvg, startRenderer } from './svg-renderer.ts';

/** The line after `begun`; the PNG follows behind it. */
export type LogoAnswer =
  | { readonly width: number; readonly height: number }
  | { readonly problem: Pick<Problem, 'code' | 'message' | 'errors'> };

/** Pixels on the longer side: enough for a logo of 8 cm at 300 dpi. */
const sideMax = 1024;

const isPng = (file: Uint8Array): boolean => pngSignature.every((byte, i) => file[i] === byte);

async function pixelsOf(file: Uint8Array): Promise<Pixels> {
  if (isPng(file)) return readPng(file, sideMax);
  return drawSvg(safeSvg(new TextDecoder().decode(file)), sideMax);
}

async function answer(file: Uint8Array): Promise<[LogoAnswer, Uint8Array?]> {
  try {
    const pixels = await pixelsOf(file);
    if (pixels.rgba.every((value, i) => i % 4 !== 3 || value === 0))
      throw refused('empty', 'The logo is all transparent.');
    return [{ width: pixels.width, height: pixels.height }, writePng(pixels)];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, message, errors } = error;
    return [{ problem: { code, message, errors } }];
  }
}

const pieces: Uint8Array[] = [];
for await (const piece of process.stdin as AsyncIterable<Uint8Array>) pieces.push(piece);
const file = Buffer.concat(pieces);
if (!isPng(file)) await startRenderer();
process.stdout.write('begun\n');
const [said, png] = await answer(file);
process.stdout.write(`${JSON.stringify(said)}\n`);
if (png) process.stdout.write(png);
