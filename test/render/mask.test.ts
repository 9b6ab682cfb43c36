import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { encode } from 'uqr';
import { type Level, matrix } from '../../src/render/matrix.ts';

/** What the encoder chooses when it draws and judges all eight masks itself. */
const chosenByEncoder = (text: string, level: Level) => {
  const { data } = encode(text, { ecc: level, border: 0 });
  return Uint8Array.from(data.flat(), Number);
};

describe('the mask', () => {
  test('is the one the encoder would choose by drawing all eight', () => {
    const text = fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' });
    const level = fc.constantFrom<Level>('L', 'M', 'Q', 'H');
    fc.assert(
      fc.property(text, level, (value, at) => {
        expect(matrix(value, { level: at }).modules).toEqual(chosenByEncoder(value, at));
      }),
      { numRuns: 300 },
    );
  });

  test('is right in the largest version too', () => {
    const text = 'A1'.repeat(2_100);
    const { version, modules } = matrix(text, { level: 'L' });
    expect(version).toBe(40);
    expect(modules).toEqual(chosenByEncoder(text, 'L'));
  });
});
