import { describe, expect, test } from 'bun:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { PNG } from 'pngjs';
import { readPng } from '../../src/pictures/png-reader.ts';
import { writePng } from '../../src/pictures/png-writer.ts';
import { bytes, chunk, header, join, type PngParts, pngOf, redRows, signature } from '../support/logos.ts';
import { problemOf } from '../support/problem-of.ts';

/** Colour types, their samples and the depths they may have. */
const kinds = [
  [0, 1, [1, 2, 4, 8, 16]],
  [2, 3, [8, 16]],
  [3, 1, [1, 2, 4, 8]],
  [4, 2, [8, 16]],
  [6, 4, [8, 16]],
] as const;

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Lengths of all rows of a picture, in the order of the file. */
function strides(width: number, height: number, bits: number, interlace: number): number[] {
  const passes = interlace === 1 ? adam7 : ([[0, 0, 1, 1]] as const);
  return passes.flatMap(([x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return columns > 0 && rows > 0 ? Array<number>(rows).fill(Math.ceil((columns * bits) / 8)) : [];
  });
}

/** Any picture of any kind: all bytes are at random, also the filters. */
const anyPng = fc
  .record({
    kind: fc.constantFrom(
      ...kinds.flatMap(([type, samples, depths]) => depths.map(depth => ({ type, samples, depth }))),
    ),
    width: fc.integer({ min: 1, max: 21 }),
    height: fc.integer({ min: 1, max: 21 }),
    interlace: fc.constantFrom(0, 1),
    seed: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    hasTransparency: fc.boolean(),
  })
  .map(({ kind: { type, samples, depth }, width, height, interlace, seed, hasTransparency }) => {
    const rows = strides(width, height, samples * depth, interlace).map((length, row) =>
      Uint8Array.from({ length: length + 1 }, (_, i) =>
        i === 0 ? seed[row % 64]! % 5 : seed[(i * 7 + row * 13) % 64]!,
      ),
    );
    const before: Uint8Array[] = [];
    if (type === 3)
      before.push(
        chunk(
          'PLTE',
          Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => seed[i % 64]! ^ i),
        ),
      );
    if (hasTransparency && type <= 3) {
      const length = { 0: 2, 2: 6, 3: Math.min(5, 2 ** depth) }[type as 0 | 2 | 3];
      // One transparent colour has the depth of the picture.
      const alphas = Uint8Array.from({ length }, (_, i) =>
        type === 3 ? seed[i]! : i % 2 === 0 && depth < 16 ? 0 : seed[i]! & (2 ** Math.min(8, depth) - 1),
      );
      before.push(chunk('tRNS', alphas));
    }
    return {
      type,
      depth,
      file: pngOf({ width, height, bitDepth: depth, colorType: type, interlace, raw: join(...rows), before }),
    };
  });

/** What cannot be seen has no colour. */
const visible = (rgba: Uint8Array): number[] => [...rgba].map((value, i) => (rgba[i | 3] === 0 ? 0 : value));

