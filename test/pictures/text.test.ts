import { describe, expect, test } from 'bun:test';
import { MissingGlyph, textOutline } from '../../src/pictures/text.ts';
import { print } from '../support/scan.ts';

/** Share of a text's box that is ink. */
function ink({ path, width, height }: { path: string; width: number; height: number }): number {
  const paint = { kind: 'solid', color: '#000000' } as const;
  const { pixels } = print({ width, height, layers: [{ kind: 'outline', path, paint }] }, 300);
  return pixels.filter((value, index) => index % 4 === 0 && value < 128).length / (pixels.length / 4);
}

describe('textOutline', () => {
  test('letters are filled outlines of numbers, as wide as the text', async () => {
    const [one, two] = [await textOutline('SCAN ME'), await textOutline('SCAN ME SCAN ME')];
    expect(one.path).toMatch(/^M[MLHVCQZ0-9. -]+Z$/);
    expect(two.width / one.width).toBeWithin(2, 2.2);
    expect(ink(one)).toBeWithin(0.3, 0.6);
  });

  test('capitals stand between 0 and the height', async () => {
    const { path, height } = await textOutline('H');
    const down = path.match(/[ML]\S+ (\S+)(?=[A-Z])/g)!.map(point => Number(point.split(' ')[1]));
    expect([Math.min(...down), Math.max(...down)]).toEqual([0, height]);
  });

  test.each([
    'Größe wählen',
    'Łódź i Żywiec',
    'Привет, мир',
    'Ελληνικά',
    'Tiếng Việt',
    'Ўзбекча',
    '“Menü” — 20 € & more',
  ])('%s is set in letters of its own', async text => {
    const outline = await textOutline(text);
    expect(ink(outline)).toBeGreaterThan(0.2);
    expect(outline.width).toBeGreaterThan(outline.height * 3);
  });

  test('a mark that is written after its letter is the same as the letter with its mark', async () => {
    expect(await textOutline('Cafe\u0301')).toEqual(await textOutline('Café'));
  });

  test('white space of any kind and number is one space', async () => {
    expect(await textOutline('  a\n\tb ')).toEqual(await textOutline('a b'));
  });

  test.each([
    ['SCAN 日本', '日', 'U+65E5'],
    ['x👍🏽', '👍', 'U+1F44D'],
    ['שלום', 'ש', 'U+05E9'],
    ['a\u202eb', '\u202e', 'U+202E'],
    ['soft\u00adhyphen', '\u00ad', 'U+00AD'],
  ])('%j: the character that no font has is named instead of being drawn as a box', async (text, character, point) => {
    const refusal = await textOutline(text).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MissingGlyph);
    expect((refusal as MissingGlyph).character).toBe(character);
    expect((refusal as MissingGlyph).message).toContain(point);
  });

  test.each(['', '   '])('%j is refused: there is nothing to draw', async text => {
    await expect(textOutline(text)).rejects.toThrow(RangeError);
  });

  test('what looks like markup is set as it is written', async () => {
    expect((await textOutline('<b>&amp;"')).width).toBeGreaterThan((await textOutline('b')).width * 4);
  });
});
