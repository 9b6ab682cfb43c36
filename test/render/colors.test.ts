import { describe, expect, test } from 'bun:test';
import type { QrStyle } from '../../events/style.ts';
import { colors, contrast, graded, isPlain, longColor, readableOn, shaded } from '../../src/render/colors.ts';

describe('colors', () => {
  test('colours are black on white by default, short ones are written out, and a ground can be left out', () => {
    expect(colors()).toEqual({ dot: '#000000', bg: '#ffffff' });
    expect(colors({ dotColor: '#1aF' })).toEqual({ dot: '#11aaFF', bg: '#ffffff' });
    expect(colors({ bgColor: 'transparent' }).bg).toBeNull();
  });

  test.each(['red', '#12345', '#000"/><script>', '#fff\n', '', 'transparent'])('%j is refused as a colour', color => {
    expect(() => longColor(color)).toThrow(RangeError);
  });

  test('contrast is that of WCAG', () => {
    expect(contrast('#000000', '#ffffff')).toBe(21);
    expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2);
  });

  test('what is written on a colour is black or white, whichever can be read better', () => {
    expect([readableOn('#ffe066'), readableOn('#14213d')]).toEqual(['#000000', '#ffffff']);
  });

  test('a shadow is darker than its colour, but lighter where the colour is nearly black', () => {
    expect(shaded('#8080ff', 0.5)).toBe('#404080');
    expect(shaded('#000000', 0.5)).toBe('#4d4d4d');
  });

  test('the stops of a gradient are put in order', () => {
    const stops = [
      { offset: 1, color: '#fff' },
      { offset: 0, color: '#000' },
    ];
    const paint = graded({ type: 'linear', stops }, { x: 0, y: 0, width: 1, height: 1 });
    expect(paint).toMatchObject({ gradient: { stops: [{ color: '#000000' }, { color: '#ffffff' }] } });
  });

  test.each([
    [{}, true],
    [{ dotColor: '#123', bgColor: 'transparent', quietZone: 0, errorCorrection: 'H', dotShape: 'square' }, true],
    [{ dotColor: '#123', cornerDotColor: '#112233', cornerFrameShape: 'square', cornerDotShape: 'square' }, true],
    [{ dotShape: 'dots' }, false],
    [{ cornerFrameShape: 'circle' }, false],
    [{ cornerDotShape: 'circle' }, false],
    [{ cornerFrameColor: '#f00' }, false],
    [{ frame: { shape: 'box' } }, false],
    [{ dotGradient: { type: 'radial', stops: [] } }, false],
  ] as [QrStyle, boolean][])('%j needs no rasteriser: %p', (style, expected) => {
    expect(isPlain(style)).toBe(expected);
  });
});
