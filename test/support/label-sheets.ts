/**
 * Sheets of codes for tests: small drawings by their number, and single labels cut out of a printed page where the
 * label's own millimetres say, so that a code in the wrong place is as wrong as one that does not decode.
 */
import { labelAt, labelSheets } from '../../src/pictures/labels.ts';
import { type SheetItem, type SheetOptions, sheet } from '../../src/pictures/sheet.ts';
import { draw } from '../../src/render/draw.ts';
import { matrix } from '../../src/render/matrix.ts';
import { decodeRgba } from './decode.ts';
import type { raster } from './pdf.ts';

export const l7160 = labelSheets.get('avery-l7160')!;
export const textOfCode = (i: number): string => `HTTPS://QR.EXAMPLE/${(60_466_176 + i).toString(36).toUpperCase()}`;

/** Items of a sheet, made when they are asked for. */
export function* codes(count: number, caption = (i: number): string => `Table ${i + 1}`): Generator<SheetItem> {
  for (let i = 0; i < count; i++) yield { drawing: draw(matrix(textOfCode(i))), caption: caption(i) };
}
export const bytes = async (stream: ReadableStream<Uint8Array>): Promise<Uint8Array> => new Response(stream).bytes();
export const made = (count: number, options?: SheetOptions, grid = l7160) => bytes(sheet(codes(count), grid, options));

/** One label cut out of a raster of its page, after the label's own millimetres. */
export function cut({ data, width }: ReturnType<typeof raster>, index: number, dpi: number, grid = l7160) {
  const label = labelAt(grid, index);
  const px = (mm: number): number => Math.round((mm / 25.4) * dpi);
  const [w, h] = [px(label.width), px(label.height)];
  const out = new Uint8ClampedArray(w * h * 4);
  for (let y = 0; y < h; y++) {
    const from = 4 * ((px(label.y) + y) * width + px(label.x));
    out.set(data.subarray(from, from + 4 * w), 4 * y * w);
  }
  return { data: out, width: w, height: h };
}
/** What stands in one label. */
export const read = (page: ReturnType<typeof raster>, index: number, dpi: number, grid = l7160) => {
  const label = cut(page, index, dpi, grid);
  return decodeRgba(label.data, label.width, label.height);
};
