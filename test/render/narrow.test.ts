import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { penalty } from '../../src/render/mask.ts';
import { narrowMax, narrowPenalty } from '../../src/render/narrow.ts';

const lines = (modules: Uint8Array, size: number, isRow: boolean) =>
  Int32Array.from({ length: size }, (_, line) => {
    let bits = 0;
    for (let n = 0; n < size; n++) bits |= modules[isRow ? line * size + n : n * size + line]! << n;
    return bits;
  });

const narrow = (modules: Uint8Array, size: number) =>
  narrowPenalty(lines(modules, size, true), lines(modules, size, false), size, Number.POSITIVE_INFINITY);

test('whole lines cost what their modules cost one by one', () => {
  const size = fc.constantFrom(21, 25, narrowMax);
  const run = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(size, fc.array(run, { minLength: 200, maxLength: 900 }), (side, runs) => {
      const modules = Uint8Array.from(runs.flatMap(([color, length]) => Array(length).fill(color))).slice(
        0,
        side * side,
      );
      const whole = new Uint8Array(side * side);
      whole.set(modules);
      expect(narrow(whole, side)).toBe(penalty(whole, side, Number.POSITIVE_INFINITY));
    }),
    { numRuns: 400 },
  );
});

test.each([1, 2, 3])('look-alikes of a finder %i modules wide are found at every place of a line', width => {
  const shape = [1, 0, 1, 1, 1, 0, 1].flatMap(color => Array<number>(width).fill(color));
  for (let at = 0; at + shape.length <= narrowMax; at++) {
    for (const around of [0, 1]) {
      const modules = new Uint8Array(narrowMax * narrowMax).fill(around);
      modules.set(shape, 7 * narrowMax + at);
      if (at > 0) modules[7 * narrowMax + at - 1] = 0;
      if (at + shape.length < narrowMax) modules[7 * narrowMax + at + shape.length] = 0;
      expect(narrow(modules, narrowMax)).toBe(penalty(modules, narrowMax, Number.POSITIVE_INFINITY));
    }
  }
});
