import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import type { QrStyle } from '../../events/style.ts';
import { payload } from '../../src/content/payload.ts';
import { compose } from '../../src/pictures/composition.ts';
import { type PictureOptions, pictureFile } from '../../src/pictures/picture-file.ts';
import { anyContent } from '../support/contents.ts';
import { rasterPng } from '../support/pdf.ts';
import { color, pasted, readableStyle, scanned } from '../support/scan.ts';

/** A customer's logo in some proportions, with a clear edge. */
function logo(width: number, height: number) {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><ellipse cx="${width / 2}" cy="${height / 2}" rx="${width / 2}" ry="${height / 2}" fill="#e4572e"/><rect x="${width / 4}" y="${height / 4}" width="${width / 2}" height="${height / 2}" fill="#14213d"/></svg>`;
  return { png: new Resvg(drawn).render().asPng(), width, height };
}

/** Longer ones make codes of a hundred modules a side, of which a second takes a hundredth as many cases. */
const bytesMax = 250;
const text = fc
  .oneof(
    fc.stringMatching(/^[A-Z0-9]{4,12}$/).map(slug => `HTTPS://QR.EXAMPLE/${slug}`),
    fc.webUrl(),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    anyContent.map(([type, content]) => payload(type, content)),
  )
  .filter(value => Buffer.byteLength(value) <= bytesMax);

/** Squares in one colour are written by another program than all other styles. */
const plainStyle: fc.Arbitrary<QrStyle> = fc.record(
  {
    dotColor: color(0, 0x58),
    bgColor: fc.oneof(color(0xc8, 0xff), fc.constant('transparent')),
    quietZone: fc.integer({ min: 2, max: 8 }),
    errorCorrection: fc.constantFrom('L' as const, 'M' as const, 'Q' as const, 'H' as const),
  },
  { requiredKeys: [] },
);
const logos = [logo(60, 60), logo(160, 60), logo(50, 130)];
const subject = fc.record({
  text,
  style: fc.oneof({ weight: 4, arbitrary: readableStyle }, { weight: 1, arbitrary: plainStyle }),
  logo: fc.option(fc.constantFrom(...logos), { nil: undefined }),
  /** How near it is looked at first. */
  pxPerModule: fc.double({ min: 3, max: 10, noNaN: true }),
});

async function composed({ text, style, logo, pxPerModule }: typeof subject extends fc.Arbitrary<infer T> ? T : never) {
  const composition = await compose(text, style, logo);
  const across = composition.drawing.width;
  const px = Math.ceil(across * pxPerModule);
  const file = async (options: PictureOptions) => (await pictureFile(composition, options)).bytes;
  return { across, px, file };
}

const unit = fc.constantFrom('px' as const, 'mm' as const, 'in' as const);
const print = fc.record(
  {
    size: fc.double({ min: 20, max: 150, noNaN: true }),
    bleedMm: fc.double({ min: 0, max: 6, noNaN: true }),
    cropMarks: fc.boolean(),
    color: fc.constantFrom('rgb' as const, 'cmyk' as const),
  },
  { requiredKeys: ['size'] },
);

/** How many of each: 1,000 in all. A PDF takes ten times as long, because poppler is a process of its own. */
const cases = { svg: 480, png: 480, pdf: 40 };

describe('any content in any style that keeps to what readers need, as the file that a customer gets', () => {
  test(`as ${cases.svg} SVGs in any unit, read back by two decoders`, async () => {
    const property = fc.asyncProperty(subject, unit, async (subject, unit) => {
      const { across, px, file } = await composed(subject);
      const document = new TextDecoder().decode(await file({ format: 'svg', unit, size: unit === 'px' ? px : 40 }));
      expect(await scanned(document, across, px)).toEqual([subject.text, subject.text]);
    });
    await fc.assert(property, { numRuns: cases.svg });
  }, 120_000);

  test(`as ${cases.png} PNGs of any size, read back by two decoders`, async () => {
    const property = fc.asyncProperty(subject, async subject => {
      const { across, px, file } = await composed(subject);
      const { document, width } = pasted(await file({ format: 'png', size: px }));
      expect(width).toBe(px);
      expect(await scanned(document, across, px)).toEqual([subject.text, subject.text]);
    });
    await fc.assert(property, { numRuns: cases.png });
  }, 120_000);

  test(`as ${cases.pdf} PDFs in inks or in light, with bleed and marks or without, read back by two decoders`, async () => {
    const property = fc.asyncProperty(subject, print, async (subject, options) => {
      const { across, px, file } = await composed(subject);
      const dpi = Math.ceil((25.4 * px) / options.size);
      const { document, width } = pasted(rasterPng(await file({ format: 'pdf', ...options }), { dpi }));
      expect(await scanned(document, (across * width) / px, width)).toEqual([subject.text, subject.text]);
    });
    await fc.assert(property, { numRuns: cases.pdf });
  }, 120_000);
});
