/**
 * Sketches by themselves: what is written is read, also into one that has visitors already, uniting takes the higher of
 * each two registers, and few visitors take few bytes.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addSketch, sketchOf, unite } from '../../projections/sketches.ts';
import { RANK_MAX, REGISTERS, type Registers } from '../../projections/uniques.ts';

/** Some registers with any rank, spread by a hash so that most sizes have short and long distances. */
const registers = fc.tuple(fc.nat({ max: REGISTERS }), fc.integer()).map(([size, seed]) => {
  const made = new Uint8Array(REGISTERS);
  for (let n = 0; n < size; n++) {
    const hash = Math.imul(n ^ seed ^ (n >>> 7), 0x2c1b3c6d) >>> 0;
    made[hash % REGISTERS] = 1 + ((hash >>> 15) % RANK_MAX);
  }
  return made;
});
const none = new Uint8Array(REGISTERS);
const full = new Uint8Array(REGISTERS).fill(RANK_MAX);

const plain = (a: Registers, b: Registers): Registers => a.map((rank, i) => Math.max(rank, b[i]!));
const isSame = (a: Registers, b: Registers): boolean => Buffer.compare(a, b) === 0;

test('what is written is read, wherever the bytes lie', () => {
  fc.assert(
    fc.property(registers, registers, fc.nat({ max: 3 }), (written, before, offset) => {
      const sketch = sketchOf(written);
      const moved = new Uint8Array(offset + sketch.length).subarray(offset);
      moved.set(sketch);
      const read = before.slice();
      addSketch(read, moved);
      expect(isSame(read, plain(before, written))).toBe(true);
    }),
    {
      numRuns: 200,
      examples: [
        [none, none, 0],
        [full, none, 1],
        [none, full, 2],
        [full, full, 3],
      ],
    },
  );
});

test('a union has the higher of each two registers', () => {
  fc.assert(
    fc.property(registers, registers, (a, b) => {
      const united = a.slice();
      unite(united, b);
      expect(isSame(united, plain(a, b))).toBe(true);
    }),
    {
      numRuns: 200,
      examples: [
        [none, full],
        [full, none],
      ],
    },
  );
});

test('a sketch takes at most 8 KB, and few visitors take two bytes each', () => {
  expect(sketchOf(none).length).toBe(0);
  expect(sketchOf(full).length).toBe(REGISTERS / 2);
  // As far from each other as they can be, when each takes two.
  const few = new Uint8Array(REGISTERS);
  for (let register = 0; register < REGISTERS; register += 128) few[register] = 3;
  expect(sketchOf(few).length).toBe(2 * 128 - 1);
  fc.assert(
    fc.property(registers, some => {
      const taken = some.reduce((sum, rank) => sum + (rank > 0 ? 1 : 0), 0);
      expect(sketchOf(some).length).toBeLessThanOrEqual(Math.min(3 * taken, REGISTERS / 2));
    }),
    { numRuns: 100 },
  );
});
