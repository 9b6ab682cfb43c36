/**
 * The modules of a code in ten shapes, as one outline: all but the three finder patterns, which have shapes of their
 * own. What readers sample is the middle of a module, so every shape covers it well and stays within its cell or its
 * run of cells; outlines never overlap, so that the even-odd rule leaves no holes and no renderer leaves seams.
 */
import type { DotShape } from '../../events/style.ts';
import { alignmentModules } from './alignment.ts';
import { type Corner, contours } from './contours.ts';
import { isFinder } from './finder.ts';
import type { Matrix } from './matrix.ts';
import { circle, diamond, type Point, rectangle, star } from './path.ts';

type IsDark = (x: number, y: number) => boolean;

/** Light left on each side of a shape that stands alone in its cell: enough to see, too little to blur. */
const gap = 0.06;

const sharp = () => 0;
const rounded = ({ convex }: Corner) => (convex ? 0.28 : 0);
const extraRounded = ({ convex }: Corner) => (convex ? 0.5 : 0.45);
const classy = ({ convex, which }: Corner) => (convex && (which === 'top-left' || which === 'bottom-right') ? 0.5 : 0);

/**
 * Path data of all dark modules outside the finder patterns, moved by `offset`, without those that are left out. Where
 * modules stand apart, the alignment patterns don't: a reader looks for their closed rings to straighten its picture.
 */
export function dots(matrix: Matrix, shape: DotShape, offset: Point, leftOut: IsDark = () => false): string {
  const { size, modules } = matrix;
  const dark: IsDark = (x, y) => modules[y * size + x] === 1 && !isFinder(size, x, y) && !leftOut(x, y);
  const outline = outlined[shape];
  if (outline) return contours(size, dark, outline, offset);
  const steering = alignmentModules(matrix);
  const apart: IsDark = (x, y) => steering[y * size + x] === 0 && dark(x, y);
  const rings = contours(size, (x, y) => steering[y * size + x] === 1 && dark(x, y), rounded, offset);
  return rings + standing(shape, size, apart, offset);
}

/** Shapes that grow together with their neighbours, by how their corners are rounded. */
const outlined: Partial<Record<DotShape, (corner: Corner) => number>> = {
  square: sharp,
  rounded,
  'extra-rounded': extraRounded,
  classy,
};

function standing(shape: DotShape, size: number, dark: IsDark, offset: Point): string {
  switch (shape) {
    case 'vertical':
      return runs(
        size,
        (along, across) => dark(across, along),
        (along, across, length) => bar(across + offset[0], along + offset[1], 1, length),
      );
    case 'horizontal':
      return runs(size, dark, (along, across, length) => bar(along + offset[0], across + offset[1], length, 1));
    case 'mosaic':
      return mosaic(size, dark, offset);
    case 'diamond':
      // Straight sides would cover only half of the cell, which blurs away first in a small print.
      return each(size, dark, offset, (x, y) => diamond(x, y, 0.5, 0.3));
    case 'star':
      return each(size, dark, offset, (x, y) => star(x, y + 0.03, 5, 0.525, 0.35));
    default:
      return each(size, dark, offset, (x, y) => circle(x, y, 0.5 - gap / 2));
  }
}

/** The same shape for each module, around its middle. */
function each(size: number, dark: IsDark, offset: Point, shape: (x: number, y: number) => string): string {
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (dark(x, y)) path += shape(x + offset[0] + 0.5, y + offset[1] + 0.5);
  }
  return path;
}

/** Each unbroken row of dark modules as one shape. */
function runs(size: number, dark: IsDark, shape: (along: number, across: number, length: number) => string): string {
  let path = '';
  for (let across = 0; across < size; across++) {
    for (let along = 0, end = 0; along < size; along = end + 1) {
      for (end = along; end < size && dark(end, across); ) end++;
      if (end > along) path += shape(along, across, end - along);
    }
  }
  return path;
}

/** A bar with round ends. */
function bar(x: number, y: number, width: number, height: number): string {
  const box = { x: x + gap, y: y + gap, width: width - 2 * gap, height: height - 2 * gap };
  return rectangle(box, 0.5 - gap);
}

/** Tiles of two by two modules where they fit, then of two, then of one. */
function mosaic(size: number, dark: IsDark, offset: Point): string {
  const laid = new Uint8Array(size * size);
  const free = (x: number, y: number) => x < size && y < size && laid[y * size + x] === 0 && dark(x, y);
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!free(x, y)) continue;
      const wide = free(x + 1, y);
      const high = free(x, y + 1);
      const square = wide && high && free(x + 1, y + 1);
      const width = square || wide ? 2 : 1;
      const height = square || (high && !wide) ? 2 : 1;
      for (let row = y; row < y + height; row++) laid.fill(1, row * size + x, row * size + x + width);
      const box = { x: x + offset[0] + gap, y: y + offset[1] + gap, width: width - 2 * gap, height: height - 2 * gap };
      path += rectangle(box, 0.16);
    }
  }
  return path;
}
