import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import { type PdfOptions, pdf } from '../../src/pictures/pdf.ts';
import { draw } from '../../src/render/draw.ts';
import type { Drawing, Paint } from '../../src/render/drawing.ts';
import { matrix } from '../../src/render/matrix.ts';
import { svg } from '../../src/render/svg.ts';
import { decode } from '../support/decode.ts';
import { boxMm, facts, objects, raster, rasterPng } from '../support/pdf.ts';

const text = 'HTTPS://QR.EXAMPLE/AB12CD34';
const code = matrix(text);
const plain = draw(code);
const blue = { name: 'PANTONE 286 C', cmyk: [100, 75, 0, 2] } as const;
const spots = { '#0033A0': blue };
const square = (paint: Paint, path = 'M0 0H10V10H0Z'): Drawing => ({
  width: 10,
  height: 10,
  layers: [{ kind: 'outline', path, paint }],
});
const gradient = (type: 'linear' | 'radial', stops: [number, string][], rotation = 0): Paint => ({
  kind: 'gradient',
  gradient: { type, rotation, stops: stops.map(([offset, color]) => ({ offset, color })) },
  box: { x: 0, y: 0, width: 10, height: 10 },
});
/** How far two colours `#rrggbb` are apart, in the channel where it is most. */
const distance = (a: string, b: string): number =>
  Math.max(
    ...[1, 3, 5].map(i => Math.abs(Number.parseInt(a.slice(i, i + 2), 16) - Number.parseInt(b.slice(i, i + 2), 16))),
  );

