import { beforeAll, describe, expect, test } from 'bun:test';
import { frameShapes } from '../../events/style.ts';
import { textOutline } from '../../src/pictures/text.ts';
import { draw } from '../../src/render/draw.ts';
import { frame, type TextOutline } from '../../src/render/frames.ts';
import { matrix } from '../../src/render/matrix.ts';
import { print, scan } from '../support/scan.ts';

const payload = 'HTTPS://QR.EXAMPLE/K7WX4PNM';
const code = matrix(payload);
const side = code.size + 8;
const colors = { frame: '#102030', onFrame: '#fefefe', onGround: '#405060' };

let short: TextOutline;
let long: TextOutline;
beforeAll(async () => {
  short = await textOutline('SCAN ME');
  long = await textOutline('Wählen Sie hier Ihre Größe und Farbe aus');
});

describe('frames', () => {
  test.each([...frameShapes])(
    '%s: the code with its quiet zone is inside, and nothing of the frame is drawn over it',
    shape => {
      for (const text of [undefined, short, long]) {
        const framed = frame(shape, side, colors, text);
        const { x, y } = framed.code;
        expect(Math.min(x, y, framed.width - x - side, framed.height - y - side)).toBeGreaterThanOrEqual(0);
        const { at } = print({ width: framed.width, height: framed.height, layers: framed.layers }, 800);
        const scale = 800 / framed.width;
        const inset = 0.05 * side; // corners of the panel may be round
        for (let step = 0; step <= 40; step++) {
          const along = inset + ((side - 2 * inset) * step) / 40;
          const edges = [0.3, side - 0.3].flatMap(edge => [[along, edge] as const, [edge, along] as const]);
          for (const [dx, dy] of [...edges, [along, along] as const]) {
            expect(at((x + dx) * scale, (y + dy) * scale)).toBe('#ffffff');
          }
        }
      }
    },
  );

  test.each([...frameShapes])('%s: both readers read it, with a short text, a long one and none', async shape => {
    for (const text of [undefined, short, long]) {
      expect(await scan(draw(code, { frame: { shape } }, text ? { text } : {}))).toEqual([payload, payload]);
    }
  });

  test.each([...frameShapes])('%s: the text stays within the picture, whatever its length', shape => {
    for (const text of [short, long]) {
      const framed = frame(shape, side, colors, text);
      const words = framed.layers.at(-1)!;
      const numbers = (words.path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
      expect(words.paint).toMatchObject({ color: expect.stringMatching(/^#(fefefe|405060)$/) });
      expect(Math.min(...numbers)).toBeGreaterThan(0);
      expect(Math.max(...numbers)).toBeLessThan(Math.max(framed.width, framed.height));
    }
  });

  test.each([...frameShapes])('%s: it looks the same around a small code and a large one', shape => {
    const [one, two] = [frame(shape, 20, colors), frame(shape, 40, colors)];
    expect([two.width, two.height, two.code.x]).toEqual([2 * one.width, 2 * one.height, 2 * one.code.x]);
  });

  test('letters are in the colour for where they stand, and none can be lost in its ground', () => {
    const textOf = (style: Parameters<typeof draw>[1]) => draw(code, style, { text: short }).layers.at(-1);
    const banner = { shape: 'banner-bottom' } as const;
    expect(textOf({ frame: banner })).toMatchObject({ paint: { color: '#ffffff' } });
    expect(textOf({ bgColor: '#fed', frame: banner })).toMatchObject({ paint: { color: '#ffeedd' } });
    expect(textOf({ bgColor: '#fed', frame: { ...banner, color: '#ffe' } })).toMatchObject({
      paint: { color: '#000000' },
    });
    expect(textOf({ bgColor: 'transparent', frame: banner })).toMatchObject({ paint: { color: '#ffffff' } });
    expect(textOf({ dotColor: '#123456', frame: { shape: 'box' } })).toMatchObject({ paint: { color: '#123456' } });
    expect(textOf({ frame: { ...banner, textColor: '#f00' } })).toMatchObject({ paint: { color: '#ff0000' } });
  });
});
