/**
 * The three finder patterns: a frame of seven modules and a dot of three, each in eight shapes. A line through the
 * middle meets dark and light as 1 : 1 : 3 : 1 : 1 in all of them, because that is how a reader finds a code; some
 * readers measure the diagonal too, so dots that have less of it reach a little further along the axes. Shapes that are
 * not symmetric are turned so that the three look towards the middle of the code.
 */
import type { CornerDotShape, CornerFrameShape } from '../../events/style.ts';
import type { Box } from './drawing.ts';
import { circle, diamond, num, type Point, polygon, type Radii, rectangle, star } from './path.ts';

/** Whether a finder pattern stands at the right or at the bottom: its shape is mirrored by that. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly right: boolean;
  readonly bottom: boolean;
}

function places(size: number, offset: Point): readonly Place[] {
  const [left, top] = offset;
  const far = size - 7;
  return [
    { x: left, y: top, right: false, bottom: false },
    { x: left + far, y: top, right: true, bottom: false },
    { x: left, y: top + far, right: false, bottom: true },
  ];
}

/** Path data of the three frames. */
export function cornerFrames(size: number, shape: CornerFrameShape, offset: Point): string {
  return places(size, offset)
    .map(place => frame(place, shape))
    .join('');
}

/** Path data of the three dots. */
export function cornerDots(size: number, shape: CornerDotShape, offset: Point, around: CornerFrameShape): string {
  // The corners of a full square come too near to a circle for a reader that measures along the diagonal.
  const half = around === 'circle' && (shape === 'square' || shape === 'leaf') ? 1.36 : 1.5;
  return places(size, offset)
    .map(place => dot(place, shape, half))
    .join('');
}

function frame(place: Place, shape: CornerFrameShape): string {
  const outer = { x: place.x, y: place.y, width: 7, height: 7 };
  const inner = inset(outer, 1);
  switch (shape) {
    case 'square':
      return rectangle(outer) + rectangle(inner);
    case 'rounded':
      return rectangle(outer, 1.4) + rectangle(inner, 0.7);
    case 'extra-rounded':
      return rectangle(outer, 2.4) + rectangle(inner, 1.5);
    case 'circle':
      return circle(place.x + 3.5, place.y + 3.5, 3.5) + circle(place.x + 3.5, place.y + 3.5, 2.6);
    case 'leaf':
      return rectangle(outer, leaf(place, 2.2)) + rectangle(inner, leaf(place, 1.3));
    case 'cut':
      return chamfered(outer, 1.1) + chamfered(inner, 0.6);
    case 'notched':
      return notched(outer, 0.9) + notched(inner, 0.4);
    case 'dotted':
      return beads(place);
  }
}

function dot(place: Place, shape: CornerDotShape, half: number): string {
  const [x, y] = [place.x + 3.5, place.y + 3.5];
  const box = { x: x - half, y: y - half, width: 2 * half, height: 2 * half };
  switch (shape) {
    case 'square':
      return rectangle(box);
    case 'rounded':
      return rectangle(box, 0.8);
    case 'circle':
      return circle(x, y, 1.65);
    case 'leaf':
      return rectangle(box, leaf(place, 1.2));
    case 'cut':
      return chamfered(box, 0.7);
    case 'diamond':
      return diamond(x, y, 1.85, 1.4);
    case 'star':
      return star(x, y, 8, 1.85, 1.4);
    case 'cross':
      return cross({ x: x - 1.7, y: y - 1.7, width: 3.4, height: 3.4 }, 0.52);
  }
}

function inset({ x, y, width, height }: Box, by: number): Box {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}

/** Round but for the corner that points to the code's own corner and the one that points to its middle. */
function leaf({ right, bottom }: Place, radius: number): Radii {
  return right === bottom ? [0, radius, 0, radius] : [radius, 0, radius, 0];
}

function chamfered({ x, y, width, height }: Box, cut: number): string {
  const [right, bottom] = [x + width, y + height];
  const points: Point[] = [
    [x + cut, y],
    [right - cut, y],
    [right, y + cut],
    [right, bottom - cut],
    [right - cut, bottom],
    [x + cut, bottom],
    [x, bottom - cut],
    [x, y + cut],
  ];
  return polygon(points);
}

/** A rectangle with a square taken out of each corner. */
function cross({ x, y, width, height }: Box, cut: number): string {
  const [right, bottom] = [x + width, y + height];
  return polygon([
    [x + cut, y],
    [right - cut, y],
    [right - cut, y + cut],
    [right, y + cut],
    [right, bottom - cut],
    [right - cut, bottom - cut],
    [right - cut, bottom],
    [x + cut, bottom],
    [x + cut, bottom - cut],
    [x, bottom - cut],
    [x, y + cut],
    [x + cut, y + cut],
  ]);
}

/** A rectangle with a quarter of a circle taken out of each corner. */
function notched({ x, y, width, height }: Box, radius: number): string {
  const [right, bottom] = [x + width, y + height];
  const bite = (endX: number, endY: number) => `A${num(radius)} ${num(radius)} 0 0 0 ${num(endX)} ${num(endY)}`;
  return [
    `M${num(x + radius)} ${num(y)}H${num(right - radius)}${bite(right, y + radius)}`,
    `V${num(bottom - radius)}${bite(right - radius, bottom)}H${num(x + radius)}${bite(x, bottom - radius)}`,
    `V${num(y + radius)}${bite(x + radius, y)}Z`,
  ].join('');
}

/**
 * A ring of seven beads a side that grow into each other, drawn as its outer and its inner edge. Beads that only touch
 * would leave gaps, in which a reader loses the ring.
 */
function beads({ x, y }: Place): string {
  const [radius, first, step] = [0.58, -2.95, 5.9 / 6];
  const waist = Math.sqrt(radius ** 2 - (step / 2) ** 2);
  let outer = '';
  let inner = '';
  for (let side = 0; side < 4; side++) {
    // Along the upper side from left to right; the other three are that one turned about the middle.
    const at = (dx: number, dy: number) => {
      const [turnedX, turnedY] = [[dx, dy] as const, [-dy, dx] as const, [-dx, -dy] as const, [dy, -dx] as const][
        side
      ]!;
      return `${num(x + 3.5 + turnedX)} ${num(y + 3.5 + turnedY)}`;
    };
    const arc = (large: 0 | 1, sweep: 0 | 1, to: string) => `A${num(radius)} ${num(radius)} 0 ${large} ${sweep} ${to}`;
    for (let bead = 0; bead < 6; bead++) {
      const right = first + (bead + 0.5) * step;
      outer += bead === 0 && side === 0 ? '' : arc(bead === 0 ? 1 : 0, 1, at(right, first - waist));
      inner += bead === 0 && side === 0 ? '' : arc(0, 0, at(right, first + waist));
    }
  }
  const [startX, startY] = [x + 3.5 + first + step / 2, y + 3.5 + first];
  const close = (large: 0 | 1, sweep: 0 | 1, end: string) =>
    `A${num(radius)} ${num(radius)} 0 ${large} ${sweep} ${end}Z`;
  const [above, below] = [`${num(startX)} ${num(startY - waist)}`, `${num(startX)} ${num(startY + waist)}`];
  return `M${above}${outer}${close(1, 1, above)}M${below}${inner}${close(0, 0, below)}`;
}
