/**
 * A code as text, so that a phone can scan it off a terminal. A character cell is about twice as high as wide, so one
 * holds two modules, drawn with half blocks. The colours are set outright, dark on light, because readers expect that
 * and a dark theme would turn it round; entries 16 and 231 of the 256 colours are black and white in every theme, which
 * the eight named ones are not.
 */
import type { Matrix } from './matrix.ts';

const blackOnWhite = '\x1b[38;5;16;48;5;231m';
const reset = '\x1b[0m';
const quietZone = 4;

/** One cell by its two modules: 2 × upper + lower, 1 is dark. */
const cells = [' ', '▄', '▀', '█'];

/**
 * Draws a code with its quiet zone as lines of size + 8 columns, half as many lines, joined by a line feed and without
 * one at the end. Each line sets its colours and resets them, so the drawing survives indentation, paging and `tail`.
 */
export function terminal({ size, modules }: Matrix): string {
  const dark = (x: number, y: number) => (x >= 0 && y >= 0 && x < size && y < size ? modules[y * size + x]! : 0);
  const lines: string[] = [];
  for (let y = -quietZone; y < size + quietZone; y += 2) {
    let line = '';
    for (let x = -quietZone; x < size + quietZone; x++) line += cells[2 * dark(x, y) + dark(x, y + 1)];
    lines.push(blackOnWhite + line + reset);
  }
  return lines.join('\n');
}
