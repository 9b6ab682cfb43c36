import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { type Level, matrix } from '../../src/render/matrix.ts';
import { png } from '../../src/render/png.ts';
import { decode, decodeRgba } from '../support/decode.ts';
import { color } from '../support/scan.ts';

const code = matrix('https://example.com/a'); // 25 modules, 33 with the quiet zone

/** Decodes a PNG by resvg, which shares no code with ours: an SVG that holds it and nothing else, pixel by pixel. */
function raster(file: Uint8Array, size: number) {
  const href = `data:image/png;base64,${file.toBase64()}`;
  const image = `<image width="${size}" height="${size}" image-rendering="optimizeSpeed" href="${href}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">${image}</svg>`;
  const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false } }).render(); // once: each read copies all
  return {
    pixels,
    at: (x: number, y: number) => `#${pixels.subarray(4 * (y * size + x), 4 * (y * size + x) + 3).toHex()}`,
  };
}

/** The chunks of a PNG in their order, by name. */
function chunks(file: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset);
  const found = new Map<string, Uint8Array>();
  for (let at = 8; at < file.length; at += view.getUint32(at) + 12) {
    const name = new TextDecoder().decode(file.subarray(at + 4, at + 8));
    found.set(name, file.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return found;
}

describe('png', () => {
  test('the file is a PNG of one bit a pixel with a palette of two, 512 px wide unless told otherwise', () => {
    const file = png(code, { dotColor: '#102030', bgColor: '#fed' });
    const found = chunks(file);
    expect(file.subarray(0, 8).toHex()).toBe('89504e470d0a1a0a');
    expect([...found.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
    expect(found.get('IHDR')!.toHex()).toBe('00000200000002000103000000');
    expect(found.get('PLTE')!.toHex()).toBe('ffeedd102030');
  });

  test('the resolution is written in pixels a metre, before the image data', () => {
    const found = chunks(png(code, {}, { dpi: 300 }));
    expect([...found.keys()]).toEqual(['IHDR', 'pHYs', 'PLTE', 'IDAT', 'IEND']);
    expect(found.get('pHYs')!.toHex()).toBe('00002e2300002e2301'); // 11,811
  });

  test('a ground that is transparent is an index of the palette that is clear, and no other is', () => {
    const file = png(code, { bgColor: 'transparent', dotColor: '#102030' }, { size: 330 });
    const found = chunks(file);
    expect([...found.keys()]).toEqual(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
    expect(found.get('tRNS')!.toHex()).toBe('00');
    const { pixels } = raster(file, 330);
    const opacity = (x: number, y: number) => pixels[4 * (y * 330 + x) + 3];
    expect([opacity(5, 5), opacity(45, 45), opacity(55, 55)]).toEqual([0, 255, 0]);
  });

  test('the smallest size is one pixel a module, and the refusal of less names it', async () => {
    expect(raster(png(code, {}, { size: 33 }), 33).at(4, 4)).toBe('#000000');
    const refusal = '32 px are too few for this code: the smallest size is 33 px';
    expect(() => png(code, {}, { size: 32 })).toThrow(new RangeError(refusal));
    expect(raster(png(code, { quietZone: 0 }, { size: 25 }), 25).at(0, 0)).toBe('#000000');
  });

  test.each([100.5, Number.NaN, Number.POSITIVE_INFINITY, -64])('a size of %d is refused', size => {
    expect(() => png(code, {}, { size })).toThrow(RangeError);
  });

  test('a colour that is not hex is refused', () => {
    expect(() => png(code, { dotColor: 'black' })).toThrow(RangeError);
  });

  test('every pixel is as the matrix says, at any size, with the rest spread evenly around', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 33, max: 300 }),
        fc.integer({ min: 0, max: 4 }),
        color(0, 255),
        color(0, 255),
        (size, quietZone, dotColor, bgColor) => {
          const { at } = raster(png(code, { dotColor, bgColor, quietZone }, { size }), size);
          const scale = Math.floor(size / (25 + 2 * quietZone));
          const before = Math.floor((size - 25 * scale) / 2);
          const after = size - 25 * scale - before;
          expect(after - before).toBeOneOf([0, 1]);
          expect(before).toBeGreaterThanOrEqual(quietZone * scale);
          const module = (px: number) => Math.floor((px - before) / scale);
          const inside = (m: number) => m >= 0 && m < 25;
          for (let y = 0; y < size; y++) {
            for (let x = 0; x < size; x++) {
              const dark = inside(module(x)) && inside(module(y)) && code.modules[module(y) * 25 + module(x)];
              if (at(x, y) !== (dark ? dotColor : bgColor)) throw new Error(`pixel ${x}, ${y} is wrong`);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  }, 120_000);

  test('any text at any level, size and dark-on-light colours is read back by two decoders', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
        fc.constantFrom<Level>('L', 'M', 'Q', 'H'),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 2, max: 6 }),
        color(0, 0x50),
        color(0xb0, 0xff),
        async (text, level, extra, quietZone, dotColor, bgColor) => {
          const drawn = matrix(text, { level });
          const size = 3 * (drawn.size + 2 * quietZone) + extra;
          const file = png(drawn, { dotColor, bgColor, quietZone }, { size });
          expect(await decode(file)).toEqual([text]);
          expect(decodeRgba(new Uint8ClampedArray(raster(file, size).pixels), size, size)).toBe(text);
        },
      ),
      { numRuns: 200 },
    );
  }, 120_000);
});
