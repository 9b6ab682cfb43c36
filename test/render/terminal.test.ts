import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { matrix } from '../../src/render/matrix.ts';
import { terminal } from '../../src/render/terminal.ts';
import { decodeRgba } from '../support/decode.ts';

const blackOnWhite = '\x1b[38;5;16;48;5;231m';
const reset = '\x1b[0m';

/** What a terminal with cells of 4 × 8 px would show; anything but the four blocks in black on white is an error. */
function screen(drawing: string): { data: Uint8ClampedArray; width: number; height: number } {
  const rows = drawing.split('\n').map(line => {
    expect(line.startsWith(blackOnWhite) && line.endsWith(reset)).toBe(true);
    const cells = line.slice(blackOnWhite.length, -reset.length);
    expect(cells).toMatch(/^[ ▄▀█]+$/);
    return [...cells].map(cell => ' ▄▀█'.indexOf(cell));
  });
  const [width, height] = [rows[0]!.length * 4, rows.length * 8];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = rows[y >> 3]![x >> 2]!;
      if (y & 4 ? cell & 1 : cell & 2) data.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  return { data, width, height };
}

describe('terminal', () => {
  test('every line is size + 8 cells wide, in black on white, and ends with a reset', () => {
    const lines = terminal(matrix('https://example.com/a')).split('\n');
    expect(lines).toHaveLength(17);
    for (const line of lines) expect(line).toHaveLength(33 + blackOnWhite.length + reset.length);
  });

  test('four modules stay white on each side', () => {
    const lines = terminal(matrix('https://example.com/a')).split('\n');
    const cells = lines.map(line => line.slice(blackOnWhite.length, -reset.length));
    const blank = ' '.repeat(33);
    expect([cells[0], cells[1], cells[15], cells[16]]).toEqual([blank, blank, blank, blank]);
    for (const line of cells) expect([line.slice(0, 4), line.slice(-4)]).toEqual(['    ', '    ']);
    expect(cells[2]).toStartWith('    █▀▀▀▀▀█ ');
  });

  test('any text is read back from what the terminal shows', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }), text => {
        const { data, width, height } = screen(terminal(matrix(text)));
        expect(decodeRgba(data, width, height)).toBe(text);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
