/**
 * A PDF as others see it: poppler draws its pages and reads its boxes, and its objects are unpacked with zlib. Nothing
 * of ours takes part, so that what is printed is what is tested.
 */
import { spawnSync } from 'node:child_process';
import { inflateSync } from 'node:zlib';
import { ensureCommand } from './install.ts';

// When the file is loaded: an installation may take longer than a test.
const pdftoppm = ensureCommand('pdftoppm', 'poppler-utils', 'poppler');
const pdfinfo = ensureCommand('pdfinfo', 'poppler-utils', 'poppler');
const pdftotext = ensureCommand('pdftotext', 'poppler-utils', 'poppler');
const pdffonts = ensureCommand('pdffonts', 'poppler-utils', 'poppler');

/** What a command of poppler makes of a file; its complaints about a damaged file are an error. */
function poppler(command: string, file: Uint8Array, args: readonly string[]): Buffer {
  // Who waits in one go is beyond a test's time limit, so that this has its own.
  const limits = { maxBuffer: 256 * 1024 * 1024, timeout: 50_000, killSignal: 'SIGKILL' } as const;
  const { status, stdout, stderr } = spawnSync(command, args, { input: file, ...limits });
  if (status !== 0 || stderr.length > 0) throw new Error(`${command} ${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}

/** One page, or its top `heightMm`, as pixels of 4 bytes on white paper. Decoders take it as it is. */
export function raster(file: Uint8Array, { dpi = 150, page = 1, heightMm = 0 } = {}) {
  const crop =
    heightMm > 0 ? ['-x', '0', '-y', '0', '-W', '100000', '-H', `${Math.ceil((heightMm / 25.4) * dpi)}`] : [];
  const ppm = poppler(pdftoppm, file, ['-r', `${dpi}`, '-f', `${page}`, '-l', `${page}`, ...crop, '-']);
  const header = /^P6\s(\d+) (\d+)\s255\s/.exec(ppm.subarray(0, 40).toString('latin1'))!;
  const [width, height] = [Number(header[1]), Number(header[2])];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = header[0].length, to = 0; from < ppm.length; from += 3, to += 4) {
    data[to] = ppm[from]!;
    data[to + 1] = ppm[from + 1]!;
    data[to + 2] = ppm[from + 2]!;
  }
  const at = (x: number, y: number): string =>
    `#${Buffer.from(data.subarray(4 * (y * width + x)).subarray(0, 3)).toString('hex')}`;
  return { data, width, height, at };
}

/** One page as a PNG. */
export const rasterPng = (file: Uint8Array, { dpi = 150, page = 1 } = {}): Uint8Array =>
  poppler(pdftoppm, file, ['-png', '-r', `${dpi}`, '-f', `${page}`, '-l', `${page}`, '-']);

/** What pdfinfo says, by its own words: `Pages`, `Title`, `MediaBox`, …; boxes in points. */
export function facts(file: Uint8Array): Record<string, string> {
  const lines = poppler(pdfinfo, file, ['-box', '-']).toString().split('\n');
  return Object.fromEntries(lines.filter(Boolean).map(line => line.split(/:\s+(.*)/, 2) as [string, string]));
}

export const textOf = (file: Uint8Array): string => poppler(pdftotext, file, ['-layout', '-', '-']).toString();
export const fontsOf = (file: Uint8Array): string => poppler(pdffonts, file, ['-']).toString();

/** The whole file in Latin-1 with its compressed streams unpacked; fonts and images stay out of it. */
export function objects(file: Uint8Array): string {
  const text = Buffer.from(file).toString('latin1');
  return text.replace(
    /(<<(?:(?!endobj)[\s\S])*?>>)\nstream\n([\s\S]*?)\nendstream/g,
    (_, dictionary: string, body: string) => {
      if (!dictionary.includes('/FlateDecode')) return `${dictionary}\nstream\n${body}\nendstream`;
      return `${dictionary}\nstream\n${inflateSync(Buffer.from(body, 'latin1')).toString('latin1')}\nendstream`;
    },
  );
}

/** A box of the one page, in mm: left, bottom, right, top. */
export function boxMm(file: Uint8Array, name: 'MediaBox' | 'BleedBox' | 'TrimBox'): number[] {
  const points = new RegExp(`/${name} \\[([^\\]]*)\\]`).exec(Buffer.from(file).toString('latin1'))![1]!;
  return points.split(' ').map(point => (Number(point) * 25.4) / 72);
}
