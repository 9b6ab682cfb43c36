/**
 * The edge between dark and light modules, as closed lines. Modules that touch become one outline without inner edges,
 * so no renderer can leave hairlines between them, and a corner can be rounded by what stands around it. Modules that
 * meet at a corner only stay apart, as they do for a reader.
 */
import { num, type Point } from './path.ts';

/** A turn of the line: outwards around a module, or inwards between two; and which corner of its module that is, inwards of the light one. */
export interface Corner {
  readonly convex: boolean;
  readonly which: 'top-left' | 'top-right' | 'bottom-right' | 'bottom-left';
}

/** East, south, west, north: the line keeps the dark side at its right hand. */
const steps = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
  { x: 0, y: -1 },
] as const;
const outer = ['top-right', 'bottom-right', 'bottom-left', 'top-left'] as const;
/** Cells at the front right hand of a line that has come to a lattice point, for each heading. */
const ahead = [
  { x: 0, y: 0 },
  { x: -1, y: 0 },
  { x: -1, y: -1 },
  { x: 0, y: -1 },
] as const;

/** All outlines of the dark cells in a square of `size`, moved by an offset; `radius` rounds each corner, 0.5 at most. */
export function contours(
  size: number,
  dark: (x: number, y: number) => boolean,
  radius: (corner: Corner) => number,
  [dx, dy]: Point,
): string {
  // Asked for several times each, at every turn.
  const cells = new Uint8Array(size * size);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) if (dark(x, y)) cells[i] = 1;
  }
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < size && y < size && cells[y * size + x] === 1;
  const seen = new Uint8Array(size * size);
  let path = '';
  for (let top = 0; top < size; top++) {
    for (let left = 0; left < size; left++) {
      if (seen[top * size + left] || !inside(left, top) || inside(left, top - 1)) continue;
      path += trace(left, top);
    }
  }
  return path;

  /** Once around, from the north-west corner of a cell with nothing above it. */
  function trace(left: number, top: number): string {
    let line = '';
    let x = left;
    let y = top;
    let heading = 0;
    do {
      if (heading === 0) seen[y * size + x] = 1;
      x += steps[heading]!.x;
      y += steps[heading]!.y;
      const right = ahead[heading]!;
      const turned = ahead[(heading + 3) % 4]!;
      if (!inside(x + right.x, y + right.y)) {
        line += bend(x, y, heading, true, line === '');
        heading = (heading + 1) % 4;
      } else if (inside(x + turned.x, y + turned.y)) {
        line += bend(x, y, heading, false, line === '');
        heading = (heading + 3) % 4;
      }
    } while (x !== left || y !== top || heading !== 0);
    return `${line}Z`;
  }

  function bend(x: number, y: number, heading: number, convex: boolean, first: boolean): string {
    const r = radius({ convex, which: outer[(convex ? heading : heading + 1) % 4]! });
    const px = x + dx;
    const py = y + dy;
    if (r === 0) return first ? `M${num(px)} ${num(py)}` : heading % 2 === 0 ? `H${num(px)}` : `V${num(py)}`;
    const from = steps[heading]!;
    const to = steps[(heading + (convex ? 1 : 3)) % 4]!;
    const start = [num(px - r * from.x), num(py - r * from.y)] as const;
    const line = first ? `M${start.join(' ')}` : heading % 2 === 0 ? `H${start[0]}` : `V${start[1]}`;
    return `${line}A${num(r)} ${num(r)} 0 0 ${convex ? 1 : 0} ${num(px + r * to.x)} ${num(py + r * to.y)}`;
  }
}
