/**
 * Outlines as path data: the few closed shapes that all pictures are made of. Only absolute commands come out, numbers
 * have three decimals at most, which is a thousandth of a module and far below what any printer resolves. Nothing here
 * knows what a QR code is.
 */
import type { Box } from './drawing.ts';

export type Point = readonly [x: number, y: number];

/** Radii of the four corners: top left, top right, bottom right, bottom left. */
export type Radii = readonly [number, number, number, number];

export const num = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Math.round(value * 1000) / 1000);

const at = (x: number, y: number): string => `${num(x)} ${num(y)}`;
const arc = (radius: number, x: number, y: number): string =>
  radius > 0 ? `A${at(radius, radius)} 0 0 1 ${at(x, y)}` : '';

export function polygon(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => at(x, y)).join('L')}Z`;
}

export function circle(x: number, y: number, radius: number): string {
  const half = (end: number) => `A${at(radius, radius)} 0 1 1 ${at(end, y)}`;
  return `M${at(x - radius, y)}${half(x + radius)}${half(x - radius)}Z`;
}

/** A rectangle whose corners are quarters of a circle; a radius of 0 is a sharp corner. */
export function rectangle({ x, y, width, height }: Box, radii: number | Radii = 0): string {
  const [tl, tr, br, bl] = typeof radii === 'number' ? [radii, radii, radii, radii] : radii;
  const right = x + width;
  const bottom = y + height;
  return [
    `M${at(x + tl, y)}H${num(right - tr)}${arc(tr, right, y + tr)}`,
    `V${num(bottom - br)}${arc(br, right - br, bottom)}`,
    `H${num(x + bl)}${arc(bl, x, bottom - bl)}`,
    tl > 0 ? `V${num(y + tl)}${arc(tl, x + tl, y)}Z` : 'Z',
  ].join('');
}

/** A star with one point upwards, its points on `outer` and its dents on `inner`. */
export function star(x: number, y: number, points: number, outer: number, inner: number): string {
  return polygon(
    Array.from({ length: 2 * points }, (_, index): Point => {
      const angle = (index * Math.PI) / points;
      const radius = index % 2 === 0 ? outer : inner;
      return [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
    }),
  );
}

/** A rhombus whose sides swell: `far` is where its points are, the sides bend towards `near` across and down. */
export function diamond(x: number, y: number, far: number, near: number): string {
  const side = (sx: number, sy: number, endX: number, endY: number) =>
    `Q${at(x + sx * near, y + sy * near)} ${at(x + endX * far, y + endY * far)}`;
  return `M${at(x, y - far)}${side(1, -1, 1, 0)}${side(1, 1, 0, 1)}${side(-1, 1, -1, 0)}${side(-1, -1, 0, -1)}Z`;
}

/** Enlarges and then moves path data of the commands M, L, H, V, C, Q and Z, all absolute; arcs it doesn't know. */
export function moved(path: string, scale: number, dx: number, dy: number): string {
  return path.replace(/([MLHVCQZ])([^A-Z]*)/g, (_, command: string, rest: string) => {
    const numbers = (rest.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    const isVertical = (index: number) => command === 'V' || (command !== 'H' && index % 2 === 1);
    return command + numbers.map((value, index) => num(value * scale + (isVertical(index) ? dy : dx))).join(' ');
  });
}
