import { describe, expect, test } from 'bun:test';
import { circle, diamond, moved, num, polygon, rectangle, star } from '../../src/render/path.ts';

describe('path', () => {
  test('numbers have three decimals at most and no sign before a zero', () => {
    expect([num(1 / 3), num(2), num(-0.0001), num(0.1 + 0.2)]).toEqual(['0.333', '2', '0', '0.3']);
  });

  test('a rectangle has sharp corners unless a radius is given, for all or for each', () => {
    const box = { x: 1, y: 2, width: 4, height: 3 };
    expect(rectangle(box)).toBe('M1 2H5V5H1Z');
    expect(rectangle(box, 1)).toBe('M2 2H4A1 1 0 0 1 5 3V4A1 1 0 0 1 4 5H2A1 1 0 0 1 1 4V3A1 1 0 0 1 2 2Z');
    expect(rectangle(box, [0, 1, 0, 0])).toBe('M1 2H4A1 1 0 0 1 5 3V5H1Z');
  });

  test('closed shapes end where they began', () => {
    expect(circle(1, 1, 0.5)).toBe('M0.5 1A0.5 0.5 0 1 1 1.5 1A0.5 0.5 0 1 1 0.5 1Z');
    expect(diamond(0, 0, 1, 0.75)).toBe('M0 -1Q0.75 -0.75 1 0Q0.75 0.75 0 1Q-0.75 0.75 -1 0Q-0.75 -0.75 0 -1Z');
    const triangle = [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const;
    expect(polygon(triangle)).toBe('M0 0L1 0L0 1Z');
  });

  test('a star has one point upwards and as many points as asked for', () => {
    const points = star(0, 0, 5, 2, 1).slice(1, -1).split('L');
    expect(points).toHaveLength(10);
    expect(points[0]).toBe('0 -2');
  });

  test('moving enlarges first, and knows which numbers go across and which down', () => {
    expect(moved('M1 2L3 4H5V6C1 2 3 4 5 6Q1 2 3 4Z', 2, 10, 100)).toBe(
      'M12 104L16 108H20V112C12 104 16 108 20 112Q12 104 16 108Z',
    );
    expect(moved('M-1.5 .5Z', 1, 1, 1)).toBe('M-0.5 1.5Z');
  });
});
