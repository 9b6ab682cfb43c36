import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { cmyk, fillOperator, rgb, spotsByColor } from '../../src/pictures/colors.ts';

const channel = fc.integer({ min: 0, max: 255 });
const hex = (...channels: number[]): string =>
  `#${channels.map(value => value.toString(16).padStart(2, '0')).join('')}`;

describe('a hex colour as inks', () => {
  test.each([
    ['#000000', [0, 0, 0, 1]],
    ['#fff', [0, 0, 0, 0]],
    ['#ff0000', [0, 1, 1, 0]],
    ['#00ffff', [1, 0, 0, 0]],
    ['#000080', [1, 1, 0, 0.498]],
    ['#336699', [0.6667, 0.3333, 0, 0.4]],
  ])('%s is %j', (color, inks) => expect(cmyk(color)).toEqual(inks));

  test('every grey is black ink alone', () => {
    for (let value = 0; value < 256; value++) expect(cmyk(hex(value, value, value)).slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('mixed again they give the colour back, and they never come to more than 300 percent', () => {
    fc.assert(
      fc.property(channel, channel, channel, (...channels) => {
        const [c, m, y, k] = cmyk(hex(...channels)) as [number, number, number, number];
        const back = [c, m, y].map(ink => 255 * (1 - ink) * (1 - k));
        for (const [i, value] of back.entries()) expect(Math.abs(value - channels[i]!)).toBeLessThan(0.05);
        expect(Math.min(c, m, y)).toBe(0);
        expect(c + m + y + k).toBeLessThanOrEqual(3);
      }),
    );
  });

  test('the operator names the colour space by its letter', () => {
    expect(fillOperator('#f00', 'rgb')).toBe('1 0 0 rg');
    expect(fillOperator('#f00', 'cmyk')).toBe('0 1 1 0 k');
  });

  test.each(['red', '#ff', '#ff00', '#gggggg', '', '#ff00000'])('%j is no colour', color => {
    expect(() => rgb(color)).toThrow(RangeError);
    expect(() => cmyk(color)).toThrow(RangeError);
  });
});

describe('spot colours', () => {
  const blue = { name: 'PANTONE 286 C', cmyk: [100, 75, 0, 2] } as const;

  test('are found under any way to write their colour', () => {
    const spots = spotsByColor({ spots: { '#06C': blue, '#ABCDEF': { ...blue, name: 'Gold' } } });
    expect([...spots.keys()]).toEqual(['#0066cc', '#abcdef']);
    expect(spots.get('#0066cc')).toEqual(blue);
    expect(spotsByColor({}).size).toBe(0);
  });

  test.each([
    ['a name that means every plate', { ...blue, name: 'All' }],
    ['a name that means none', { ...blue, name: 'None' }],
    ['the name of a process ink', { ...blue, name: 'Black' }],
    ['no name', { ...blue, name: '' }],
    ['a line break in the name', { ...blue, name: 'a\nb' }],
    ['more than all of an ink', { ...blue, cmyk: [101, 0, 0, 0] as const }],
    ['less than nothing', { ...blue, cmyk: [0, -1, 0, 0] as const }],
    ['no number', { ...blue, cmyk: [0, Number.NaN, 0, 0] as const }],
  ])('%s is refused', (_, spot) => expect(() => spotsByColor({ spots: { '#000': spot } })).toThrow(RangeError));

  test('one name for two mixtures is refused, for two colours it is not', () => {
    expect(spotsByColor({ spots: { '#000': blue, '#111': blue } }).size).toBe(2);
    const other = { ...blue, cmyk: [0, 0, 0, 1] as const };
    expect(() => spotsByColor({ spots: { '#000': blue, '#111': other } })).toThrow('two mixtures');
  });
});
