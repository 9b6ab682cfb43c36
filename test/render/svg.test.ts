import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { draw } from '../../src/render/draw.ts';
import type { Drawing } from '../../src/render/drawing.ts';
import { matrix } from '../../src/render/matrix.ts';
import { svg } from '../../src/render/svg.ts';
import { decode, decodeRgba } from '../support/decode.ts';
import { color, print } from '../support/scan.ts';

const code = matrix('https://example.com/a');
const drawing = draw(code);
const stops = ['#6a11cb', '#c2185b'].map((color, offset) => ({ color, offset }));

/** Names of all elements of a document that resvg can parse, so that it is well-formed. */
function elements(document: string): string[] {
  expect(() => new Resvg(document)).not.toThrow();
  return [...document.matchAll(/<([a-zA-Z]+)/g)].map(match => match[1]!);
}

describe('svg', () => {
  test('a plain code is a path for its ground and one for its modules, in units of modules', () => {
    expect(svg(drawing)).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 33 33" role="img"><path fill="#ffffff" fill-rule="evenodd" shape-rendering="crispEdges" d="M0 0H33V33H0Z"\/><path fill="#000000" fill-rule="evenodd" shape-rendering="crispEdges" d="M4 4H11V11H4Z[MHVZ0-9 ]+"\/><\/svg>$/,
    );
  });

  test('every colour is one path, and without a ground there is none for it', () => {
    const paths = (style: Parameters<typeof draw>[1]) =>
      elements(svg(draw(code, style))).filter(name => name === 'path');
    expect(paths({ cornerFrameColor: '#f00', cornerDotColor: '#f00' })).toHaveLength(3);
    expect(paths({ dotShape: 'star', cornerFrameShape: 'leaf' })).toHaveLength(2);
    expect(paths({ bgColor: 'transparent' })).toHaveLength(1);
  });

  test('only shapes without a slant or a curve have their edges kept sharp', () => {
    const sharp = (style: Parameters<typeof draw>[1]) => svg(draw(code, style)).match(/crispEdges/g)?.length ?? 0;
    expect([sharp({}), sharp({ dotShape: 'rounded' }), sharp({ dotShape: 'star' })]).toEqual([2, 1, 1]);
  });

  test('a size sets width and height and leaves the view box alone; of a width the height follows', () => {
    const high: Drawing = { ...drawing, height: 66 };
    expect(svg(drawing)).not.toMatch(/<svg[^>]* (width|height)=/);
    expect(svg(high, { size: 600 })).toContain('viewBox="0 0 33 66" width="600" height="1200"');
    expect(svg(high, { size: 25.4, unit: 'mm' })).toContain('viewBox="0 0 33 66" width="25.4mm" height="50.8mm"');
    expect(svg(high, { size: { width: 10, height: 30 } })).toContain('viewBox="0 0 33 66" width="10" height="30"');
  });

  test('a title is escaped, and characters that XML forbids are replaced', () => {
    const titled = svg(drawing, { title: '</title> & "\u0000\ud83d\u{1f600}' });
    expect(titled).toContain('<title>&lt;/title&gt; &amp; "\ufffd\ufffd\u{1f600}</title>');
  });

  test('each gradient is defined once and its path refers to it, a plain drawing defines nothing', () => {
    const linear = svg(draw(code, { dotGradient: { type: 'linear', rotation: 90, stops } }));
    expect(linear).toContain(
      '<linearGradient id="g0" gradientUnits="userSpaceOnUse" x1="16.5" y1="4" x2="16.5" y2="29">',
    );
    expect(linear).toContain('<stop offset="0" stop-color="#6a11cb"/><stop offset="1" stop-color="#c2185b"/>');
    expect(linear.match(/fill="url\(#g0\)"/g)).toHaveLength(1);
    const radial = svg(draw(code, { dotGradient: { type: 'radial', stops } }));
    expect(radial).toContain('<radialGradient id="g0" gradientUnits="userSpaceOnUse" cx="16.5" cy="16.5" r="17.678">');
    expect(svg(drawing)).not.toContain('<defs>');
  });

  test('a logo is in the file itself, and nothing refers to anything outside', () => {
    const png = new Resvg(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>',
    )
      .render()
      .asPng();
    const dotGradient = { type: 'linear' as const, stops };
    const document = svg(draw(code, { dotGradient }, { logo: { png, width: 9, height: 9 } }));
    const references = [...document.matchAll(/(?:href="|url\()([^:,;)"]*[:;]?)/g)].map(match => match[1]);
    expect(references).toEqual(['#g0', 'data:']);
    expect(document).toContain(`href="data:image/png;base64,${png.toString('base64')}"`);
  });

  test('neighbouring modules leave no hairline, even where edges are smoothed and fall between pixels', () => {
    const black = { ...code, modules: code.modules.map(() => 1) };
    const smooth = svg(draw(black, { quietZone: 0 })).replaceAll('crispEdges', 'auto');
    const image = new Resvg(smooth, { fitTo: { mode: 'width', value: 333 } }).render();
    const { pixels } = image; // once: each read copies all
    const scale = 333 / code.size;
    const shades = new Set<number | undefined>();
    // Between the upper finder patterns and the lower one, which have light rings of their own.
    for (let y = Math.ceil(7 * scale) + 2; y < Math.floor((code.size - 7) * scale) - 2; y++) {
      for (let x = 1; x < 332; x++) shades.add(pixels[4 * (y * 333 + x)]);
    }
    expect([...shades]).toEqual([0]);
  });

  test('any text in any dark-on-light colours is read back by two decoders, and every pixel is as the matrix says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
        color(0, 0x50),
        color(0xb0, 0xff),
        fc.string({ unit: 'binary' }),
        async (text, dotColor, bgColor, title) => {
          const drawn = matrix(text);
          const styled = draw(drawn, { dotColor, bgColor });
          expect(elements(svg(styled, { title }))).toEqual(['svg', 'title', 'path', 'path']);
          const image = print(styled, 4 * styled.width);
          expect(await decode(image.png())).toEqual([text]);
          expect(decodeRgba(new Uint8ClampedArray(image.pixels), image.width, image.height)).toBe(text);
          for (let y = 0; y < drawn.size; y++) {
            for (let x = 0; x < drawn.size; x++) {
              const expected = drawn.modules[y * drawn.size + x] ? dotColor : bgColor;
              const found = image.at(4 * (x + 4) + 2, 4 * (y + 4) + 2);
              if (found !== expected) throw new Error(`module ${x}, ${y} is ${found}`);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  }, 120_000);
});
