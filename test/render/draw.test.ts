import { beforeAll, describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import type { Gradient, QrStyle } from '../../events/style.ts';
import { textOutline } from '../../src/pictures/text.ts';
import { draw } from '../../src/render/draw.ts';
import type { TextOutline } from '../../src/render/frames.ts';
import { matrix } from '../../src/render/matrix.ts';
import { matrixFor } from '../../src/render/placement.ts';
import { png } from '../../src/render/png.ts';
import { print, readableStyle, scan } from '../support/scan.ts';

const payload = 'HTTPS://QR.EXAMPLE/K7WX4PNM';
const code = matrix(payload);
const stops = ['#6a11cb', '#c2185b'].map((color, offset) => ({ color, offset }));

/** A picture of one colour in the proportions of a customer's logo. */
function logo(width: number, height: number) {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="#e4572e"/></svg>`;
  return { png: new Resvg(drawn).render().asPng(), width, height };
}

let text: TextOutline;
beforeAll(async () => {
  text = await textOutline('SCAN ME');
});

describe('draw', () => {
  test('the default style has exactly the modules of the plain PNG', () => {
    const plain = new Resvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="330" height="330"><image width="330" height="330" href="data:image/png;base64,${png(code, {}, { size: 330 }).toBase64()}"/></svg>`,
    ).render().pixels;
    expect(Buffer.compare(print(draw(code), 330).pixels, plain)).toBe(0);
  });

  test('one colour is one layer, and an own one is one more', () => {
    expect(draw(code).layers).toHaveLength(2);
    expect(draw(code, { bgColor: 'transparent' }).layers).toHaveLength(1);
    expect(draw(code, { dotColor: '#fff', cornerDotColor: '#ffffff' }).layers).toHaveLength(2);
    expect(draw(code, { cornerFrameColor: '#f00', cornerDotColor: '#0f0' }).layers).toHaveLength(4);
  });

  test('the quiet zone can be chosen, down to none', () => {
    expect([0, 4, 20].map(quietZone => draw(code, { quietZone }).width)).toEqual([25, 33, 65]);
    expect(print(draw(code, { quietZone: 0 }), 250).at(1, 1)).toBe('#000000');
    expect(print(draw(code, { quietZone: 1 }), 270).at(5, 5)).toBe('#ffffff');
  });

  test('a ground that is transparent lets the paper through', async () => {
    const drawing = draw(code, { bgColor: 'transparent' });
    expect(await scan(drawing)).toEqual([payload, payload]);
  });

  test.each([
    { type: 'linear', stops },
    { type: 'linear', rotation: 300, stops },
    { type: 'radial', stops },
  ] as Gradient[])('a gradient runs over the whole code, corners too, and is read: %j', async dotGradient => {
    const drawing = draw(code, { dotGradient });
    expect(drawing.layers).toHaveLength(2);
    expect(drawing.layers[1]).toMatchObject({ paint: { box: { x: 4, y: 4, width: 25, height: 25 } } });
    expect(await scan(drawing)).toEqual([payload, payload]);
  });

  test.each(['L', 'M', 'Q', 'H'] as const)('at level %s it is read', async errorCorrection => {
    const style: QrStyle = { errorCorrection, dotShape: 'dots', cornerFrameShape: 'circle', cornerDotShape: 'circle' };
    const drawn = matrixFor(level => matrix(payload, { level }), style);
    expect(drawn.level).toBe(errorCorrection);
    expect(await scan(draw(drawn, style))).toEqual([payload, payload]);
  });

  test('a logo is in the middle, modules behind it are left out unless that is switched off', () => {
    const drawn = matrixFor(level => matrix(payload, { level }), {}, logo(50, 50));
    const picture = draw(drawn, {}, { logo: logo(50, 50) });
    const [x, y] = [picture.width / 2, picture.height / 2];
    const { at } = print(picture, picture.width * 10);
    expect(at(x * 10, y * 10)).toBe('#e4572e');
    const kept = draw(drawn, { logo: { knockout: false } }, { logo: logo(50, 50) });
    const path = (drawing: typeof kept) => (drawing.layers[1] as { path: string }).path;
    expect(path(kept)).toBe(path(draw(drawn) as typeof kept));
    expect(path(picture)).not.toBe(path(kept));
  });

  test.each(['red', '#12345', '#000"/><script>', '#fff\n', ''])(
    '%j is refused as a colour, wherever it stands',
    color => {
      const styles: QrStyle[] = [
        { dotColor: color },
        { bgColor: color },
        { cornerFrameColor: color },
        { cornerDotColor: color },
        { frame: { shape: 'box', textColor: color } },
        { dotGradient: { type: 'linear', stops: [{ offset: 0, color }] } },
      ];
      for (const style of styles) expect(() => draw(code, style, { text })).toThrow(RangeError);
    },
  );

  test('any text in any style that keeps to what readers need is read by both, and every path is of numbers', async () => {
    const logos = [logo(60, 60), logo(160, 60), logo(50, 130)];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.webUrl(), fc.string({ unit: 'binary', minLength: 1, maxLength: 150 })),
        readableStyle,
        fc.option(fc.constantFrom(...logos)),
        async (content, style, logo) => {
          const drawn = matrixFor(level => matrix(content, { level }), style, logo ?? undefined);
          const drawing = draw(drawn, style, { text, ...(logo && { logo }) });
          for (const layer of drawing.layers) {
            if (layer.kind === 'outline') expect(layer.path).toMatch(/^M[MLHVCQAZ0-9. -]+Z$/);
          }
          expect(await scan(drawing)).toEqual([content, content]);
        },
      ),
      { numRuns: 200 },
    );
  }, 120_000);
});
