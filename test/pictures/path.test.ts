import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isRectangle, pathOperators } from '../../src/pictures/path.ts';

/** The end points and all points between of the curves that came out. */
function points(operators: string): [number, number][] {
  let [x, y] = [0, 0];
  return operators.split('\n').flatMap(line => {
    const n = line.split(' ').slice(0, -1).map(Number);
    const [fromX, fromY] = [x, y];
    if (n.length >= 2) [x, y] = n.slice(-2) as [number, number];
    if (!line.endsWith('c')) return [];
    return [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map((t): [number, number] => {
      const mix = (a: number, b: number, c: number, d: number) =>
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
      return [mix(fromX, n[0]!, n[2]!, x), mix(fromY, n[1]!, n[3]!, y)];
    });
  });
}

describe('path data as PDF operators', () => {
  test('lines, moves and closings', () => {
    expect(pathOperators('M0 0H4V5L1.5 2ZM1 1 2 2C1 2 3 4 5 6Z')).toBe(
      '0 0 m\n4 0 l\n4 5 l\n1.5 2 l\nh\n1 1 m\n2 2 l\n1 2 3 4 5 6 c\nh',
    );
    expect(pathOperators('')).toBe('');
  });

  test('after a closing the next command goes on where the outline began', () => {
    expect(pathOperators('M1 2H4V5ZH9')).toEndWith('h\n9 2 l');
  });

  test('a quadratic curve becomes the same cubic one', () => {
    expect(pathOperators('M0 0Q3 0 3 3')).toBe('0 0 m\n2 0 3 1 3 3 c');
  });

  test('a number has no exponent and no more digits than a printer sees', () => {
    expect(pathOperators('M1e-7 0L0.123456789 1e2')).toBe('0 0 m\n0.12346 100 l');
    expect(pathOperators('M-.5-.25L1-2')).toBe('-0.5 -0.25 m\n1 -2 l');
  });

  test('every point of an arc lies on its circle, on the side and of the length that the flags say', () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const size = fc.double({ min: 0.1, max: 40, noNaN: true });
    fc.assert(
      fc.property(angle, fc.double({ min: 0.02, max: 6.2, noNaN: true }), size, fc.boolean(), (from, turn, r, back) => {
        const at = (a: number) => `${10 + r * Math.cos(a)} ${20 + r * Math.sin(a)}`;
        const to = from + (back ? -turn : turn);
        const flags = `${turn > Math.PI ? 1 : 0} ${back ? 0 : 1}`;
        const found = points(pathOperators(`M${at(from)}A${r} ${r} 0 ${flags} ${at(to)}`));
        expect(found.length).toBeGreaterThan(0);
        for (const [x, y] of found) expect(Math.abs(Math.hypot(x - 10, y - 20) - r)).toBeLessThan(r * 4e-4 + 1e-3);
        const swept = found.map(([x, y]) => Math.atan2(y - 20, x - 10));
        const steps = swept.slice(1).map((a, i) => Math.atan2(Math.sin(a - swept[i]!), Math.cos(a - swept[i]!)));
        expect(Math.abs(steps.reduce((sum, step) => sum + step, 0) - (to - from))).toBeLessThan(0.02);
      }),
      { numRuns: 300 },
    );
  });

  test('radii that are too small are made just large enough, a radius of 0 is a line', () => {
    for (const [x, y] of points(pathOperators('M0 0A1 1 0 0 1 10 0'))) {
      expect(Math.abs(Math.hypot(x - 5, y) - 5)).toBeLessThan(0.003);
    }
    expect(pathOperators('M0 0A0 5 0 0 1 3 4')).toBe('0 0 m\n0 0 3 4 3 4 c');
    expect(pathOperators('M3 4A5 5 0 0 1 3 4')).toBe('3 4 m');
  });

  test('an ellipse may be turned', () => {
    // Half of an ellipse of 4 × 2, turned by 90 degrees: 2 wide and 4 high.
    for (const [x, y] of points(pathOperators('M0 -4A4 2 90 0 1 0 4'))) {
      expect(Math.abs(Math.hypot(x / 2, y / 4) - 1)).toBeLessThan(0.001);
      expect(x).toBeGreaterThan(-0.001);
    }
  });

  test.each(['m0 0', 'M0 0l1 1', 'M0 0S1 2 3 4', 'M0', 'M0 0L1', 'M0 0Z1', 'L1 1', '0 0', 'M', 'M0 0H', 'M1 2X'])(
    '%j is refused',
    path => expect(() => pathOperators(path)).toThrow(RangeError),
  );
});

describe('the ground of a drawing', () => {
  const box = { x: 0, y: 0, width: 33, height: 40 };
  test.each(['M0 0H33V40H0Z', 'M0 0H33V40H0V0Z', 'M33 40L33 0L0 0L0 40Z'])('is seen in %s', path =>
    expect(isRectangle(path, box)).toBe(true),
  );
  test.each(['M0 0H33V39H0Z', 'M1 0H33V40H1Z', 'M0 0H33V40H0ZM1 1H2V2H1Z', 'M0 0H33V40Z', 'M0 0H33V40Q0 40 0 0Z', ''])(
    'is not seen in %j',
    path => expect(isRectangle(path, box)).toBe(false),
  );
});
