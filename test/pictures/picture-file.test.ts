import { describe, expect, test } from 'bun:test';
import { compose } from '../../src/pictures/composition.ts';
import {
  moduleOf,
  type PictureOptions,
  pictureFile,
  smallestPrintMm,
  widthOf,
} from '../../src/pictures/picture-file.ts';
import { decode } from '../support/decode.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const text = 'https://qr.example/k7wx4pnm';
const plain = await compose(text, {});
const styled = await compose(text, { dotShape: 'dots', frame: { shape: 'banner-bottom' } });
const uint32 = (file: Uint8Array, at: number) => new DataView(file.buffer, file.byteOffset).getUint32(at);
const ascii = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);

describe('a picture file', () => {
  test('is a PNG of 512 px unless something else is asked for', async () => {
    for (const composition of [plain, styled]) {
      const { bytes, type, extension } = await pictureFile(composition);
      expect([uint32(bytes, 16), type, extension]).toEqual([512, 'image/png', 'png']);
      expect(await decode(bytes)).toEqual([text]);
    }
  });

  test('has in millimetres and inches as many pixels as its resolution makes, and tells that resolution', async () => {
    for (const composition of [plain, styled]) {
      const { bytes } = await pictureFile(composition, { unit: 'in', size: 2, dpi: 200 });
      expect(uint32(bytes, 16)).toBe(400);
      const at = Buffer.from(bytes).indexOf('pHYs') + 4;
      expect(uint32(bytes, at)).toBe(Math.round(200 / 0.0254));
    }
    const { bytes } = await pictureFile(plain, { unit: 'mm', size: 25.4 });
    expect(uint32(bytes, 16)).toBe(300);
  });

  test('as SVG has its measure in the unit, inches as millimetres', async () => {
    const svgOf = async (options: PictureOptions) =>
      ascii((await pictureFile(plain, { format: 'svg', ...options })).bytes);
    expect(await svgOf({ size: 300 })).toContain(' width="300" height="300"');
    expect(await svgOf({ size: 30.5, unit: 'mm' })).toContain(' width="30.5mm" height="30.5mm"');
    expect(await svgOf({ size: 2, unit: 'in' })).toContain(' width="50.8mm" height="50.8mm"');
  });

  test('as PDF has its exact measure, with bleed and marks around it', async () => {
    const { bytes, type } = await pictureFile(plain, { format: 'pdf', size: 25.4, bleedMm: 2.54, cropMarks: true });
    expect(type).toBe('application/pdf');
    const [, left, bottom, right, top] = /TrimBox \[([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)\]/.exec(ascii(bytes))!;
    expect(Number(right) - Number(left)).toBeCloseTo(72, 2);
    expect(Number(top) - Number(bottom)).toBeCloseTo(72, 2);
  });

  test('is the same bytes each time', async () => {
    for (const format of ['png', 'svg', 'pdf'] as const) {
      const [one, two] = await Promise.all([1, 2].map(() => pictureFile(styled, { format, title: 'A' })));
      expect(Buffer.compare(one!.bytes, two!.bytes)).toBe(0);
    }
  });

  test.each<[PictureOptions, string]>([
    [{ size: 31 }, '?size too_small'],
    [{ size: 4_097 }, '?size too_large'],
    [{ size: 99.5 }, '?size type'],
    [{ size: 32 }, '?size too_small'],
    [{ size: 4, unit: 'mm', format: 'svg' }, '?size too_small'],
    [{ size: 400, unit: 'mm' }, '?size too_large'],
    [{ size: 5_000, format: 'pdf' }, '?size too_large'],
  ])('is refused with %j', async (options, fault) => {
    expect(faultsOf(await problemOf(pictureFile(plain, options)))).toEqual([fault]);
  });
});

describe('measures', () => {
  test('a pixel of nobody knows what is one of a screen, and one of a print with a resolution', () => {
    expect(widthOf({ size: 96 }).mm).toBeCloseTo(25.4, 6);
    expect(widthOf({ size: 600, dpi: 600 }).mm).toBeCloseTo(25.4, 6);
    expect(widthOf({ format: 'pdf' })).toMatchObject({ mm: 50, unit: 'mm' });
  });

  test('a module is the width without the frame, shared among all modules and the quiet zone', () => {
    const { px, modules } = moduleOf(plain, { size: 1_000 });
    expect(modules).toBe(plain.matrix.size + 8);
    expect(px).toBeCloseTo(1_000 / modules, 2);
    expect(moduleOf(styled, { size: 1_000 }).px).toBeLessThan(px);
  });

  test('a print for a hand is a tenth of the distance wide at 25 modules, and never finer than a printer is', () => {
    const modules = plain.drawing.width;
    expect(smallestPrintMm(plain, 250)).toBe(modules);
    expect(smallestPrintMm(plain, 5_000)).toBe(modules * 20);
    expect(smallestPrintMm(plain, 50)).toBeCloseTo(modules * 0.3387, 0);
  });
});

test('a text that fits into no code at the level that a logo needs is refused', async () => {
  const fault = await problemOf(compose('x'.repeat(2_000), { errorCorrection: 'H' }));
  expect(faultsOf(fault)).toEqual(['/style/errorCorrection too_long']);
});
