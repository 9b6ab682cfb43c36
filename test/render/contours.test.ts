import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { contours } from '../../src/render/contours.ts';

const sharp = () => 0;
const grid = (...rows: string[]) => ({ size: rows.length, dark: (x: number, y: number) => rows[y]![x] === '#' });
const outline = (rows: string[], radius = sharp as Parameters<typeof contours>[2]) => {
  const { size, dark } = grid(...rows);
  return contours(size, dark, radius, [0, 0]);
};

describe('contours', () => {
  test('modules side by side become one outline without an inner edge', () => {
    expect(outline(['##', '##'])).toBe('M2 0V2H0V0Z');
  });

  test('a hole is an outline of its own', () => {
    expect(outline(['###', '# #', '###'])).toBe('M3 0V3H0V0ZM2 2V1H1V2Z');
  });

  test('modules that touch at a corner only stay apart', () => {
    expect(outline(['# ', ' #'])).toBe('M1 0V1H0V0ZM2 1V2H1V1Z');
  });

  test('corners are told apart by where they stand and which way they turn', () => {
    const seen: string[] = [];
    outline(['# ', '##'], ({ convex, which }) => {
      seen.push(`${convex ? 'outer' : 'inner'} ${which}`);
      return 0;
    });
    expect(seen).toEqual([
      'outer top-right',
      'inner bottom-left',
      'outer top-right',
      'outer bottom-right',
      'outer bottom-left',
      'outer top-left',
    ]);
  });

  test('the offset moves all of it', () => {
    expect(contours(1, () => true, sharp, [4, 2.5])).toBe('M5 2.5V3.5H4V2.5Z');
  });

  test('of any pattern exactly the dark cells are inside, counted along a line from the left', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 49, maxLength: 49 }), cells => {
        const path = contours(7, (x, y) => cells[7 * y + x]!, sharp, [0, 0]);
        const upright = [...path.matchAll(/([MHVZ])([^MHVZ]*)/g)];
        const crossings = Array.from({ length: 7 }, () => [] as number[]);
        let [x, y, startX, startY] = [0, 0, 0, 0];
        for (const [, command, numbers] of upright) {
          const [a, b] = numbers!.split(' ').map(Number) as [number, number];
          const [fromX, fromY] = [x, y];
          if (command === 'M') [x, y, startX, startY] = [a, b, a, b];
          if (command === 'H') x = a;
          if (command === 'V') y = a;
          if (command === 'Z') [x, y] = [startX, startY];
          if (command !== 'M' && fromX !== x && fromY !== y) throw new Error(`a slanted line in ${path}`);
          if (command === 'M') continue;
          for (let row = Math.min(fromY, y); row < Math.max(fromY, y); row++) crossings[row]!.push(x);
        }
        for (let row = 0; row < 7; row++) {
          for (let column = 0; column < 7; column++) {
            const left = crossings[row]!.filter(at => at <= column).length;
            expect(left % 2 === 1).toBe(cells[7 * row + column]!);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
