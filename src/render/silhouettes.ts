/**
 * The outlines of frames that are more than rectangles: the seal, the ticket with its torn edge and the brackets of a
 * viewfinder. Each is a closed line for the even-odd rule, in modules.
 */
import type { Box } from './drawing.ts';
import { circle, num, rectangle } from './path.ts';

/** A round seal with a scalloped edge, around (radius, radius). */
export function badge(middle: number, radius: number): string {
  const scallops = 36;
  const inner = radius * 0.965;
  const point = (index: number) => {
    const angle = (2 * Math.PI * index) / scallops;
    return `${num(middle + inner * Math.sin(angle))} ${num(middle - inner * Math.cos(angle))}`;
  };
  const chord = 2 * inner * Math.sin(Math.PI / scallops);
  const bulge = num(chord * 0.62);
  let path = `M${point(0)}`;
  for (let index = 1; index <= scallops; index++) path += `A${bulge} ${bulge} 0 0 1 ${point(index)}`;
  return `${path}Z`;
}

/** A ticket for a square of `w`: a bite at each side, and between them the holes along which it would be torn. */
export function ticket(w: number) {
  const [t, bite, r] = [0.045 * w, 0.05 * w, 0.06 * w];
  const [width, top] = [w + 2 * t, t + w];
  const middle = top + bite + 0.012 * w;
  const height = middle + 0.22 * w;
  const turn = (radius: number, sweep: 0 | 1, x: number, y: number) =>
    `A${num(radius)} ${num(radius)} 0 0 ${sweep} ${num(x)} ${num(y)}`;
  const ground = [
    `M${num(r)} 0H${num(width - r)}${turn(r, 1, width, r)}V${num(middle - bite)}${turn(bite, 0, width, middle + bite)}`,
    `V${num(height - r)}${turn(r, 1, width - r, height)}H${num(r)}${turn(r, 1, 0, height - r)}`,
    `V${num(middle + bite)}${turn(bite, 0, 0, middle - bite)}V${num(r)}${turn(r, 1, r, 0)}Z`,
  ].join('');
  const holes = 15;
  const step = (width - 2 * bite) / (holes + 1);
  let path = ground + rectangle({ x: t, y: t, width: w, height: w }, 0.025 * w);
  for (let index = 1; index <= holes; index++) path += circle(bite + index * step, middle, 0.011 * w);
  return { width, height, t, ground, path, middle };
}

/** Four rounded angles around a box, `thick` strong and `arm` long. */
export function brackets({ x, y, width, height }: Box, thick: number, arm: number, r: number): string {
  const angle = (left: number, top: number, sx: 1 | -1, sy: 1 | -1) => {
    const at = (dx: number, dy: number) => `${num(left + sx * dx)} ${num(top + sy * dy)}`;
    const turn = (radius: number, isOuter: boolean, dx: number, dy: number) =>
      `A${num(radius)} ${num(radius)} 0 0 ${isOuter === (sx === sy) ? 1 : 0} ${at(dx, dy)}`;
    const [inner, cap] = [Math.max(r - thick, 0), thick / 2];
    return [
      `M${at(0, arm)}L${at(0, r)}${turn(r, true, r, 0)}L${at(arm, 0)}${turn(cap, true, arm, thick)}`,
      `L${at(thick + inner, thick)}${turn(inner, false, thick, thick + inner)}L${at(thick, arm)}${turn(cap, true, 0, arm)}Z`,
    ].join('');
  };
  const [right, bottom] = [x + width, y + height];
  return angle(x, y, 1, 1) + angle(right, y, -1, 1) + angle(right, bottom, -1, -1) + angle(x, bottom, 1, -1);
}
