import { describe, expect, test } from 'bun:test';
import type { Gradient } from '../../events/style.ts';
import { gradientLine } from '../../src/render/gradients.ts';

const stops = [
  { offset: 0, color: '#000000' },
  { offset: 1, color: '#ffffff' },
];
const box = { x: 2, y: 3, width: 10, height: 10 };
const linear = (rotation?: number): Gradient => ({
  type: 'linear',
  stops,
  ...(rotation !== undefined && { rotation }),
});

function rounded(gradient: Gradient) {
  return JSON.parse(JSON.stringify(gradientLine(gradient, box), (_, v) => (typeof v === 'number' ? +v.toFixed(6) : v)));
}

describe('gradientLine', () => {
  test('a linear one runs from left to right, and clockwise with its rotation', () => {
    expect(rounded(linear())).toEqual({ kind: 'linear', x1: 2, y1: 8, x2: 12, y2: 8 });
    expect(rounded(linear(90))).toEqual({ kind: 'linear', x1: 7, y1: 3, x2: 7, y2: 13 });
    expect(rounded(linear(180))).toEqual({ kind: 'linear', x1: 12, y1: 8, x2: 2, y2: 8 });
  });

  test('a slanted one goes from corner to corner, so that both end colours are seen', () => {
    expect(rounded(linear(45))).toEqual({ kind: 'linear', x1: 2, y1: 3, x2: 12, y2: 13 });
  });

  test('a radial one reaches the corners from the middle', () => {
    expect(rounded({ type: 'radial', stops })).toEqual({ kind: 'radial', x: 7, y: 8, radius: 7.071068 });
  });
});
