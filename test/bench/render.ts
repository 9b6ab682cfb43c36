/**
 * Pictures beside the libraries people use: each with a fresh payload, so that nothing is remembered, in one process and
 * in turns. A picture is timed from the text to the bytes.
 */

import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import type { QrStyle } from '../../events/style.ts';
import { labelSheets } from '../../src/pictures/labels.ts';
import { raster } from '../../src/pictures/raster.ts';
import { sheet } from '../../src/pictures/sheet.ts';
import { textOutline } from '../../src/pictures/text.ts';
import { draw } from '../../src/render/draw.ts';
import { matrix } from '../../src/render/matrix.ts';
import { matrixFor } from '../../src/render/placement.ts';
import { png } from '../../src/render/png.ts';
import { svg } from '../../src/render/svg.ts';
import { caller } from '../support/client.ts';
import { startProgram } from '../support/program.ts';
import { compared, limited, median, type Row } from './table.ts';

const require = createRequire(import.meta.url);
const nodeQrcode = require('qrcode') as {
  toString(text: string, options: object): Promise<string>;
};
const qrImage = require('qr-image') as { imageSync(text: string, options: object): Uint8Array };

const rounds = 5;
let made = 0;
const fresh = () => `https://vsn.to/${(++made).toString(36).padStart(8, 'k')}`;

/** Pictures a second, the median of rounds in which all contestants take turns. */
async function contest(
  contestants: Readonly<Record<string, readonly [count: number, make: () => unknown]>>,
): Promise<Record<string, number>> {
  const rates: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [count, make]] of Object.entries(contestants)) {
      const started = performance.now();
      for (let i = 0; i < count; i++) await make();
      const rate = (count / (performance.now() - started)) * 1000;
      // The first round warms up.
      if (round > 0) rates[name] = [...(rates[name] ?? []), rate];
    }
  }
  return Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, median(values)]));
}

const styled: QrStyle = {
  dotShape: 'extra-rounded',
  dotGradient: {
    type: 'linear',
    rotation: 45,
    stops: [
      { offset: 0, color: '#14213d' },
      { offset: 1, color: '#0b3d91' },
    ],
  },
  cornerFrameShape: 'rounded',
  cornerDotShape: 'circle',
  frame: { shape: 'banner-bottom', text: 'SCAN ME', color: '#14213d', textColor: '#ffffff' },
};

const rasterOnly = (text: string) =>
  new Resvg(text, { fitTo: { mode: 'width', value: 1024 }, font: { loadSystemFonts: false } }).render().asPng();

async function sheetOf1000(): Promise<number> {
  const started = performance.now();
  const items = Array.from({ length: 1_000 }, (_, i) => ({ drawing: draw(matrix(fresh())), caption: `Product ${i}` }));
  let bytes = 0;
  for await (const chunk of sheet(items, labelSheets.get('avery-l7160')!, {})) bytes += chunk.byteLength;
  if (bytes === 0) throw new Error('the sheet is empty');
  return performance.now() - started;
}

/** Times of ZIPs of 1,000 plain codes over HTTP, from the request to the last byte. */
async function zipsOf1000(picture: 'svg' | 'png'): Promise<number[]> {
  const program = await startProgram();
  const json = { codes: Array.from({ length: 1_000 }, (_, i) => ({ destination: `https://example.com/${i}` })) };
  await caller(program.url, program.key)('POST', '/v1/qr/bulk', { json });
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    const response = await fetch(`${program.url}/v1/qr/export?format=zip&picture=${picture}`, {
      headers: { authorization: `Bearer ${program.key}` },
    });
    await response.arrayBuffer();
    times.push(performance.now() - started);
  }
  await program.stop();
  return times;
}

export async function measure(): Promise<Row[]> {
  const logo = { png: png(matrix('logo'), {}, { size: 200 }), width: 200, height: 200 };
  const text = await textOutline('SCAN ME');
  const drawing = () => {
    const content = fresh();
    return draw(
      matrixFor(level => matrix(content, { level }), styled, logo),
      styled,
      { logo, text },
    );
  };
  const rates = await contest({
    png: [300, () => png(matrix(fresh()), {}, { size: 1024 })],
    resvg: [10, () => rasterOnly(svg(draw(matrix(fresh()))))],
    qrImage: [40, () => qrImage.imageSync(fresh(), { type: 'png', size: 35, margin: 4, ec_level: 'M' })],
    svg: [1_000, () => svg(draw(matrix(fresh())))],
    nodeQrcode: [1_000, () => nodeQrcode.toString(fresh(), { type: 'svg', errorCorrectionLevel: 'M', margin: 4 })],
    styled: [8, () => raster(drawing(), { size: 1024 })],
    styledResvg: [8, () => rasterOnly(svg(drawing()))],
  });
  const sheets: number[] = [];
  for (let i = 0; i < 3; i++) sheets.push(await sheetOf1000());
  const row = (what: string, name: string, beside: string, other: string, atLeast: number) =>
    compared('render', what, rates[name]!, 'pictures/s', beside, rates[other]!, atLeast);
  return [
    row('PNG 1024 px, plain, fresh payload', 'png', 'resvg on the same SVG', 'resvg', 40),
    row('PNG 1024 px, plain, fresh payload', 'png', 'qr-image', 'qrImage', 9),
    row('SVG, fresh payload', 'svg', 'node-qrcode', 'nodeQrcode', 1),
    row('PNG 1024 px, styled with logo', 'styled', 'resvg on the same SVG', 'styledResvg', 0.9),
    limited('render', 'PDF sheet of 1,000 codes', median(sheets), 'ms', 2000),
    limited('render', 'ZIP of 1,000 codes, SVG', median(await zipsOf1000('svg')), 'ms', 2000),
    limited('render', 'ZIP of 1,000 codes, PNG 512 px', median(await zipsOf1000('png')), 'ms', 2000),
  ];
}
