import { expect, test } from 'bun:test';
import { labelSheets } from '../../src/pictures/labels.ts';
import { sheet } from '../../src/pictures/sheet.ts';
import { bytes, codes, l7160, made, read, textOfCode } from '../support/label-sheets.ts';
import { fontsOf, raster, textOf } from '../support/pdf.ts';

test('stand in the file as text in an embedded part of Inter, in several scripts', async () => {
  const words = ['Größe 4', 'Žluťoučký kůň', 'Привет, мир', 'Καλημέρα', 'Tiếng Việt', 'cafe\u0301', 'two\nlines'];
  const file = await bytes(
    sheet(
      codes(7, i => words[i]!),
      l7160,
    ),
  );
  const text = textOf(file);
  for (const word of [...words.slice(0, 5), 'café', 'two lines']) expect(text).toContain(word);
  const fonts = fontsOf(file).trim().split('\n').slice(2);
  expect(fonts.length).toBeGreaterThan(3);
  for (const font of fonts) expect(font).toMatch(/^[A-Z]{6}\+Inter.*\byes yes yes\b/); // embedded, subset, with Unicode
});

test('that are too long end in an ellipsis inside their label', async () => {
  const file = await bytes(
    sheet(
      codes(3, () => `Start ${'long words '.repeat(30)}`),
      l7160,
    ),
  );
  expect(textOf(file)).toMatch(/Start long words [a-z ]*…/);
  const pixels = raster(file, { dpi: 100 });
  const { labelWidth, gapX, marginLeft } = l7160;
  for (const gap of [marginLeft - 1, marginLeft + labelWidth + gapX / 2, marginLeft + 2 * labelWidth + 1.5 * gapX]) {
    for (let y = 0; y < pixels.height; y++) expect(pixels.at(Math.round((gap / 25.4) * 100), y)).toBe('#ffffff');
  }
});

test('characters that no part of the font has are shown as question marks', async () => {
  expect(
    textOf(
      await bytes(
        sheet(
          codes(1, () => 'a漢b'),
          l7160,
        ),
      ),
    ),
  ).toContain('a?b');
});

test('stand beside the code on wide labels, and the code still decodes', async () => {
  for (const name of ['avery-l4731', 'avery-5160', 'avery-l7651', 'avery-5167']) {
    const grid = labelSheets.get(name)!;
    const file = await made(3, {}, grid);
    const pixels = raster(file, { dpi: 400, heightMm: grid.marginTop + 2 * grid.labelHeight });
    expect([0, 1, 2].map(i => read(pixels, i, 400, grid))).toEqual([0, 1, 2].map(textOfCode));
    expect(textOf(file)).toContain('Table 3');
  }
});

test('none are written where there are none, and then no font is in the file', async () => {
  expect(
    fontsOf(
      await bytes(
        sheet(
          codes(3, () => ''),
          l7160,
        ),
      ),
    )
      .trim()
      .split('\n'),
  ).toHaveLength(2);
});
