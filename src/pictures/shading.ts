/**
 * Gradients as PDF shadings (ISO 32000, 8.7.4.5), which a press resolves in its own fineness. They lie where those of
 * the SVG lie, go on in their end colours outside, and are blended in the colours they are printed in.
 */
import type { Gradient } from '../../events/style.ts';
import type { Box } from '../render/drawing.ts';
import { gradientLine } from '../render/gradients.ts';
import { type ColorMode, colorSpace, components } from './colors.ts';

type Stop = Gradient['stops'][number];

function coordinates(gradient: Gradient, box: Box): number[] {
  const line = gradientLine(gradient, box);
  if (line.kind === 'linear') return [line.x1, line.y1, line.x2, line.y2];
  return [line.x, line.y, 0, line.x, line.y, line.radius];
}

/** A pattern dictionary; `matrix` leads from the drawing's units to the page's. */
export function shading(gradient: Gradient, box: Box, mode: ColorMode, matrix: readonly number[]): object {
  return {
    Type: 'Pattern',
    PatternType: 2,
    Matrix: matrix,
    Shading: {
      ShadingType: gradient.type === 'radial' ? 3 : 2,
      ColorSpace: colorSpace(mode),
      Coords: coordinates(gradient, box),
      Function: colorFunction(gradient.stops, mode),
      Extend: [true, true],
    },
  };
}

/**
 * Colours from 0 to 1: the first holds until its offset, the last from its own on. A stop that lies before the one
 * before it counts as there, and two at one place are a hard edge, as SVG says.
 */
function colorFunction(stops: readonly Stop[], mode: ColorMode): object {
  let reached = 0;
  const ordered = stops.map(({ offset, color }) => {
    reached = Math.max(reached, Math.min(1, offset));
    return { offset: reached, color };
  });
  const all = [{ ...ordered[0]!, offset: 0 }, ...ordered, { ...ordered.at(-1)!, offset: 1 }];
  const pieces = all.slice(1).flatMap((to, i) => {
    const from = all[i]!;
    return to.offset > from.offset ? [{ from, to }] : [];
  });
  const functions = pieces.map(({ from, to }) => ({
    FunctionType: 2,
    Domain: [0, 1],
    N: 1,
    C0: components(from.color, mode),
    C1: components(to.color, mode),
  }));
  if (functions.length === 1) return functions[0]!;
  return {
    FunctionType: 3,
    Domain: [0, 1],
    Functions: functions,
    Bounds: pieces.slice(1).map(({ from }) => from.offset),
    Encode: pieces.flatMap(() => [0, 1]),
  };
}
