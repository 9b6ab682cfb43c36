/**
 * A page of labels as one picture, as it comes out of a printer: `bun test/support/print-sheet.ts sheet.png`. It stands
 * in the README; the PDF is the one that `POST /v1/qr/sheet` answers, drawn by poppler.
 */
import type { QrStyle } from '../../events/style.ts';
import { compose } from '../../src/pictures/composition.ts';
import { type SheetItem, sheet } from '../../src/pictures/sheet.ts';
import { ink } from './contact-cells.ts';
import { bytes, l7160, textOfCode } from './label-sheets.ts';
import { rasterPng } from './pdf.ts';

const style: QrStyle = {
  dotShape: 'rounded',
  dotColor: ink,
  cornerFrameShape: 'rounded',
  cornerFrameColor: '#c8431f',
  cornerDotShape: 'circle',
};
const places = ['Dining room', 'Garden', 'Terrace'];

async function* labels(): AsyncGenerator<SheetItem> {
  for (let i = 0; i < l7160.columns * l7160.rows; i++) {
    const { drawing } = await compose(textOfCode(i), style);
    yield { drawing, caption: `${places[i % places.length]} · table ${Math.floor(i / places.length) + 1}` };
  }
}

const target = process.argv[2];
if (!target) throw new Error('Say where to: bun test/support/print-sheet.ts sheet.png');
await Bun.write(target, rasterPng(await bytes(sheet(labels(), l7160, { cropMarks: true })), { dpi: 120 }));
