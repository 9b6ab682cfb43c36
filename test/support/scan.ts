/**
 * A picture as two readers see it: printed on white paper, then decoded by two programs that share no code. What it is
 * made from is an SVG, so that drawings, PNG files and pages of a PDF are all looked at in the same way.
 */
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { cornerDotShapes, cornerFrameShapes, dotShapes, frameShapes, type QrStyle } from '../../events/style.ts';
import type { Drawing } from '../../src/render/drawing.ts';
import { svg } from '../../src/render/svg.ts';
import { decode, decodeRgba } from './decode.ts';

/** An SVG on white paper as pixels, upright or turned by some degrees around its middle. */
export function photograph(document: string, width: number, tilt = 0) {
  const [, right, bottom] = /^<svg[^>]* viewBox="0 0 (\S+) (\S+)"/.exec(document)!.map(Number) as [
    number,
    number,
    number,
  ];
  const middle = `${right / 2} ${bottom / 2}`;
  const turned = document.replace(
    /^(<svg[^>]*>)(.*)(<\/svg>)$/s,
    `$1<g transform="rotate(${tilt} ${middle})">$2</g>$3`,
  );
  const image = new Resvg(tilt === 0 ? document : turned, {
    fitTo: { mode: 'width', value: width },
    font: { loadSystemFonts: false },
    background: '#ffffff',
  }).render();
  const { pixels } = image; // once: each read copies all
  const at = (x: number, y: number) =>
    `#${pixels
      .subarray(4 * (Math.floor(y) * image.width + Math.floor(x)))
      .subarray(0, 3)
      .toHex()}`;
  return { pixels, at, width: image.width, height: image.height, png: () => image.asPng() };
}

/** A drawing as pixels. */
export const print = (drawing: Drawing, width: number) => photograph(svg(drawing), width);

/** A PNG as an SVG that holds it and nothing else, pixel by pixel; its size stands in the bytes 16 to 24. */
export function pasted(png: Uint8Array): { document: string; width: number } {
  const view = new DataView(png.buffer, png.byteOffset);
  const size = `width="${view.getUint32(16)}" height="${view.getUint32(20)}"`;
  const viewBox = `0 0 ${view.getUint32(16)} ${view.getUint32(20)}`;
  const image = `<image ${size} href="data:image/png;base64,${png.toBase64()}"/>`;
  const document = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}">${image}</svg>`;
  return { document, width: view.getUint32(16) };
}

/** Nearer and farther, in pixels a module, straight on and then askew. */
const views = [0, 6, -11].flatMap(tilt => [4, 6, 3, 5.3, 8, 11].map(distance => ({ tilt, distance })));

/**
 * What zxing-cpp and jsqr read, each as soon as it reads something, from one view and then from others, as somebody
 * moves a phone. zxing reads at the first glance, and a test says so where it matters; jsqr measures the diagonals of
 * finder patterns, which other shapes than squares shorten, and takes data for a pattern now and then.
 *
 * @param across the width of the picture in modules
 * @param glance the first view's width in pixels, if it is not to be one of ours
 */
export async function scanned(
  document: string,
  across: number,
  glance?: number,
): Promise<[zxing: string | undefined, jsqr: string | undefined]> {
  const first = glance === undefined ? [] : [{ tilt: 0, distance: glance / across }];
  let zxing: string | undefined;
  let jsqr: string | undefined;
  for (const { distance, tilt } of [...first, ...views]) {
    const image = photograph(document, Math.ceil(across * distance - 1e-9), tilt);
    zxing ??= (await decode(image.png()))[0];
    jsqr ??= decodeRgba(new Uint8ClampedArray(image.pixels), image.width, image.height) ?? undefined;
    if (zxing !== undefined && jsqr !== undefined) break;
  }
  return [zxing, jsqr];
}

/** What the two read from a drawing. */
export const scan = (drawing: Drawing) => scanned(svg(drawing), drawing.width);

const channel = (min: number, max: number) =>
  fc.integer({ min, max }).map(value => value.toString(16).padStart(2, '0'));

/** A colour in hex whose three channels lie between two bounds. */
export const color = (min: number, max: number) =>
  fc.tuple(channel(min, max), channel(min, max), channel(min, max)).map(channels => `#${channels.join('')}`);

const stops = (colors: fc.Arbitrary<string>) =>
  fc.array(fc.record({ offset: fc.integer({ min: 0, max: 100 }).map(percent => percent / 100), color: colors }), {
    minLength: 2,
    maxLength: 4,
  });

/** A gradient of such colours. */
const gradient = (colors: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({
      type: fc.constant('linear' as const),
      rotation: fc.integer({ min: 0, max: 360 }),
      stops: stops(colors),
    }),
    fc.record({ type: fc.constant('radial' as const), stops: stops(colors) }),
  );

const dark = color(0, 0x58);
const light = color(0xc8, 0xff);

/** Any style that keeps to what a reader needs: dark on light, and two modules of quiet zone. */
export const readableStyle: fc.Arbitrary<QrStyle> = fc.record(
  {
    dotColor: dark,
    bgColor: fc.oneof(light, fc.constant('transparent')),
    dotShape: fc.constantFrom(...dotShapes),
    dotGradient: gradient(dark),
    cornerFrameShape: fc.constantFrom(...cornerFrameShapes),
    cornerFrameColor: dark,
    cornerDotShape: fc.constantFrom(...cornerDotShapes),
    cornerDotColor: dark,
    quietZone: fc.integer({ min: 2, max: 8 }),
    errorCorrection: fc.constantFrom('L' as const, 'M' as const, 'Q' as const, 'H' as const),
    logo: fc.record(
      {
        size: fc.double({ min: 0.05, max: 0.35, noNaN: true }),
        margin: fc.double({ min: 0, max: 4, noNaN: true }),
        knockout: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    frame: fc.record(
      {
        shape: fc.constantFrom(...frameShapes),
        text: fc.constantFrom('Menü & Karte', 'Σάρωσέ με', 'Отсканируйте, чтобы узнать больше'),
        color: color(0, 0xff),
        textColor: color(0, 0xff),
      },
      { requiredKeys: ['shape'] },
    ),
  },
  { requiredKeys: [] },
);
