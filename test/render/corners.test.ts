import { describe, expect, test } from 'bun:test';
import { cornerDotShapes, cornerFrameShapes } from '../../events/style.ts';
import { cornerDots, cornerFrames } from '../../src/render/corners.ts';
import { draw } from '../../src/render/draw.ts';
import type { Drawing } from '../../src/render/drawing.ts';
import { matrix } from '../../src/render/matrix.ts';
import { print, scan } from '../support/scan.ts';

const size = 25;
const pairs = cornerFrameShapes.flatMap(frame => cornerDotShapes.map(dot => [frame, dot] as const));

/** Lengths of dark and light along a line of pixels, from the first dark one to the last, in modules. */
function runs(isDark: (step: number) => boolean, steps: number, perModule: number): number[] {
  const lengths: number[] = [];
  let last = false;
  for (let step = 0; step < steps; step++) {
    const dark = isDark(step);
    if (dark !== last) lengths.push(0);
    if (lengths.length > 0) lengths[lengths.length - 1]!++;
    last = dark;
  }
  if (!last) lengths.pop();
  return lengths.map(length => length / perModule);
}

describe('corners', () => {
  test.each(pairs)('%s around %s: a line through the middle finds 1 : 1 : 3 : 1 : 1, across and down', (frame, dot) => {
    const path = cornerFrames(size, frame, [1, 1]) + cornerDots(size, dot, [1, 1], frame);
    const drawing: Drawing = {
      width: size + 2,
      height: size + 2,
      layers: [{ kind: 'outline', path, paint: { kind: 'solid', color: '#000000' } }],
    };
    const perModule = 40;
    const { pixels, width } = print(drawing, drawing.width * perModule);
    const isDark = (x: number, y: number) => pixels[4 * (y * width + x)]! < 128;
    for (const [left, top] of [
      [1, 1],
      [size - 6, 1],
      [1, size - 6],
    ] as const) {
      const [x, y] = [(left - 1) * perModule, (top - 1) * perModule];
      const middle = 4.5 * perModule;
      const across = runs(step => isDark(x + step, y + middle), 9 * perModule - 1, perModule);
      const down = runs(step => isDark(x + middle, y + step), 9 * perModule - 1, perModule);
      for (const line of [across, down]) {
        expect(line).toHaveLength(5);
        for (const [index, wanted] of [1, 1, 3, 1, 1].entries()) {
          // Half a module is what readers allow; dots that are lengthened for the diagonal take 0.4 from the light.
          expect(Math.abs(line[index]! - wanted)).toBeLessThanOrEqual(wanted === 3 ? 0.8 : 0.5);
        }
      }
    }
  });

  test.each([...cornerFrameShapes])('%s with every dot is read by both readers', async cornerFrameShape => {
    for (const cornerDotShape of cornerDotShapes) {
      for (const text of ['HTTPS://QR.EXAMPLE/K7WX4PNM', `https://example.com/${cornerDotShape.repeat(9)}`]) {
        expect(await scan(draw(matrix(text), { cornerFrameShape, cornerDotShape }))).toEqual([text, text]);
      }
    }
  });

  test('a shape that is not symmetric is turned towards the middle in each corner', () => {
    const starts = cornerFrames(size, 'leaf', [0, 0])
      .split('Z')
      .filter((_, index) => index % 2 === 0);
    expect(starts.slice(0, 3).map(path => path.match(/A/g)?.length)).toEqual([2, 2, 2]);
    expect(starts[0]).toMatch(/^M0 0H/); // sharp at the code's own corner
    expect(starts[1]).toContain(`H${size}V`);
    expect(starts[2]).toContain(`H0V`);
  });

  test('nothing leaves the seven modules by more than a hair', () => {
    for (const [frame, dot] of pairs) {
      const numbers = (cornerFrames(7, frame, [0, 0]) + cornerDots(7, dot, [0, 0], frame)).match(/-?\d+(\.\d+)?/g)!;
      expect(Math.min(...numbers.map(Number))).toBeGreaterThan(-0.05);
      expect(Math.max(...numbers.map(Number))).toBeLessThan(7.05);
    }
  });
});
