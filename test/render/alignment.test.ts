import { describe, expect, test } from 'bun:test';
import { alignmentCentres, alignmentModules } from '../../src/render/alignment.ts';
import { matrix } from '../../src/render/matrix.ts';

describe('alignment', () => {
  test.each([
    [1, []],
    [2, [6, 18]],
    [7, [6, 22, 38]],
    [15, [6, 26, 48, 70]],
    [22, [6, 26, 50, 74, 98]],
    [32, [6, 34, 60, 86, 112, 138]],
    [36, [6, 24, 50, 76, 102, 128, 154]],
    [40, [6, 30, 58, 86, 114, 142, 170]],
  ] as [number, number[]][])(
    'version %d has its patterns where annex E of ISO/IEC 18004 has them',
    (version, centres) => {
      expect(alignmentCentres(version)).toEqual(centres);
    },
  );

  test('in a code of any version the pattern stands there: dark, a light ring, a dark ring', () => {
    const versions = new Set<number>();
    for (let length = 1; length < 2900; length += 60) {
      const code = matrix('a'.repeat(length), { level: 'L' });
      if (versions.has(code.version)) continue;
      versions.add(code.version);
      const belongs = alignmentModules(code);
      let count = 0;
      for (const y of alignmentCentres(code.version)) {
        for (const x of alignmentCentres(code.version)) {
          if (belongs[y * code.size + x] === 0) continue;
          count++;
          for (let dy = -2; dy <= 2; dy++) {
            for (let dx = -2; dx <= 2; dx++) {
              const isLight = Math.max(Math.abs(dx), Math.abs(dy)) === 1;
              expect(code.modules[(y + dy) * code.size + x + dx]).toBe(isLight ? 0 : 1);
            }
          }
        }
      }
      const side = alignmentCentres(code.version).length;
      expect(count).toBe(side === 0 ? 0 : side ** 2 - 3);
    }
    expect(versions.size).toBeGreaterThan(30);
  });
});
