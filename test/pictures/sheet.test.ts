import { describe, expect, test } from 'bun:test';
import { labelAt, labelSheets } from '../../src/pictures/labels.ts';
import { type SheetItem, type SheetOptions, sheet } from '../../src/pictures/sheet.ts';
import { decode } from '../support/decode.ts';
import { bytes, codes, cut, l7160, made, read, textOfCode } from '../support/label-sheets.ts';
import { facts, objects, raster, rasterPng } from '../support/pdf.ts';
import { problemOf } from '../support/problem-of.ts';

/** Whether anything is printed in a cut. */
const isBlank = ({ data }: { data: Uint8ClampedArray }): boolean => data.every(value => value === 255);

describe('a sheet of a thousand codes', () => {
  test('is written page by page while it is read, and codes on sampled pages decode in their own labels', async () => {
    let asked = 0;
    const counted = function* () {
      for (const item of codes(1000)) {
        asked++;
        yield item;
      }
    };
    const pieces: Uint8Array[] = [];
    let ahead = 0;
    for await (const piece of sheet(counted(), l7160) as unknown as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      ahead = Math.max(ahead, asked - 21 * pieces.length);
    }
    expect(ahead).toBe(1); // the code that told that the page was full
    expect(pieces).toHaveLength(48);
    expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThan(60_000);
    const file = Buffer.concat(pieces);
    expect(facts(file)).toMatchObject({ Pages: '48', 'Page size': '595.276 x 841.89 pts (A4)' });
    const dpi = 200;
    for (const page of [2, 48]) {
      const pixels = raster(file, { dpi, page });
      const first = 21 * (page - 1);
      const on = Math.min(21, 1000 - first);
      const found = Array.from({ length: on }, (_, i) => read(pixels, i, dpi));
      expect(found).toEqual(Array.from({ length: on }, (_, i) => textOfCode(first + i)));
      for (let i = on; i < 21; i++) expect(isBlank(cut(pixels, i, dpi))).toBe(true);
    }
  }, 120_000);

  test('takes the memory of a page: ten times the pages keep no more in it', async () => {
    const [item] = codes(1);
    const heapMost = async (pages: number) => {
      const items = Array<SheetItem>(21 * pages).fill(item!);
      let most = 0;
      let page = 0;
      for await (const _ of sheet(items, l7160) as unknown as AsyncIterable<Uint8Array>) {
        if (++page % 10 > 0) continue;
        Bun.gc(true);
        most = Math.max(most, process.memoryUsage().heapUsed);
      }
      return most;
    };
    await heapMost(10);
    const few = await heapMost(10);
    // What is written onto 100 pages comes to 18 MB, kept is a line for each page in the file's directory.
    expect((await heapMost(100)) - few).toBeLessThan(3_000_000);
  }, 120_000);
});

describe('options', () => {
  test('a sheet that was begun is gone on with', async () => {
    const file = await made(3, { startAt: 20 });
    expect(facts(file)['Pages']).toBe('2');
    const pages = [1, 2].map(page => raster(file, { dpi: 200, page }));
    expect([19, 20].map(i => read(pages[0]!, i, 200))).toEqual([textOfCode(0), textOfCode(1)]);
    expect(read(pages[1]!, 0, 200)).toBe(textOfCode(2));
    expect(isBlank(cut(pages[0]!, 0, 200))).toBe(true);
  });

  test('in CMYK codes and captions are in inks', async () => {
    const file = objects(await made(2, { color: 'cmyk' }));
    expect(file).toContain('\nq 0 0 0 1 k\n');
    expect(file).not.toMatch(/ rg\n|DeviceRGB/);
  });

  test('crop marks stand in the margins only, in line with the labels', async () => {
    const grid = labelSheets.get('avery-l7651')!;
    const pixels = raster(await made(1, { cropMarks: true }, grid), { dpi: 254 });
    const isDark = (x: number, y: number) =>
      [-1, 0, 1].some(d => pixels.at(Math.round(x) + d, Math.round(y)) < '#808080');
    for (let column = 0; column < 5; column++) {
      const { x, width } = labelAt(grid, column);
      expect([isDark(10 * x, 70), isDark(10 * (x + width), 70), isDark(10 * x, 2900)]).toEqual([true, true, true]);
      expect(isDark(10 * (x + width / 2), 70)).toBe(false);
    }
    for (const i of [4, 31, 60, 64]) expect(isBlank(shrunk(cut(pixels, i, 254, grid)))).toBe(true);
  });

  test('a thousand codes with one logo have it in the file once', async () => {
    const png = Uint8Array.fromBase64(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
    );
    const items = Array.from({ length: 50 }, () => {
      const box = { x: 0, y: 0, width: 1, height: 1 };
      return { drawing: { width: 1, height: 1, layers: [{ kind: 'picture' as const, png: png.slice(), box }] } };
    });
    expect(objects(await bytes(sheet(items, l7160))).match(/\/ColorSpace \/DeviceRGB/g)).toHaveLength(1);
  });

  test('the same codes give the same bytes', async () => {
    expect(await made(30, { title: 'Tables' })).toEqual(await made(30, { title: 'Tables' }));
  });

  test.each<[string, SheetOptions]>([
    ['/startAt', { startAt: 0 }],
    ['/startAt', { startAt: 22 }],
    ['/startAt', { startAt: 1.5 }],
    ['/captionPt', { captionPt: 2 }],
    ['/captionPt', { captionPt: 30 }],
  ])('%s is refused in %j before anything is written', async (pointer, options) => {
    const problem = await problemOf(async () => sheet(codes(1), l7160, options));
    expect(problem.errors.map(fault => fault.pointer)).toEqual([pointer]);
  });

  test('a grid that does not fit is refused before anything is written', async () => {
    const problem = await problemOf(async () => sheet(codes(1), { ...l7160, columns: 4 }));
    expect(problem.errors.map(fault => fault.pointer)).toEqual(['/columns']);
  });
});

describe('the stream', () => {
  test('ends in the error of a code that fails, and who stops reading stops the codes', async () => {
    const broken = async function* () {
      yield* codes(1);
      throw new Error('the list broke off');
    };
    await expect(bytes(sheet(broken(), l7160))).rejects.toThrow('the list broke off');
    let isClosed = false;
    const endless = function* () {
      try {
        for (;;) yield* codes(1);
      } finally {
        isClosed = true;
      }
    };
    const reader = sheet(endless(), l7160).getReader();
    expect((await reader.read()).value?.length).toBeGreaterThan(100);
    await reader.cancel();
    expect(isClosed).toBe(true);
  });

  test('of no codes is one empty page', async () => {
    expect(facts(await bytes(sheet([], l7160)))['Pages']).toBe('1');
  });

  test('a whole page is decoded by the other decoder too', async () => {
    const found = await decode(rasterPng(await made(21), { dpi: 200 }));
    expect(found.sort()).toEqual(Array.from({ length: 21 }, (_, i) => textOfCode(i)).sort());
  });
});

/** A cut without its outermost two pixels, where a neighbour's mark may reach in by rounding. */
function shrunk({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }) {
  const rows = Array.from({ length: height - 4 }, (_, y) =>
    data.subarray(4 * ((y + 2) * width + 2), 4 * ((y + 3) * width - 2)),
  );
  return { data: Uint8ClampedArray.from(rows.flatMap(row => [...row])) };
}
