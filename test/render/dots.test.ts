import { describe, expect, test } from 'bun:test';
import { type DotShape, dotShapes } from '../../events/style.ts';
import { dots } from '../../src/render/dots.ts';
import { draw } from '../../src/render/draw.ts';
import type { Drawing } from '../../src/render/drawing.ts';
import { isFinder } from '../../src/render/finder.ts';
import { matrix } from '../../src/render/matrix.ts';
import { print, scan } from '../support/scan.ts';

const text = 'HTTPS://QR.EXAMPLE/K7WX4PNM';
const code = matrix(text);

/** The modules alone, black on nothing. */
function drawn(shape: DotShape, of = code, leftOut?: (x: number, y: number) => boolean): Drawing {
  const path = dots(of, shape, [0, 0], leftOut);
  return {
    width: of.size,
    height: of.size,
    layers: [{ kind: 'outline', path, paint: { kind: 'solid', color: '#000000' } }],
  };
}

describe('dots', () => {
  test.each([...dotShapes])(
    '%s: the middle of every module is as the matrix says, and finder patterns are left free',
    shape => {
      const { at } = print(drawn(shape), code.size * 12);
      for (let y = 0; y < code.size; y++) {
        for (let x = 0; x < code.size; x++) {
          const isDark = code.modules[y * code.size + x] === 1 && !isFinder(code.size, x, y);
          expect(at((x + 0.5) * 12, (y + 0.5) * 12)).toBe(isDark ? '#000000' : '#ffffff');
        }
      }
    },
  );

  test.each([...dotShapes])('%s: both readers read it, in a small code and in a large one', async shape => {
    for (const payload of ['1', text, 'https://example.com/?q='.repeat(12)]) {
      const drawing = draw(matrix(payload), { dotShape: shape });
      expect(await scan(drawing)).toEqual([payload, payload]);
    }
  });

  test.each([...dotShapes])('%s: nothing is drawn outside of the dark cells but a hair', shape => {
    const { at } = print(drawn(shape), code.size * 20);
    for (let y = 0; y < code.size; y++) {
      for (let x = 0; x < code.size; x++) {
        if (code.modules[y * code.size + x] === 1) continue;
        // An inner curve fills the corner of a light module, never more.
        for (const [dx, dy] of [
          [0.5, 0.2],
          [0.5, 0.8],
          [0.2, 0.5],
          [0.8, 0.5],
        ] as const) {
          expect(at((x + dx) * 20, (y + dy) * 20)).toBe('#ffffff');
        }
      }
    }
  });

  test('shapes that grow together leave no hairline where modules meet, at any scale', () => {
    const full = { ...code, modules: code.modules.map(() => 1) };
    for (const shape of ['square', 'rounded', 'extra-rounded', 'classy'] as const) {
      const { pixels, width } = print(drawn(shape, full), 333);
      const scale = width / code.size;
      const shades = new Set<number | undefined>();
      // Below the upper finder patterns and above the lower one the square is whole.
      for (let y = Math.ceil(7 * scale) + 2; y < Math.floor((code.size - 7) * scale) - 2; y++) {
        for (let x = 9; x < width - 9; x++) shades.add(pixels[4 * (y * width + x)]);
      }
      expect([...shades]).toEqual([0]);
    }
  });

  test.each([...dotShapes])('%s: what is left out leaves no trace', shape => {
    const isLeftOut = (x: number, y: number) => x > 8 && x < 16 && y > 8 && y < 16;
    const { pixels, width } = print(drawn(shape, code, isLeftOut), code.size * 10);
    for (let y = 91; y < 159; y++) {
      for (let x = 91; x < 159; x++) expect(pixels[4 * (y * width + x)]).toBe(255);
    }
  });

  test('a path holds no more than numbers and the commands that every format knows', () => {
    for (const shape of dotShapes) expect(dots(code, shape, [4.125, 0.1])).toMatch(/^M[MLHVCQAZ0-9. -]+Z$/);
  });
});
