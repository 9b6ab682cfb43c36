import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import { raster } from '../../src/pictures/raster.ts';
import { textOutline } from '../../src/pictures/text.ts';
import { draw } from '../../src/render/draw.ts';
import { matrix } from '../../src/render/matrix.ts';
import { svg } from '../../src/render/svg.ts';
import { decode } from '../support/decode.ts';

const payload = 'HTTPS://QR.EXAMPLE/K7WX4PNM';
const drawing = draw(matrix(payload), { dotShape: 'dots', dotColor: '#14213d' });

const uint32 = (file: Uint8Array, at: number) => new DataView(file.buffer, file.byteOffset).getUint32(at);

describe('raster', () => {
  test('the picture has the width asked for, 512 px by default, and is read', async () => {
    for (const [options, width] of [
      [{}, 512],
      [{ size: 200 }, 200],
    ] as const) {
      const file = await raster(drawing, options);
      expect([uint32(file, 16), uint32(file, 20)]).toEqual([width, width]);
      expect(await decode(file)).toEqual([payload]);
    }
  });

  test('a frame makes it higher than wide', async () => {
    const framed = draw(matrix(payload), { frame: { shape: 'banner-bottom' } }, { text: await textOutline('SCAN ME') });
    const file = await raster(framed, { size: 400 });
    expect([uint32(file, 16), uint32(file, 20)]).toEqual([400, Math.round((400 * framed.height) / framed.width)]);
    expect(await decode(file)).toEqual([payload]);
  });

  test('the resolution is written in pixels a metre as the second chunk, and the file is still read', async () => {
    const file = await raster(drawing, { dpi: 300 });
    expect(new TextDecoder().decode(file.subarray(37, 41))).toBe('pHYs');
    expect([uint32(file, 41), uint32(file, 45), file[49]]).toEqual([11_811, 11_811, 1]);
    expect(await decode(file)).toEqual([payload]);
  });

  test('every pixel is the one that resvg writes itself, clear and half clear ones too', async () => {
    const clear = draw(matrix(payload), { bgColor: 'transparent', dotShape: 'star', dotColor: '#e4572e' });
    const own = new Resvg(svg(clear), { fitTo: { mode: 'width', value: 300 } }).render().asPng();
    const pixels = (file: Uint8Array) => {
      const image = `<image width="300" height="300" href="data:image/png;base64,${file.toBase64()}"/>`;
      return new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">${image}</svg>`).render()
        .pixels;
    };
    const [one, two] = [pixels(await raster(clear, { size: 300 })), pixels(own)];
    expect(one.some((value, index) => index % 4 === 3 && value > 0 && value < 255)).toBe(true);
    expect(one.findIndex((value, index) => Math.abs(value - two[index]!) > 1)).toBe(-1); // 1 is rounding
  });

  test('the same drawing gives the same bytes', async () => {
    expect(Buffer.compare(await raster(drawing), await raster(drawing))).toBe(0);
  });
});
