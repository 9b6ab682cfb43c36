/**
 * Many codes on sheets of labels, as one PDF that is written while it is read: the memory is that of one page, however
 * many pages there are, and codes are asked for when their page is due. Each code stands in its label as large as it
 * can, with its caption under it, or beside it on a label at least twice as wide as high.
 */

import { invalid } from '../problem.ts';
import type { Drawing } from '../render/drawing.ts';
import { captions } from './caption.ts';
import { type Colors, fillOperator } from './colors.ts';
import { type LabelGrid, labelAt, labelFaults } from './labels.ts';
import { painter } from './paint.ts';
import { PrintFile, pointsPerMm } from './print-file.ts';

export interface SheetItem {
  readonly drawing: Drawing;
  readonly caption?: string;
}

export interface SheetOptions extends Colors {
  /** Size of the captions' letters in points, 7 by default. */
  readonly captionPt?: number;
  /** Marks in the page's margin where labels begin and end, for sheets that are cut. */
  readonly cropMarks?: boolean;
  /** The first label to print on, 1 by default: the rest of a sheet that was begun. */
  readonly startAt?: number;
  readonly title?: string;
}

const captionPtDefault = 7;
const markMm = 4;
const markGapMm = 1;

/**
 * Lays codes on sheets, from left to right and from top to bottom.
 *
 * @throws Problem naming the fields when the grid doesn't fit its page, or `startAt` or `captionPt` the grid
 */
export function sheet(
  items: Iterable<SheetItem> | AsyncIterable<SheetItem>,
  grid: LabelGrid,
  options: SheetOptions = {},
): ReadableStream<Uint8Array> {
  const faults = [...labelFaults(grid), ...optionFaults(grid, options)];
  if (faults.length > 0) throw invalid(faults);
  const chunks = written(items, grid, options);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function optionFaults(grid: LabelGrid, { startAt = 1, captionPt = captionPtDefault }: SheetOptions) {
  const labels = grid.columns * grid.rows;
  const ptMax = Math.floor((grid.labelHeight * pointsPerMm) / 4);
  const isLabel = Number.isInteger(startAt) && startAt >= 1 && startAt <= labels;
  const isSize = captionPt >= 3 && captionPt <= Math.max(3, ptMax);
  const fault = (field: string, detail: string) => ({ pointer: `/${field}`, code: 'out_of_range', detail });
  return [
    ...(isLabel ? [] : [fault('startAt', `startAt is a label of the sheet, 1 to ${labels}, not ${startAt}.`)]),
    ...(isSize ? [] : [fault('captionPt', `Captions on this label are 3 to ${ptMax} points, not ${captionPt}.`)]),
  ];
}

/** The file in pieces: what there is whenever a page is full, and the end. */
async function* written(
  items: Iterable<SheetItem> | AsyncIterable<SheetItem>,
  grid: LabelGrid,
  options: SheetOptions,
): AsyncGenerator<Uint8Array> {
  const file = new PrintFile(options.title);
  const labels = grid.columns * grid.rows;
  const boxes = { trimWidth: grid.pageWidth, trimHeight: grid.pageHeight, bleed: 0, margin: 0 };
  const put = labelPainter(file, grid, options);
  const begin = (): void => {
    file.begin(boxes);
    if (options.cropMarks) file.registrationLines(marks(grid));
  };
  let index = (options.startAt ?? 1) - 1;
  begin();
  for await (const item of items) {
    if (index === labels) {
      begin(); // which writes the page before
      index = 0;
      yield file.written();
    }
    put(item, index++);
  }
  file.end();
  yield file.written();
}

function labelPainter(file: PrintFile, grid: LabelGrid, options: SheetOptions) {
  const { captionPt = captionPtDefault, color = 'rgb' } = options;
  const paint = painter(file, options);
  const write = captions(file, captionPt);
  const padding = Math.min(1.5, Math.min(grid.labelWidth, grid.labelHeight) / 20) * pointsPerMm;
  return ({ drawing, caption = '' }: SheetItem, index: number): void => {
    const label = labelAt(grid, index);
    const x = label.x * pointsPerMm + padding;
    const y = label.y * pointsPerMm + padding;
    const width = label.width * pointsPerMm - 2 * padding;
    const height = label.height * pointsPerMm - 2 * padding;
    if (caption === '') {
      paint(drawing, { x, y, width, height });
      return;
    }
    const isBeside = label.width >= 2 * label.height;
    const side = Math.min(height * (drawing.width / drawing.height), width * 0.6);
    file.addContent(`q ${fillOperator('#000000', color)}`);
    if (isBeside) {
      const left = side + captionPt / 2;
      write(caption, x + left, y + height / 2 + captionPt * 0.36, width - left, 'left'); // capitals in the middle
    } else write(caption, x, y + height - captionPt * 0.25, width, 'center');
    file.addContent('Q');
    paint(drawing, isBeside ? { x, y, width: side, height } : { x, y, width, height: height - captionPt * 1.2 });
  };
}

/** Short lines in the margins, in line with every edge of a label; none where a margin has no room for one. */
function marks(grid: LabelGrid): [number, number, number, number][] {
  const { pageWidth, pageHeight, columns, rows, labelWidth, labelHeight, marginLeft: left, marginTop: top } = grid;
  const last = labelAt(grid, columns * rows - 1);
  const [right, bottom] = [last.x + labelWidth, last.y + labelHeight];
  const edges = (count: number, first: number, size: number, gap: number) =>
    new Set(Array.from({ length: count }, (_, i) => first + i * (size + gap)).flatMap(edge => [edge, edge + size]));
  const lines: [number, number, number, number][] = [];
  const lengthIn = (room: number): number => Math.min(markMm, room - markGapMm);
  for (const x of edges(columns, left, labelWidth, grid.gapX)) {
    lines.push([x, top - markGapMm - lengthIn(top), x, top - markGapMm]);
    lines.push([x, bottom + markGapMm, x, bottom + markGapMm + lengthIn(pageHeight - bottom)]);
  }
  for (const y of edges(rows, top, labelHeight, grid.gapY)) {
    lines.push([left - markGapMm - lengthIn(left), y, left - markGapMm, y]);
    lines.push([right + markGapMm, y, right + markGapMm + lengthIn(pageWidth - right), y]);
  }
  const isLine = ([x, y, toX, toY]: readonly number[]): boolean => toX! - x! + (toY! - y!) > 0.5;
  return lines.filter(isLine).map(line => line.map(mm => mm * pointsPerMm) as [number, number, number, number]);
}
