import { describe, expect, test } from 'bun:test';
import type { QrStyle } from '../../events/style.ts';
import { colorFindings, leastContrast } from '../../src/pictures/contrast.ts';

const found = (style: QrStyle) =>
  colorFindings(style).map(({ pointer, code, severity }) => `${severity} ${code} ${pointer}`);
const fading = (...colors: string[]): QrStyle => ({
  dotGradient: { type: 'linear', stops: colors.map((color, i) => ({ offset: i / (colors.length - 1), color })) },
});

describe('colours and margins', () => {
  test('black on white is right, and so is anything dark on anything light', () => {
    for (const style of [{}, { dotColor: '#1a1a2e', bgColor: '#fe9' }, { dotColor: '#00f' }, fading('#000', '#800')]) {
      expect(found(style)).toEqual([]);
    }
  });

  test.each<[QrStyle, string[]]>([
    [{ dotColor: '#ccc' }, ['error contrast /style/dotColor']],
    [{ dotColor: '#888' }, ['warning contrast /style/dotColor']],
    [{ dotColor: '#fff', bgColor: '#000' }, ['error inverted /style/dotColor']],
    [{ dotColor: '#fff', bgColor: '#eee' }, ['error contrast /style/dotColor']],
    [{ cornerFrameColor: '#ff0' }, ['error contrast /style/cornerFrameColor']],
    [{ cornerDotColor: '#ddd' }, ['error contrast /style/cornerDotColor']],
    [fading('#000', '#eee'), ['error contrast /style/dotGradient']],
    [{ ...fading('#000', '#400'), dotColor: '#fff' }, []],
    [{ quietZone: 4 }, []],
    [{ quietZone: 2 }, ['warning quiet_zone /style/quietZone']],
    [{ quietZone: 1 }, ['error quiet_zone /style/quietZone']],
    [{ bgColor: 'transparent' }, ['warning transparent /style/bgColor']],
  ])('of %j: %j', (style, expected) => {
    expect(found(style)).toEqual(expected);
  });

  test('every finding says what to change', () => {
    const all = colorFindings({ dotColor: '#fff', bgColor: '#000', quietZone: 0 });
    expect(all).toHaveLength(2);
    for (const { advice } of all) expect(advice).toMatch(/^[A-Z].{10,}\.$/);
  });

  test('the least contrast is that of the lightest part', () => {
    expect(leastContrast({})).toBeCloseTo(21, 5);
    expect(leastContrast({ cornerDotColor: '#767676' })).toBeCloseTo(4.54, 2);
    expect(leastContrast(fading('#000', '#fff'))).toBe(1);
  });
});
