import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { labelAt, labelFaults, labelSheets } from '../../src/pictures/labels.ts';

const grid = {
  pageWidth: 100,
  pageHeight: 80,
  columns: 2,
  rows: 3,
  marginTop: 5,
  marginLeft: 10,
  labelWidth: 30,
  labelHeight: 20,
  gapX: 4,
  gapY: 2,
};
const faultsOf = (change: Partial<typeof grid>) => labelFaults({ ...grid, ...change }).map(fault => fault.pointer);

describe('the sheets that can be bought', () => {
  test.each([...labelSheets])('%s fits its page and ends at the same distance on both sides', (_, sheet) => {
    expect(labelFaults(sheet)).toEqual([]);
    const last = labelAt(sheet, sheet.columns * sheet.rows - 1);
    expect(sheet.pageWidth - last.x - last.width).toBeCloseTo(sheet.marginLeft, 6);
    expect(sheet.pageHeight - last.y - last.height).toBeCloseTo(sheet.marginTop, 6);
  });

  // Left and top margin and pitch as they are published for word processors, in mm or inches.
  test.each([
    ['avery-l7159', 24, 7.2, 12.9, 66.04, 1],
    ['avery-l7160', 21, 7.2, 15.15, 66.04, 1],
    ['avery-l7161', 18, 7.2, 8.7, 66.04, 1],
    ['avery-l7163', 14, 4.65, 15.15, 101.6, 1],
    ['avery-l7165', 8, 4.65, 13.1, 101.6, 1],
    ['avery-l7173', 10, 4.65, 6, 101.6, 1],
    ['avery-l7651', 65, 4.65, 10.7, 40.64, 1],
    ['avery-l4731', 189, 8.5, 13.5, 27.94, 1],
    ['avery-5160', 30, 0.1875, 0.5, 2.75, 25.4],
    ['avery-5163', 10, 0.15625, 0.5, 4.1875, 25.4],
    ['avery-5164', 6, 0.15625, 0.5, 4.1875, 25.4],
    ['avery-5167', 80, 0.28125, 0.5, 2.0625, 25.4],
  ])('%s has %d labels, and its margins and pitch are the published ones', (name, labels, left, top, pitch, unit) => {
    const sheet = labelSheets.get(name)!;
    expect(sheet.columns * sheet.rows).toBe(labels);
    expect(Math.abs(sheet.marginLeft - left * unit)).toBeLessThan(0.05);
    expect(Math.abs(sheet.marginTop - top * unit)).toBeLessThan(0.05);
    expect(Math.abs(labelAt(sheet, 1).x - labelAt(sheet, 0).x - pitch * unit)).toBeLessThan(0.05);
  });
});

describe('a grid', () => {
  test('is filled row by row and begins again on the next page', () => {
    const corners = [0, 1, 2, 5, 6].map(index => labelAt(grid, index)).map(({ x, y }) => [x, y]);
    expect(corners).toEqual([
      [10, 5],
      [44, 5],
      [10, 27],
      [44, 49],
      [10, 5],
    ]);
    expect(labelAt(grid, 3)).toEqual({ x: 44, y: 27, width: 30, height: 20 });
    expect(labelFaults(grid)).toEqual([]);
  });

  test('that stands out over its page is refused at the field, with the millimetres', () => {
    expect(faultsOf({ columns: 3 })).toEqual(['/columns']);
    expect(faultsOf({ rows: 4 })).toEqual(['/rows']);
    expect(faultsOf({ marginLeft: 37, gapY: 10 })).toEqual(['/columns', '/rows']);
    const [fault] = labelFaults({ ...grid, labelWidth: 45 }, '/layout');
    expect(fault).toMatchObject({ pointer: '/layout/columns', code: 'does_not_fit' });
    expect(fault?.detail).toContain('4 mm');
  });

  test('that fits to the edge is right, also when inches leave a rest', () => {
    expect(faultsOf({ marginLeft: 36 })).toEqual([]);
    expect(faultsOf({ marginLeft: 36.005 })).toEqual([]);
    expect(faultsOf({ marginLeft: 36.02 })).toEqual(['/columns']);
  });

  test('with numbers that are none is refused at every field at once', () => {
    const wrong = { pageWidth: 0, labelHeight: Number.NaN, marginTop: -1, gapX: Number.POSITIVE_INFINITY, rows: 1.5 };
    expect(faultsOf(wrong)).toEqual(['/pageWidth', '/labelHeight', '/marginTop', '/gapX', '/rows']);
    expect(faultsOf({ columns: 0 })).toEqual(['/columns']);
    const tiny = { pageWidth: 5000, pageHeight: 5000, labelWidth: 5, labelHeight: 5, gapX: 0, gapY: 0 };
    expect(faultsOf({ ...tiny, columns: 500, rows: 500 })).toEqual(['/rows']);
  });

  test('that is accepted has every label on its page and none over another', () => {
    const mm = fc.integer({ min: 0, max: 60 });
    const grids = fc.record({
      pageWidth: fc.integer({ min: 40, max: 300 }),
      pageHeight: fc.integer({ min: 40, max: 300 }),
      columns: fc.integer({ min: 1, max: 5 }),
      rows: fc.integer({ min: 1, max: 5 }),
      marginTop: mm,
      marginLeft: mm,
      labelWidth: mm,
      labelHeight: mm,
      gapX: mm,
      gapY: mm,
    });
    let accepted = 0;
    fc.assert(
      fc.property(grids, grid => {
        if (labelFaults(grid).length > 0) return;
        accepted++;
        const labels = Array.from({ length: grid.columns * grid.rows }, (_, i) => labelAt(grid, i));
        for (const [i, a] of labels.entries()) {
          expect(a.x + a.width).toBeLessThanOrEqual(grid.pageWidth);
          expect(a.y + a.height).toBeLessThanOrEqual(grid.pageHeight);
          const apart = labels.slice(i + 1).every(b => b.x >= a.x + a.width || b.y >= a.y + a.height);
          expect(apart).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});