describe('reading', () => {
  test('pictures of every kind, depth, filter and interlacing have the pixels that another decoder finds', async () => {
    await fc.assert(
      fc.asyncProperty(anyPng, async ({ file, depth }) => {
        const { width, height, rgba } = await readPng(file, 1024);
        // Of 16 bits pngjs rounds to the nearest eight, we keep the upper ones.
        const expected = PNG.sync.read(Buffer.from(file), { skipRescale: depth === 16 });
        const data = depth === 16 ? (expected.data as unknown as Uint16Array).map(value => value >> 8) : expected.data;
        expect([width, height]).toEqual([expected.width, expected.height]);
        expect(visible(rgba)).toEqual(visible(Uint8Array.from(data)));
      }),
      { numRuns: 400 },
    );
  });

  test('what is larger is averaged by a whole factor, weighed by alpha, also at the edges and interlaced', async () => {
    await fc.assert(
      fc.asyncProperty(anyPng, fc.integer({ min: 3, max: 12 }), async ({ file }, sideMax) => {
        const full = await readPng(file, 1024);
        const small = await readPng(file, sideMax);
        const scale = Math.ceil(Math.max(full.width, full.height) / sideMax);
        expect([small.width, small.height]).toEqual([Math.ceil(full.width / scale), Math.ceil(full.height / scale)]);
        for (let cell = 0; cell < small.width * small.height; cell++) {
          const sums = [0, 0, 0, 0];
          let area = 0;
          const [x0, y0] = [(cell % small.width) * scale, Math.floor(cell / small.width) * scale];
          for (let y = y0; y < Math.min(y0 + scale, full.height); y++) {
            for (let x = x0; x < Math.min(x0 + scale, full.width); x++, area++) {
              const [r, g, b, a] = full.rgba.subarray((y * full.width + x) * 4);
              for (const [c, value] of [r! * a!, g! * a!, b! * a!, a!].entries()) sums[c]! += value;
            }
          }
          const color = sums.map((sum, c) => Math.round(c === 3 ? sum / area : sum / (sums[3] || 1)));
          expect([...small.rgba.subarray(cell * 4, cell * 4 + 4)]).toEqual(color);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what is written is read back by another decoder', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat(255)),
        (width, height, values) => {
          const rgba = Uint8Array.from(values.take(width * height * 4));
          const read = PNG.sync.read(Buffer.from(writePng({ width, height, rgba })));
          expect([read.width, read.height, [...read.data]]).toEqual([width, height, [...rgba]]);
        },
      ),
    );
  });
});

describe('a PNG is refused', () => {
  const size = { width: 4, height: 4 };
  const right = pngOf(size);
  const rows = redRows(size);
  const wrongSum = right.slice();
  wrongSum[20]! ^= 1;
  const parts = (...between: Uint8Array[]) => join(signature, header(size), ...between, chunk('IEND'));
  const idat = chunk('IDAT', deflateSync(rows));
  const palette = chunk('PLTE', new Uint8Array(6));
  const indexed: PngParts = {
    ...size,
    bitDepth: 8,
    colorType: 3,
    raw: new Uint8Array(20).fill(3).map((v, i) => (i % 5 === 0 ? 0 : v)),
  };

  test.each<[string, string, Uint8Array]>([
    ['with 50,000 × 50,000 pixels', 'size', pngOf({ width: 50_000, height: 50_000, raw: rows })],
    ['one pixel too wide', 'size', pngOf({ width: 4097, height: 1, raw: rows })],
    ['with a side of 2³² − 1', 'size', pngOf({ width: 0xffff_ffff, height: 1, raw: rows })],
    ['without a side', 'malformed', pngOf({ width: 0, height: 4, raw: rows })],
    ['that unpacks to more than its size', 'malformed', pngOf({ ...size, raw: new Uint8Array(30_000_000) })],
    ['that unpacks to one byte more', 'malformed', pngOf({ ...size, raw: join(rows, Uint8Array.of(0)) })],
    ['that unpacks to one byte less', 'malformed', pngOf({ ...size, raw: rows.subarray(1) })],
    [
      'with something behind its packed pixels',
      'malformed',
      pngOf({ ...size, packed: join(deflateSync(rows), bytes('<script>')) }),
    ],
    ['whose packed pixels are cut off', 'malformed', pngOf({ ...size, packed: deflateSync(rows).subarray(0, -3) })],
    [
      'whose packed pixels have a wrong checksum',
      'malformed',
      pngOf({ ...size, packed: join(deflateSync(rows).subarray(0, -1), Uint8Array.of(7)) }),
    ],
    ['whose packed pixels are not packed', 'malformed', pngOf({ ...size, packed: rows })],
    ['with a filter that does not exist', 'malformed', pngOf({ ...size, raw: rows.map((v, i) => (i === 0 ? 5 : v)) })],
    ['with a wrong checksum', 'malformed', wrongSum],
    ['cut off', 'malformed', right.slice(0, -5)],
    ['of its signature alone', 'malformed', signature],
    [
      'with a part longer than the file',
      'malformed',
      join(signature, header(size), Uint8Array.of(0x7f, 255, 255, 255), bytes('IDAT'), new Uint8Array(40)),
    ],
    ['with a ZIP behind it', 'trailing_data', join(right, bytes('PK\u0003\u0004zip'))],
    ['with HTML behind it', 'trailing_data', join(right, bytes('<script>alert(1)</script>'))],
    ['that is animated', 'animated', pngOf({ ...size, before: [chunk('acTL', new Uint8Array(8))] })],
    ['with a second picture', 'animated', pngOf({ ...size, between: [chunk('fdAT', new Uint8Array(8))] })],
    [
      'with a part that nobody knows but has to',
      'not_allowed',
      pngOf({ ...size, before: [chunk('CgBI', new Uint8Array(4))] }),
    ],
    ['with a second header', 'not_allowed', pngOf({ ...size, before: [header({ width: 9, height: 9 })] })],
    ['without a header', 'malformed', join(signature, idat, chunk('IEND'))],
    ['without pixels', 'malformed', parts()],
    ['with pixels in two places', 'malformed', parts(idat, chunk('tEXt'), idat)],
    ['whose end holds data', 'malformed', join(signature, header(size), idat, chunk('IEND', bytes('x')))],
    ['without the palette it needs', 'malformed', pngOf(indexed)],
    ['with a colour that its palette does not have', 'malformed', pngOf({ ...indexed, before: [palette] })],
    ['with two palettes', 'malformed', pngOf({ ...indexed, before: [palette, palette] })],
    ['with a palette of half a colour', 'malformed', pngOf({ ...indexed, before: [chunk('PLTE', new Uint8Array(7))] })],
    [
      'with more alphas than colours',
      'malformed',
      pngOf({ ...indexed, before: [palette, chunk('tRNS', new Uint8Array(3))] }),
    ],
    [
      'with a transparent colour besides alpha',
      'malformed',
      pngOf({ ...size, before: [chunk('tRNS', new Uint8Array(6))] }),
    ],
    ['of a colour type that does not exist', 'malformed', pngOf({ ...size, colorType: 5 })],
    ['of a depth that its colour type does not have', 'malformed', pngOf({ ...size, bitDepth: 4 })],
    ['with an interlacing that does not exist', 'malformed', pngOf({ ...size, interlace: 2 })],
  ])('%s (%s)', async (_, code, file) => {
    const problem = await problemOf(readPng(file, 1024));
    expect([problem.code, problem.errors.map(error => `${error.pointer} ${error.code}`)]).toEqual([
      'validation_failed',
      [`/file ${code}`],
    ]);
  });

  test('and no change of its bytes makes the reader fail in any other way', async () => {
    const place = fc.nat(right.length - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, isSummed) => {
          const file = right.slice();
          for (const [at, value] of changes) file[at] = value;
          // With right checksums again, so that what lies behind them is reached.
          const data = file.slice(41, 41 + new DataView(file.buffer).getUint32(33) || 1);
          const changed = isSummed
            ? join(signature, chunk('IHDR', file.slice(16, 29)), chunk('IDAT', data), chunk('IEND'))
            : file;
          const result = await readPng(changed, 64).catch((error: unknown) => error);
          if (result instanceof Error)
            expect(result).toHaveProperty('code', expect.stringMatching(/^(validation_failed)$/));
        },
      ),
      { numRuns: 500 },
    );
  });
});
