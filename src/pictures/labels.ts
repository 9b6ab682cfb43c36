/**
 * Where the labels lie on a sheet, in millimetres from its top left corner. The sheets named here are those that offices
 * buy; only such are in whose sizes are known and add up: margins left and right, top and bottom are the same.
 * Any other sheet is a grid of one's own, which is checked to fit before a page is spoilt.
 */
import type { Fault } from '../problem.ts';

/** A grid of labels, in mm. */
export interface LabelGrid {
  readonly pageWidth: number;
  readonly pageHeight: number;
  readonly columns: number;
  readonly rows: number;
  readonly marginTop: number;
  readonly marginLeft: number;
  readonly labelWidth: number;
  readonly labelHeight: number;
  /** Between two columns; the pitch is labelWidth + gapX. */
  readonly gapX: number;
  /** Between two rows. */
  readonly gapY: number;
}

/** A sheet that can be bought. */
export interface LabelSheet extends LabelGrid {
  readonly name: string;
}

type Row = readonly [part: string, columns: number, rows: number, width: number, height: number, gapX: number];

/** Columns and rows without a gap between rows, centred on the page: so are all sheets below. */
function sheets(page: readonly [width: number, height: number], unitMm: number, rows: readonly Row[]) {
  return rows.map(([part, columns, rows, width, height, gap]): [string, LabelSheet] => {
    const [labelWidth, labelHeight, gapX] = [width * unitMm, height * unitMm, gap * unitMm];
    const [pageWidth, pageHeight] = page;
    const marginLeft = (pageWidth - columns * labelWidth - (columns - 1) * gapX) / 2;
    const marginTop = (pageHeight - rows * labelHeight) / 2;
    const grid = {
      pageWidth,
      pageHeight,
      columns,
      rows,
      marginTop,
      marginLeft,
      labelWidth,
      labelHeight,
      gapX,
      gapY: 0,
    };
    return [`avery-${part.toLowerCase()}`, { name: `Avery ${part}`, ...grid }];
  });
}

/** By name in small letters, `avery-l7160`. The same grids are sold under many other names. */
export const labelSheets: ReadonlyMap<string, LabelSheet> = new Map([
  ...sheets([210, 297], 1, [
    ['L4731', 7, 27, 25.4, 10, 2.54],
    ['L7159', 3, 8, 63.5, 33.9, 2.54],
    ['L7160', 3, 7, 63.5, 38.1, 2.54],
    ['L7161', 3, 6, 63.5, 46.6, 2.54],
    ['L7162', 2, 8, 99.1, 33.9, 2.54],
    ['L7163', 2, 7, 99.1, 38.1, 2.54],
    ['L7164', 3, 4, 63.5, 72, 2.54],
    ['L7165', 2, 4, 99.1, 67.7, 2.54],
    ['L7173', 2, 5, 99.1, 57, 2.54],
    ['L7651', 5, 13, 38.1, 21.2, 2.54],
  ]),
  ...sheets([215.9, 279.4], 25.4, [
    ['5160', 3, 10, 2.625, 1, 0.125],
    ['5161', 2, 10, 4, 1, 0.1875],
    ['5162', 2, 7, 4, 4 / 3, 0.1875],
    ['5163', 2, 5, 4, 2, 0.1875],
    ['5164', 2, 3, 4, 10 / 3, 0.1875],
    ['5167', 4, 20, 1.75, 0.5, 0.3125],
  ]),
]);

/** One label: its place on its page, in mm from the top left. Row by row, the first is 0. */
export function labelAt(grid: LabelGrid, index: number) {
  const { columns, rows, marginLeft, marginTop, labelWidth: width, labelHeight: height, gapX, gapY } = grid;
  const [column, row] = [index % columns, Math.floor(index / columns) % rows];
  return { x: marginLeft + column * (width + gapX), y: marginTop + row * (height + gapY), width, height };
}

/** What is smaller cannot hold a code, or a caption beside one; a PDF page may measure 5,080 mm. */
const labelMmMin = 5;
const pageMmMax = 5_000;
const labelsMax = 10_000;
/** Inches as decimal millimetres may miss by this. */
const toleranceMm = 0.01;

/** Why a grid can't be printed, each fault under the name of its field; empty when it fits. */
export function labelFaults(grid: LabelGrid, pointer = ''): Fault[] {
  const faults: Fault[] = [];
  const fault = (field: keyof LabelGrid, code: string, detail: string): unknown =>
    faults.push({ pointer: `${pointer}/${field}`, code, detail });
  const within = (field: keyof LabelGrid, min: number, max: number, unit = ' mm'): void => {
    const value = grid[field];
    if (!(value >= min && value <= max)) {
      fault(field, 'out_of_range', `${field} must be from ${min} to ${max}${unit}, not ${value}.`);
    }
  };
  for (const field of ['pageWidth', 'pageHeight', 'labelWidth', 'labelHeight'] as const)
    within(field, labelMmMin, pageMmMax);
  for (const field of ['marginTop', 'marginLeft', 'gapX', 'gapY'] as const) within(field, 0, pageMmMax);
  for (const field of ['columns', 'rows'] as const) {
    if (!Number.isInteger(grid[field])) fault(field, 'not_whole', `${field} must be a whole number.`);
    within(field, 1, labelsMax, '');
  }
  if (faults.length > 0) return faults;
  if (grid.columns * grid.rows > labelsMax) fault('rows', 'too_many', `A page holds at most ${labelsMax} labels.`);
  const { x, y, width, height } = labelAt(grid, grid.columns * grid.rows - 1);
  const fits = (field: keyof LabelGrid, end: number, page: number, what: string): void => {
    if (end <= page + toleranceMm) return;
    const over = Math.round((end - page) * 100) / 100;
    fault(field, 'does_not_fit', `${what} the page by ${over} mm: make labels, gaps or the margin smaller, or fewer.`);
  };
  fits('columns', x + width, grid.pageWidth, `${grid.columns} columns stand out over the right edge of`);
  fits('rows', y + height, grid.pageHeight, `${grid.rows} rows stand out over the bottom of`);
  return faults;
}
