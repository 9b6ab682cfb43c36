/**
 * SVG path data as PDF operators: the bridge between a drawing and a page. PDF knows straight lines and cubic curves
 * only, so quadratic curves are raised and arcs are split into pieces of at most a quarter turn, which are off by less
 * than 3 in 10,000 of their radius. It knows exactly the absolute commands that drawings use and refuses all others,
 * because a shape that is left out in silence may be the one that a scanner looks for.
 */
import type { Box } from '../render/drawing.ts';

/** Numbers that follow each command. */
const counts: Readonly<Record<string, number>> = { M: 2, L: 2, H: 1, V: 1, C: 6, Q: 4, A: 7, Z: 0 };

/** A number as PDF writes it: no exponent, no more digits than matter to a printer. */
export const decimal = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`Not a number that can be drawn: ${value}`);
  return Number.isInteger(value) ? `${value}` : `${+value.toFixed(5)}`;
};

/** Path data as the operators m, l, c and h; filling is left to the caller. */
export function pathOperators(path: string): string {
  const out: string[] = [];
  let [x, y, startX, startY] = [0, 0, 0, 0];
  const curve = (points: readonly number[]) => out.push(`${points.map(decimal).join(' ')} c`);
  for (const [command, n] of commands(path)) {
    const [fromX, fromY] = [x, y];
    if (command === 'Z') [x, y] = [startX, startY];
    else if (command === 'H') x = n[0]!;
    else if (command === 'V') y = n[0]!;
    else [x, y] = n.slice(-2) as [number, number];
    if (command === 'M') [startX, startY] = [x, y];
    if (command === 'Z') out.push('h');
    else if (command === 'C') curve(n);
    else if (command === 'Q') {
      const raised = (from: number, control: number): number => from + ((control - from) * 2) / 3;
      curve([raised(fromX, n[0]!), raised(fromY, n[1]!), raised(x, n[0]!), raised(y, n[1]!), x, y]);
    } else if (command === 'A') for (const piece of arc(fromX, fromY, n)) curve(piece);
    else out.push(`${decimal(x)} ${decimal(y)} ${command === 'M' ? 'm' : 'l'}`);
  }
  return out.join('\n');
}

/** Whether path data is nothing but the rectangle `box`. */
export function isRectangle(path: string, box: Box): boolean {
  const corners = new Set<string>();
  let [x, y, moves] = [0, 0, 0];
  for (const [command, n] of commands(path)) {
    if (command === 'Z') continue;
    if (command === 'M') moves++;
    if (command === 'M' || command === 'L') [x, y] = n as [number, number];
    else if (command === 'H') x = n[0]!;
    else if (command === 'V') y = n[0]!;
    else return false;
    corners.add(`${x} ${y}`);
  }
  const { x: left, y: top, width, height } = box;
  const wanted = [left, left + width].flatMap(x => [top, top + height].map(y => `${x} ${y}`));
  return moves === 1 && corners.size === 4 && wanted.every(corner => corners.has(corner));
}

/** The commands with their numbers; a command may be left out when it repeats, and lines follow a move. */
function* commands(path: string): Generator<[command: string, numbers: number[]]> {
  if (path !== '' && !path.startsWith('M'))
    throw new RangeError(`A drawing's path begins with M, not ${path.slice(0, 9)}`);
  // An e belongs to a number.
  for (const [, letter, rest] of path.matchAll(/([a-df-z])([^a-df-z]*)/gi)) {
    const count = counts[letter!];
    if (count === undefined) throw new RangeError(`A drawing's path can't hold ${JSON.stringify(letter)}`);
    const numbers = (rest!.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi) ?? []).map(Number);
    if (count === 0 ? numbers.length > 0 : numbers.length === 0 || numbers.length % count > 0) {
      throw new RangeError(`${letter} in a drawing's path takes ${count} numbers, not ${numbers.length}`);
    }
    if (count === 0) yield ['Z', []];
    for (let at = 0; at < numbers.length; at += count) {
      yield [letter === 'M' && at > 0 ? 'L' : letter!, numbers.slice(at, at + count)];
    }
  }
}

/** An elliptical arc as cubic curves, after SVG 1.1, appendix F.6.5: from end points to the centre and two angles. */
function arc(fromX: number, fromY: number, numbers: readonly number[]): number[][] {
  const [radiusX, radiusY, rotation, large, sweep, toX, toY] = numbers as [number, number, ...number[]];
  let [rx, ry] = [Math.abs(radiusX), Math.abs(radiusY)];
  if (fromX === toX && fromY === toY) return [];
  if (rx === 0 || ry === 0) return [[fromX, fromY, toX!, toY!, toX!, toY!]];
  const [sin, cos] = [Math.sin((rotation! * Math.PI) / 180), Math.cos((rotation! * Math.PI) / 180)];
  const [dx, dy] = [(fromX - toX!) / 2, (fromY - toY!) / 2];
  const [px, py] = [cos * dx + sin * dy, cos * dy - sin * dx];
  const stretch = Math.sqrt(Math.max(1, (px / rx) ** 2 + (py / ry) ** 2)); // radii too small to reach are made larger
  [rx, ry] = [rx * stretch, ry * stretch];
  const inside = (rx * ry) ** 2 / ((rx * py) ** 2 + (ry * px) ** 2) - 1;
  const factor = Math.sqrt(Math.max(0, inside)) * (large === sweep ? -1 : 1);
  const [cx, cy] = [(factor * rx * py) / ry, (-factor * ry * px) / rx];
  const start = Math.atan2((py - cy) / ry, (px - cx) / rx);
  let turn = Math.atan2((-py - cy) / ry, (-px - cx) / rx) - start;
  if (sweep && turn < 0) turn += 2 * Math.PI;
  if (!sweep && turn > 0) turn -= 2 * Math.PI;
  const at = (x: number, y: number): number[] => [
    cos * (rx * x + cx) - sin * (ry * y + cy) + (fromX + toX!) / 2,
    sin * (rx * x + cx) + cos * (ry * y + cy) + (fromY + toY!) / 2,
  ];
  const pieces = Math.ceil(Math.abs(turn) / (Math.PI / 2) - 1e-9);
  const handle = (4 / 3) * Math.tan(turn / pieces / 4);
  return Array.from({ length: pieces }, (_, i) => {
    const [a, b] = [start + (turn * i) / pieces, start + (turn * (i + 1)) / pieces];
    return [
      ...at(Math.cos(a) - handle * Math.sin(a), Math.sin(a) + handle * Math.cos(a)),
      ...at(Math.cos(b) + handle * Math.sin(b), Math.sin(b) - handle * Math.cos(b)),
      ...(i === pieces - 1 ? [toX!, toY!] : at(Math.cos(b), Math.sin(b))),
    ];
  });
}