/** A PNG of two pixels over each other, opaque red and half transparent blue, made by resvg. */
function logo(): Uint8Array {
  const rects =
    '<rect width="1" height="1" fill="#f00"/><rect y="1" width="1" height="1" fill="#00f" fill-opacity=".5"/>';
  return new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="2">${rects}</svg>`).render().asPng();
}

describe('the page', () => {
  test('is as large as was asked for, to a hundredth of a millimetre', () => {
    const file = pdf(plain, { widthMm: 50 });
    expect(facts(file)).toMatchObject({ Pages: '1', 'Page size': '141.732 x 141.732 pts', 'PDF version': '1.4' });
    for (const box of ['MediaBox', 'BleedBox', 'TrimBox'] as const) {
      for (const [i, mm] of [0, 0, 50, 50].entries()) expect(boxMm(file, box)[i]).toBeCloseTo(mm, 2);
    }
  });

  test('has the bleed around the trim, and the marks around both', () => {
    const file = pdf(plain, { widthMm: 40, heightMm: 60, bleedMm: 3, cropMarks: true });
    const boxes = [boxMm(file, 'TrimBox'), boxMm(file, 'BleedBox'), boxMm(file, 'MediaBox')];
    expect(boxes.map(box => box.map(mm => Math.round(mm * 1000) / 1000))).toEqual([
      [9, 9, 49, 69],
      [6, 6, 52, 72],
      [0, 0, 58, 78],
    ]);
  });

  test('crop marks are in line with the trim and leave the bleed free, on every plate', () => {
    const file = pdf(draw(code, { bgColor: 'transparent' }), { widthMm: 40, bleedMm: 3, cropMarks: true });
    const { at, width } = raster(file, { dpi: 254 }); // ten pixels a millimetre
    const dark = (xMm: number, yMm: number) =>
      [-1, 0, 1].some(d => at(Math.round(xMm * 10) + d, Math.round(yMm * 10)) < '#808080') ||
      [-1, 0, 1].some(d => at(Math.round(xMm * 10), Math.round(yMm * 10) + d) < '#808080');
    expect(Math.abs(width - 580)).toBeLessThanOrEqual(1); // poppler rounds up
    for (const edge of [9, 49]) {
      for (const on of [1, 3, 4.8, 53.2, 55]) expect([dark(edge, on), dark(on, edge)]).toEqual([true, true]);
      for (const off of [5.3, 6, 7.5, 9, 50, 52.5]) expect([dark(edge, off), dark(off, edge)]).toEqual([false, false]);
    }
    expect(objects(file)).toContain('/Separation /All /DeviceCMYK');
  });

  test('says its title in any script, and neither who made it nor when', () => {
    const file = pdf(plain, { widthMm: 30, title: 'Table 4 (Größe) <&> Привет\\' });
    const { Title, ...rest } = facts(file);
    expect(Title).toBe('Table 4 (Größe) <&> Привет\\');
    // It is whoever prints it who is named, if anybody.
    expect(Object.keys(rest)).not.toContain('Creator');
    expect(Object.keys(rest)).not.toContain('Producer');
    expect(facts(file)['CreationDate']).toBeUndefined();
    expect(facts(file)['Metadata Stream']).toBe('no');
  });

  test.each<Partial<PdfOptions>>([
    { widthMm: 0 },
    { widthMm: Number.NaN },
    { widthMm: 5001 },
    { widthMm: 4990, cropMarks: true },
    { heightMm: -1 },
    { bleedMm: -1 },
    { bleedMm: 51 },
    { bleedMm: Number.POSITIVE_INFINITY },
  ])('%j is refused', options => expect(() => pdf(plain, { widthMm: 50, ...options })).toThrow(RangeError));
});

describe('the ground', () => {
  test('goes on into the bleed and no further', () => {
    const { at } = raster(pdf(draw(code, { bgColor: '#ffe680' }), { widthMm: 40, bleedMm: 3, cropMarks: true }), {
      dpi: 254,
    });
    expect([at(62, 62), at(518, 518), at(290, 62)]).toEqual(['#ffe680', '#ffe680', '#ffe680']);
    expect([at(57, 57), at(523, 523), at(290, 57)]).toEqual(['#ffffff', '#ffffff', '#ffffff']);
  });

  test('fills a trim of another proportion, in which the code stands in the middle', async () => {
    const file = pdf(draw(code, { bgColor: '#ffe680' }), { widthMm: 60, heightMm: 30 });
    const { at, width, height } = raster(file, { dpi: 254 });
    expect([width, height].map(side => Math.round(side / 10))).toEqual([60, 30]);
    expect([at(5, 5), at(594, 294), at(150, 150)]).toEqual(['#ffe680', '#ffe680', '#ffe680']);
    expect(await decode(rasterPng(file, { dpi: 254 }))).toEqual([text]);
  });

  test('is left out when the style is transparent', () => {
    const operators = objects(pdf(draw(code, { bgColor: 'transparent' }), { widthMm: 40 }));
    expect(operators).not.toContain('1 1 1 rg');
    expect(objects(pdf(plain, { widthMm: 40 }))).toContain('1 1 1 rg');
  });
});

describe('the content', () => {
  test('of a plain code is one filled path a colour, even-odd, and no image and no font', () => {
    const file = objects(pdf(plain, { widthMm: 40 }));
    expect(file.match(/^f\*$/gm)).toHaveLength(2);
    expect(file).not.toMatch(/\/Image\b[^ICB]|\/Font\b| Do\b|\bBI\b/);
  });

  test('in CMYK is painted in four inks and nothing else', () => {
    const file = objects(pdf(draw(code, { dotColor: '#000', bgColor: '#ffe680' }), { widthMm: 40, color: 'cmyk' }));
    expect(file).toContain('\n0 0 0 1 k\n');
    expect(file).toContain('\n0 0.098 0.498 0 k\n');
    expect(file).not.toMatch(/ rg\b|DeviceRGB/);
  });

  test('in a spot colour is painted in that ink, with its mixture for those who lack it', () => {
    const file = objects(pdf(draw(code, { dotColor: '#0033a0' }), { widthMm: 40, color: 'cmyk', spots }));
    expect(file).toContain('/Separation /PANTONE#20286#20C /DeviceCMYK');
    expect(file).toContain('/C1 [1 0.75 0 0.02]');
    const [, name] = /\n\/(\w+) cs 1 scn\n/.exec(file) ?? [];
    expect(file).toMatch(new RegExp(`/ColorSpace <<\\n/${name} \\d+ 0 R`));
    expect(objects(pdf(plain, { widthMm: 40, spots }))).not.toContain('Separation');
  });

  test('a spot colour that is called like a screen colour stays an ink', () => {
    const gold = { '#b08d57': { name: 'Gold', cmyk: [0, 20, 60, 20] as const } };
    const file = objects(pdf(draw(code, { dotColor: '#b08d57' }), { widthMm: 40, spots: gold }));
    expect(file).toContain('/Separation /Gold /DeviceCMYK');
    expect(file.match(/ rg$/gm)).toHaveLength(1); // of the ground
  });

  test.each(['linear', 'radial'] as const)('a %s gradient is a shading with the colours of the SVG', type => {
    for (const rotation of [0, 30, 90, 215]) {
      const stops: [number, string][] = [
        [0.2, '#ff0000'],
        [0.5, '#00ff00'],
        [0.5, '#0000ff'],
        [0.8, '#ffff00'],
      ];
      const drawing = square(gradient(type, stops, rotation));
      const file = pdf(drawing, { widthMm: 25.4 });
      expect(objects(file)).toContain(`/ShadingType ${type === 'linear' ? 2 : 3}`);
      const { at } = raster(file, { dpi: 100 });
      const { pixels } = new Resvg(svg(drawing, { size: 100 }), { font: { loadSystemFonts: false } }).render();
      const same = Array.from({ length: 100 }, (_, i) => {
        const [x, y] = [5 + 10 * (i % 10), 5 + 10 * Math.floor(i / 10)];
        return (
          distance(
            at(x, y),
            `#${Buffer.from(pixels.subarray(4 * (100 * y + x)))
              .subarray(0, 3)
              .toString('hex')}`,
          ) < 24
        );
      });
      // Points on the hard edge may fall on either side of it.
      expect(same.filter(Boolean).length).toBeGreaterThan(90);
    }
  });

  test('a gradient in CMYK is blended in inks', () => {
    const file = objects(
      pdf(
        square(
          gradient('linear', [
            [0, '#000'],
            [1, '#f00'],
          ]),
        ),
        { widthMm: 40, color: 'cmyk' },
      ),
    );
    expect(file).toMatch(/\/ColorSpace \/DeviceCMYK[\s\S]*\/C0 \[0 0 0 1\]\n\/C1 \[0 1 1 0\]/);
    expect(file).not.toMatch(/DeviceRGB/);
  });

  test('a logo keeps its colours and its transparency, and in CMYK it is in inks too', () => {
    const box = { x: 2, y: 2, width: 6, height: 6 };
    const drawing: Drawing = { width: 10, height: 10, layers: [{ kind: 'picture', png: logo(), box }] };
    const { at } = raster(pdf(drawing, { widthMm: 25.4 }), { dpi: 100 });
    expect(at(50, 30)).toBe('#ff0000');
    expect(distance(at(50, 70), '#7f7fff')).toBeLessThan(4);
    expect([at(15, 50), at(50, 15), at(85, 50)]).toEqual(['#ffffff', '#ffffff', '#ffffff']);
    const inks = objects(pdf(drawing, { widthMm: 25.4, color: 'cmyk' }));
    expect(inks).toContain('/ColorSpace /DeviceCMYK');
    expect(inks).not.toContain('DeviceRGB');
  });

  test('an outline that is not to be drawn is refused, not left out', () => {
    const black = { kind: 'solid', color: '#000' } as const;
    expect(() => pdf(square(black, 'M0 0l5 5Z'), { widthMm: 10 })).toThrow(RangeError);
    expect(() => pdf(square({ kind: 'solid', color: '0 g ET' }), { widthMm: 10 })).toThrow(RangeError);
  });
});
