import { describe, expect, test } from 'bun:test';
import { alignmentModules } from '../../src/render/alignment.ts';
import { damage } from '../../src/render/codewords.ts';
import { type Level, type Matrix, matrix } from '../../src/render/matrix.ts';
import { png } from '../../src/render/png.ts';
import { decode } from '../support/decode.ts';

const bytesMax = { L: [17, 106, 2953], M: [14, 84, 2331], Q: [11, 60, 1663], H: [7, 44, 1273] };

/** Turns data modules over, one after the other from the bottom right, until the worst block has lost enough. */
function spoiled(code: Matrix, isEnough: (damage: number) => boolean): Matrix {
  const hit = new Set<number>();
  const cost = () => damage(code, (x, y) => hit.has(y * code.size + x));
  const alignment = alignmentModules(code);
  for (let at = code.size ** 2 - 1; !isEnough(cost()); at--) {
    const isData = at % code.size > 8 && Math.floor(at / code.size) > 8 && alignment[at] === 0;
    if (isData) hit.add(at);
  }
  return { ...code, modules: code.modules.map((module, at) => (hit.has(at) ? 1 - module : module)) };
}

describe('damage', () => {
  test.each(['L', 'M', 'Q', 'H'] as Level[])(
    'at level %s a code is read with as much damage as can be repaired, and not with more',
    async level => {
      for (const length of bytesMax[level].slice(0, 2)) {
        const text = 'a'.repeat(length); // fills its version: no filler codewords
        const code = matrix(text, { level });
        const [just, beyond] = [spoiled(code, cost => cost >= 1), spoiled(code, cost => cost > 1)];
        expect(await decode(png(just, {}, { size: 600 }))).toEqual([text]);
        expect(await decode(png(beyond, {}, { size: 600 }))).not.toEqual([text]);
      }
    },
    120_000,
  );

  test('patterns cost nothing, they carry no codeword', () => {
    const code = matrix('a'.repeat(100));
    expect(damage(code, (x, y) => x === 6 || y === 6 || (x < 9 && y < 9))).toBe(0);
  });

  test('every version has room for exactly what the standard says', () => {
    for (const level of ['L', 'M', 'Q', 'H'] as const) {
      const code = matrix('a'.repeat(bytesMax[level][2]!), { level });
      expect(code.version).toBe(40);
      expect(damage(code, () => true)).toBeGreaterThan(1 / { L: 0.14, M: 0.31, Q: 0.51, H: 0.67 }[level]);
    }
  });
});
