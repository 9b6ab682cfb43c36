import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { type PdfOptions, pdf } from '../../src/pictures/pdf.ts';
import { draw } from '../../src/render/draw.ts';
import { matrix } from '../../src/render/matrix.ts';
import { decode, decodeRgba } from '../support/decode.ts';
import { boxMm, raster } from '../support/pdf.ts';

const options = fc.record(
  {
    widthMm: fc.double({ min: 25, max: 120, noNaN: true }),
    bleedMm: fc.double({ min: 0, max: 10, noNaN: true }),
    cropMarks: fc.boolean(),
    color: fc.constantFrom('rgb' as const, 'cmyk' as const),
    spots: fc.constant({ '#123456': { name: 'House blue', cmyk: [90, 60, 0, 40] as const } }),
  },
  { requiredKeys: ['widthMm'] },
);
const styles = fc.record(
  {
    dotColor: fc.constantFrom('#000', '#123456', '#7a1021'),
    bgColor: fc.constantFrom('#fff', '#ffe680', 'transparent'),
    dotShape: fc.constantFrom('square' as const, 'rounded' as const, 'extra-rounded' as const),
    cornerFrameShape: fc.constantFrom('square' as const, 'rounded' as const),
  },
  { requiredKeys: [] },
);

/** The page as it is when it has been cut: what is inside its trim box. */
function trimmed(file: Uint8Array, dpi: number) {
  const page = raster(file, { dpi });
  const [left, top, right] = boxMm(file, 'TrimBox').map(mm => Math.round((mm / 25.4) * dpi)) as [
    number,
    number,
    number,
  ];
  const side = Math.min(right - left, page.height - top);
  const data = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y++) {
    data.set(page.data.subarray(4 * ((top + y) * page.width + left)).subarray(0, 4 * side), 4 * y * side);
  }
  return { data, width: side, height: side };
}

test('at any size, bleed, colour and shape the page has its millimetres and two decoders read it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[A-Z0-9]{4,24}$/), options, styles, async (slug, options, style) => {
      const text = `HTTPS://QR.EXAMPLE/${slug}`;
      const file = pdf(draw(matrix(text), style), options);
      const [left, bottom, right, top] = boxMm(file, 'TrimBox') as [number, number, number, number];
      expect(right - left).toBeCloseTo(options.widthMm, 2);
      expect(top - bottom).toBeCloseTo(options.widthMm, 2);
      expect(left - boxMm(file, 'BleedBox')[0]!).toBeCloseTo(options.bleedMm ?? 0, 2);
      const cut = trimmed(file, Math.ceil((25.4 * 400) / options.widthMm)); // 400 pixels wide
      expect(await decode(cut as never)).toEqual([text]); // zxing takes pixels as well as a file
      expect(decodeRgba(cut.data, cut.width, cut.height)).toBe(text);
    }),
    { numRuns: 40 },
  );
}, 120_000);

/** One file with all that can be in it, by a program of its own. */
const program = `
import { pdf } from '${join(import.meta.dirname, '../../src/pictures/pdf.ts')}';
const options = ${JSON.stringify({ widthMm: 40, bleedMm: 3, cropMarks: true, color: 'cmyk', title: 'Größe' } satisfies PdfOptions)};
const stops = [{ offset: 0, color: '#000000' }, { offset: 1, color: '#ff0000' }];
const box = { x: 0, y: 0, width: 9, height: 9 };
const paint = { kind: 'gradient', gradient: { type: 'linear', stops }, box };
const layers = [{ kind: 'outline', path: 'M1 1A3 3 0 0 1 7 7Z', paint }];
process.stdout.write(pdf({ width: 9, height: 9, layers }, options));
`;

/** What the program writes, run by a runtime. Not in one go: a test that blocks its process is beyond its own time limit. */
async function writtenBy(command: string, ...args: string[]): Promise<Buffer> {
  const child = spawn(command, args, { cwd: join(import.meta.dirname, '../..') });
  const [pieces, errors]: Buffer[][] = [[], []];
  child.stdout.on('data', piece => pieces!.push(piece));
  child.stderr.on('data', piece => errors!.push(piece));
  child.stdin.end(program);
  await once(child, 'close');
  expect(Buffer.concat(errors!).toString()).toBe('');
  return Buffer.concat(pieces!);
}

test('the same drawing gives the same bytes, in another process too; another drawing gives another id', async () => {
  const drawing = draw(matrix('https://example.com/a'));
  const options = { widthMm: 40, bleedMm: 3, cropMarks: true, title: 'One' };
  const id = (file: Uint8Array) => /\/ID \[<(\w+)> <\1>\]/.exec(Buffer.from(file).toString('latin1'))?.[1];
  const file = pdf(drawing, options);
  expect(pdf(drawing, options)).toEqual(file);
  expect(id(file)).toMatch(/^[0-9a-f]{32}$/);
  const others = [
    pdf(draw(matrix('https://example.com/b')), options),
    pdf(drawing, { ...options, title: 'Two' }),
    pdf(drawing, { ...options, bleedMm: 4 }),
  ];
  expect(new Set([file, ...others].map(id)).size).toBe(4);
  const [one, other] = await Promise.all([1, 2].map(() => writtenBy(process.execPath, '-')));
  expect(one!.length).toBeGreaterThan(1000);
  expect(other!.equals(one!)).toBe(true);
});

test('Deno writes the same picture', async () => {
  const deno = join(import.meta.dirname, '../../node_modules/deno/deno');
  const onDeno = await writtenBy(deno, 'run', '-A', '--ext=ts', '-');
  const onBun = await writtenBy(process.execPath, '-');
  expect(boxMm(onDeno, 'TrimBox')).toEqual(boxMm(onBun, 'TrimBox'));
  expect(raster(onDeno).data).toEqual(raster(onBun).data);
});
