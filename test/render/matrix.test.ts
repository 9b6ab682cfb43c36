import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Level, matrix } from '../../src/render/matrix.ts';
import { png } from '../../src/render/png.ts';
import { decode } from '../support/decode.ts';

const levels: Level[] = ['L', 'M', 'Q', 'H'];

/** The level as the symbol itself states it: the two highest format bits, unmasked (ISO/IEC 18004, format information). */
function levelInside({ size, modules }: { size: number; modules: Uint8Array }): string {
  const bits = ((modules[8 * size]! << 1) | modules[8 * size + 1]!) ^ 0b10;
  return ['M', 'L', 'H', 'Q'][bits]!;
}

describe('matrix', () => {
  test('a text in capitals makes a smaller code than the same text in small letters', () => {
    expect(matrix('HTTPS://QR.DEV/AB12C').version).toBe(1);
    expect(matrix('https://qr.dev/ab12c').version).toBe(2);
  });

  test('digits are packed more tightly than capitals', () => {
    expect(matrix('1'.repeat(34)).version).toBe(1);
    expect(matrix(`A${'1'.repeat(33)}`).version).toBe(2);
  });

  test('the modules begin with a finder pattern, so there is no quiet zone inside', () => {
    const { size, version, modules } = matrix('https://example.com/');
    expect(size).toBe(4 * version + 17);
    expect(modules).toHaveLength(size * size);
    expect([...modules.subarray(0, 8)]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect([...modules.subarray(size, size + 8)]).toEqual([1, 0, 0, 0, 0, 0, 1, 0]);
    expect([...modules.subarray(size - 8, size)]).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('the level is M unless another is asked for, and the symbol says the same', () => {
    expect(matrix('level').level).toBe('M');
    for (const level of levels) {
      const code = matrix('level', { level });
      expect([code.level, levelInside(code)]).toEqual([level, level]);
    }
  });

  test.each([
    ['L', 2953, 4296, 7089],
    ['M', 2331, 3391, 5596],
    ['Q', 1663, 2420, 3993],
    ['H', 1273, 1852, 3057],
  ] as [Level, number, number, number][])(
    'at level %s the largest code holds %d bytes, %d capitals or %d digits and no more',
    async (level, bytes, capitals, digits) => {
      for (const text of ['a'.repeat(bytes), 'A'.repeat(capitals), '7'.repeat(digits)]) {
        const code = matrix(text, { level });
        expect(code.version).toBe(40);
        expect(await decode(png(code, {}, { size: 740 }))).toEqual([text]);
        expect(() => matrix(text + text[0], { level })).toThrow(RangeError);
      }
    },
    120_000,
  );

  test('a text that is too long is refused with both numbers, counted in bytes', () => {
    const refusal = 'The text is too long: it takes 4000 bytes, at level M the largest code holds 2331 bytes';
    expect(() => matrix('é'.repeat(2000))).toThrow(new RangeError(refusal));
    expect(() => matrix('x'.repeat(10_000_000))).toThrow(RangeError);
  });

  test('an empty text and half a surrogate pair are refused', () => {
    expect(() => matrix('')).toThrow(RangeError);
    expect(() => matrix('\ud83d')).toThrow(RangeError);
  });

  test('the same text makes the same code, of zeros and ones only', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
        fc.constantFrom(...levels),
        (text, level) => {
          const code = matrix(text, { level });
          expect(code).toEqual(matrix(text, { level }));
          expect(code.modules.every(module => module === 0 || module === 1)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
