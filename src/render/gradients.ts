/**
 * Where a gradient lies in the plane. A linear one runs through the middle of its box, from the first corner it meets
 * to the last, so that both end colours are seen at any angle; a radial one reaches the corners. SVG and PDF draw from
 * the same two points or the same circle, so that the colours fall on the same modules.
 */
import type { Gradient } from '../../events/style.ts';
import type { Box } from './drawing.ts';

export type GradientLine =
  | { readonly kind: 'linear'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  | { readonly kind: 'radial'; readonly x: number; readonly y: number; readonly radius: number };

/** 0 degrees run from left to right, 90 from top to bottom. */
export function gradientLine({ type, rotation = 0 }: Gradient, { x, y, width, height }: Box): GradientLine {
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  if (type === 'radial') return { kind: 'radial', x: middleX, y: middleY, radius: Math.hypot(width, height) / 2 };
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const half = (Math.abs(width * cos) + Math.abs(height * sin)) / 2;
  return {
    kind: 'linear',
    x1: middleX - half * cos,
    y1: middleY - half * sin,
    x2: middleX + half * cos,
    y2: middleY + half * sin,
  };
}
