import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import { draw } from '../../src/render/draw.ts';
import { type Level, matrix } from '../../src/render/matrix.ts';
import { isCovered, matrixFor, placement } from '../../src/render/placement.ts';
import { scan } from '../support/scan.ts';

const logo = (width = 100, height = 100) => ({ png: new Uint8Array(), width, height });
const black = {
  png: new Resvg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>')
    .render()
    .asPng(),
  width: 9,
  height: 9,
};
const large = matrix('a'.repeat(150), { level: 'H' });

describe('placement', () => {
  test('a logo stands in the middle with its margin, as large as asked for', () => {
    const { box, cleared, isReduced } = placement(large, { size: 0.2, margin: 1 }, logo());
    expect(isReduced).toBe(false);
    expect(box.width).toBeCloseTo(0.2 * large.size, 9);
    expect(box.x + box.width / 2).toBeCloseTo(large.size / 2, 9);
    expect(cleared.width).toBeCloseTo(box.width + 2, 9);
  });

  test('its longer side is the share, and it keeps its proportions', () => {
    const { box } = placement(large, { size: 0.2 }, logo(300, 100));
    expect([box.width, box.height]).toEqual([0.2 * large.size, (0.2 * large.size) / 3]);
  });

  test.each(['L', 'M', 'Q', 'H'] as Level[])(
    'at level %s a code is read with the largest logo that it bears, and keeps its patterns',
    async level => {
      for (const length of [1, 14, 20, 60, 200, 500]) {
        const text = 'a'.repeat(length);
        const code = matrix(text, { level });
        const style = { logo: { size: 0.35, margin: 4 } };
        const { cleared, isReduced } = placement(code, style.logo, black);
        expect(isReduced).toBe(true);
        expect(cleared.x).toBeGreaterThanOrEqual(9);
        expect(await scan(draw(code, style, { logo: black }))).toEqual([text, text]);
      }
    },
    120_000,
  );

  test('a module is covered if more than a sliver of it is', () => {
    const box = { x: 2.1, y: 2.9, width: 2, height: 2 };
    expect([isCovered(box, 2, 3), isCovered(box, 4, 3), isCovered(box, 2, 2), isCovered(box, 1, 3)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('matrixFor', () => {
  const encode = (level: Level) => matrix('HTTPS://QR.EXAMPLE/K7WX4PNM', { level });

  test('without a logo the level is the one asked for', () => {
    expect([matrixFor(encode).level, matrixFor(encode, { errorCorrection: 'L' }).level]).toEqual(['M', 'L']);
  });

  test('with a logo it is the lowest that bears it at its size', () => {
    const { level } = matrixFor(encode, { logo: { size: 0.25 } }, logo());
    expect(level).toBe('H');
    expect(placement(encode('Q'), { size: 0.25 }, logo()).isReduced).toBe(true);
    expect(placement(encode('H'), { size: 0.25 }, logo()).isReduced).toBe(false);
    expect(matrixFor(encode, { logo: { size: 0.1, margin: 0 } }, logo()).level).toBe('M');
  });

  test('it is never lower than asked for, and the highest where none bears the logo', () => {
    expect(matrixFor(encode, { errorCorrection: 'Q', logo: { size: 0.05 } }, logo()).level).toBe('Q');
    expect(matrixFor(encode, { logo: { size: 0.35, margin: 4 } }, logo()).level).toBe('H');
  });
});
