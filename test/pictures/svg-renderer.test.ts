import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { drawSvg, limited } from '../../src/pictures/svg-renderer.ts';
import { svgOf } from '../support/logos.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const drawing = (body: string, width = 100, height = 100) => ({
  svg: svgOf(body, `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`),
  width,
  height,
});

test('the longer side has the pixels asked for, and alpha is not multiplied into the colours', async () => {
  const wide = await drawSvg(drawing('<rect width="100" height="50" fill="#80ff40" fill-opacity=".5"/>', 100, 50), 64);
  expect([wide.width, wide.height, wide.rgba.length]).toEqual([64, 32, 64 * 32 * 4]);
  const [red, green, blue, alpha] = wide.rgba;
  expect(Math.abs(alpha! - 128)).toBeLessThanOrEqual(1);
  for (const [value, wanted] of [
    [red, 0x80],
    [green, 0xff],
    [blue, 0x40],
  ] as const)
    expect(Math.abs(value! - wanted)).toBeLessThanOrEqual(1);
  const high = await drawSvg(drawing('<rect width="10" height="10"/>', 50, 100), 64);
  expect([high.width, high.height]).toEqual([32, 64]);
});

test('it draws what the native renderer draws', async () => {
  const given = drawing(
    '<path d="M10 80Q50-40 90 80z" fill="#0b5" stroke="#013" stroke-width="6" stroke-linejoin="round"/>',
  );
  const { rgba } = await drawSvg(given, 128);
  const native = new Resvg(given.svg, {
    fitTo: { mode: 'width', value: 128 },
    font: { loadSystemFonts: false },
  }).render();
  const premultiplied = rgba.map((value, i) => (i % 4 === 3 ? value : Math.round((value * rgba[i | 3]!) / 255)));
  const { pixels } = native;
  expect(premultiplied.filter((value, i) => Math.abs(value - pixels[i]!) > 1)).toHaveLength(0);
});

test('what wants more memory than there is is refused, and the program goes on', async () => {
  const layers = '<g opacity=".9">'.repeat(30);
  const greedy = drawing(`${layers}<rect width="100" height="100"/>${'</g>'.repeat(30)}`);
  expect(faultsOf(await problemOf(drawSvg(greedy, 1024)))).toEqual(['/file too_complex']);
});

test('the limit is in the module itself, and a module of another make is not taken', () => {
  const module = readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm'));
  const bounded = limited(module);
  expect(WebAssembly.validate(bounded)).toBe(true);
  // Memory section: one memory, with a maximum, 23 pages, 1,024 pages.
  expect(Buffer.from(bounded).includes(Buffer.from([5, 5, 1, 1, 23, 0x80, 8]))).toBe(true);
  expect(() => limited(bounded)).toThrow('look at its new version');
  expect(() => limited(module.subarray(0, 8))).toThrow('look at its new version');
});
