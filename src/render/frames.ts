/**
 * What stands around a code to make people scan it: ten frames with a call to action. A frame is laid out around the
 * square of the code with its quiet zone and never reaches into it. All measures are shares of that square's width, so
 * that a frame looks the same around a small code and a large one.
 */
import type { FrameShape } from '../../events/style.ts';
import { shaded, solid } from './colors.ts';
import type { Box, Outline } from './drawing.ts';
import { moved, num, type Point, polygon, rectangle, star } from './path.ts';
import { badge, brackets, ticket } from './silhouettes.ts';

/** A line of text as an outline: `height` is that of its capitals, which stand on the line y = height. */
export interface TextOutline {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** Colours as `#rrggbb`: of the frame, of text that stands on it, and of text that stands beside it. */
export interface FrameColors {
  readonly frame: string;
  readonly onFrame: string;
  readonly onGround: string;
}

/** A frame that has been laid out: where the code's square goes, what the ground fills, and what is drawn on it. */
export interface Framed {
  readonly width: number;
  readonly height: number;
  readonly code: { readonly x: number; readonly y: number };
  readonly ground: string;
  readonly layers: readonly Outline[];
}

/** Before colours: outlines in the frame's colour (or its shadow), and the box that the text is centred in. */
interface Plan {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly ground: string;
  readonly parts: readonly { readonly path: string; readonly shade?: number }[];
  readonly text: Box;
  readonly isTextOnFrame: boolean;
}

/** The width that a text takes in a box for capitals. */
function fit(text: TextOutline | undefined, box: Box): number {
  return text ? Math.min(box.height / text.height, box.width / text.width) : 0;
}

/** Lays a frame around a square of `w` modules. */
export function frame(shape: FrameShape, w: number, colors: FrameColors, text?: TextOutline): Framed {
  const { width, height, x, y, ground, parts, text: box, isTextOnFrame } = plans[shape](w, text);
  const layers: Outline[] = parts.map(({ path, shade = 0 }) => ({
    kind: 'outline',
    path,
    paint: solid(shade === 0 ? colors.frame : shaded(colors.frame, shade)),
  }));
  if (text) {
    const scale = fit(text, box);
    const [left, top] = [box.x + (box.width - text.width * scale) / 2, box.y + (box.height - text.height * scale) / 2];
    const paint = solid(isTextOnFrame ? colors.onFrame : colors.onGround);
    layers.push({ kind: 'outline', path: moved(text.path, scale, left, top), paint });
  }
  return { width, height, code: { x, y }, ground, layers };
}

/** A box for capitals of a tenth of the width, centred between two heights. */
function line(w: number, middle: number, top: number, bottom: number, share = 0.86): Box {
  const height = 0.1 * w;
  return { x: middle - (share * w) / 2, y: (top + bottom - height) / 2, width: share * w, height };
}

const plans: Readonly<Record<FrameShape, (w: number, text?: TextOutline) => Plan>> = {
  box(w) {
    const t = 0.03 * w;
    const [width, height] = [w + 2 * t, 1.15 * w + 2 * t];
    const outer = rectangle({ x: 0, y: 0, width, height });
    const inner = rectangle({ x: t, y: t, width: w, height: height - 2 * t });
    const text = line(w, width / 2, w, height - t);
    return { width, height, x: t, y: t, ground: outer, parts: [{ path: outer + inner }], text, isTextOnFrame: false };
  },

  'rounded-box'(w, words) {
    const [t, r, pad] = [0.026 * w, 0.1 * w, 0.04 * w];
    const [right, bottom] = [pad + w + 2 * t, pad + 1.04 * w + 2 * t];
    const text = { x: pad + t + 0.15 * w, y: bottom - t / 2 - 0.045 * w, width: 0.7 * w, height: 0.09 * w };
    const half = words ? (words.width * fit(words, text)) / 2 + 0.045 * w : 0;
    const [from, to] = [pad + t + w / 2 + half, pad + t + w / 2 - half];
    const turn = (radius: number, sweep: 0 | 1, x: number, y: number) =>
      `A${num(radius)} ${num(radius)} 0 0 ${sweep} ${num(x)} ${num(y)}`;
    const ring = [
      `M${num(from)} ${num(bottom)}H${num(right - r)}${turn(r, 0, right, bottom - r)}V${num(pad + r)}`,
      `${turn(r, 0, right - r, pad)}H${num(pad + r)}${turn(r, 0, pad, pad + r)}V${num(bottom - r)}`,
      `${turn(r, 0, pad + r, bottom)}H${num(to)}${turn(t / 2, 0, to, bottom - t)}H${num(pad + r)}`,
      `${turn(r - t, 1, pad + t, bottom - r)}V${num(pad + r)}${turn(r - t, 1, pad + r, pad + t)}H${num(right - r)}`,
      `${turn(r - t, 1, right - t, pad + r)}V${num(bottom - r)}${turn(r - t, 1, right - r, bottom - t)}`,
      `H${num(from)}${turn(t / 2, 0, from, bottom)}Z`,
    ].join('');
    const [width, height] = [right + pad, bottom + 0.075 * w];
    const ground = rectangle({ x: 0, y: 0, width, height }, r + pad);
    return { width, height, x: pad + t, y: pad + t, ground, parts: [{ path: ring }], text, isTextOnFrame: false };
  },

  'banner-bottom': w => banner(w, false),
  'banner-top': w => banner(w, true),

  ribbon(w) {
    const [t, side, over, drop, band] = [0.02 * w, 0.13 * w, 0.045 * w, 0.05 * w, 0.19 * w];
    const [left, right, top] = [side, side + w, t + w];
    const width = w + 2 * side;
    const card = { x: left - t, y: 0, width: w + 2 * t, height: w + t + band / 2 };
    const hole = { x: left, y: t, width: w, height: w };
    const tail = (edge: number, end: number, dent: number): Point[] => [
      [edge, top + drop],
      [end, top + drop],
      [dent, top + drop + band / 2],
      [end, top + drop + band],
      [edge, top + drop + band],
    ];
    const fold = (edge: number, inner: number): Point[] => [
      [edge, top + band],
      [inner, top + band],
      [inner, top + band + drop],
    ];
    const parts = [
      { path: rectangle(card) + rectangle(hole) },
      {
        path: polygon(tail(left + over, 0, 0.055 * w)) + polygon(tail(right - over, width, width - 0.055 * w)),
        shade: 0.25,
      },
      { path: polygon(fold(left - over, left + over)) + polygon(fold(right + over, right - over)), shade: 0.5 },
      { path: rectangle({ x: left - over, y: top, width: w + 2 * over, height: band }) },
    ];
    const text = line(w, width / 2, top, top + band, 0.92);
    const ground = rectangle(card);
    return { width, height: top + band + drop, x: left, y: t, ground, parts, text, isTextOnFrame: true };
  },

  ticket(w) {
    const { width, height, t, ground, path, middle } = ticket(w);
    const text = line(w, width / 2, middle, height);
    return { width, height, x: t, y: t, ground, parts: [{ path }], text, isTextOnFrame: true };
  },

  bubble(w) {
    const [top, bottom, r] = [1.06 * w, 1.26 * w, 0.07 * w];
    const [tip, half] = [0.055 * w, 0.06 * w];
    const turn = (x: number, y: number) => `A${num(r)} ${num(r)} 0 0 1 ${num(x)} ${num(y)}`;
    const path = [
      `M${num(r)} ${num(top)}H${num(w / 2 - half)}L${num(w / 2)} ${num(top - tip)}L${num(w / 2 + half)} ${num(top)}`,
      `H${num(w - r)}${turn(w, top + r)}V${num(bottom - r)}${turn(w - r, bottom)}`,
      `H${num(r)}${turn(0, bottom - r)}V${num(top + r)}${turn(r, top)}Z`,
    ].join('');
    const ground = rectangle({ x: 0, y: 0, width: w, height: bottom }, r);
    const text = line(w, w / 2, top, bottom);
    return { width: w, height: bottom, x: 0, y: 0, ground, parts: [{ path }], text, isTextOnFrame: true };
  },

  polaroid(w) {
    const [m, foot] = [0.07 * w, 0.26 * w];
    const [width, height] = [w + 2 * m, w + m + foot];
    const outer = rectangle({ x: 0, y: 0, width, height }, 0.03 * w);
    const hole = rectangle({ x: m, y: m, width: w, height: w }, 0.015 * w);
    const text = line(w, width / 2, m + w, height);
    return { width, height, x: m, y: m, ground: outer, parts: [{ path: outer + hole }], text, isTextOnFrame: true };
  },

  brackets(w) {
    const [pad, edge] = [0.06 * w, 0.015 * w];
    const [width, height] = [w + 2 * pad, 1.23 * w + pad];
    const ground = rectangle({ x: 0, y: 0, width, height }, 0.1 * w);
    const path = brackets(
      { x: edge, y: edge, width: width - 2 * edge, height: width - 2 * edge },
      0.035 * w,
      0.2 * w,
      0.08 * w,
    );
    const text = line(w, width / 2, w + 2 * pad, height - 0.2 * pad, 0.94);
    return { width, height, x: pad, y: pad, ground, parts: [{ path }], text, isTextOnFrame: false };
  },

  badge(w) {
    const radius = 0.84 * w;
    const hole = { x: radius - w / 2, y: radius - 0.56 * w, width: w, height: w };
    const outer = badge(radius, radius);
    const stars = [-1, 0, 1].map(side =>
      star(radius + side * 0.16 * w, radius - 0.68 * w + Math.abs(side) * 0.015 * w, 5, 0.055 * w, 0.025 * w),
    );
    const path = outer + rectangle(hole, 0.05 * w) + stars.join('');
    const text = line(w, radius, radius + 0.44 * w, radius + 0.79 * w, 0.76);
    const size = 2 * radius;
    return {
      width: size,
      height: size,
      x: hole.x,
      y: hole.y,
      ground: outer,
      parts: [{ path }],
      text,
      isTextOnFrame: true,
    };
  },
};

/** A card with a filled bar for the text below or above the code. */
function banner(w: number, isAbove: boolean): Plan {
  const [t, r, bar] = [0.03 * w, 0.075 * w, 0.21 * w];
  const [width, height] = [w + 2 * t, w + t + bar];
  const y = isAbove ? bar : t;
  const ground = rectangle({ x: 0, y: 0, width, height }, r);
  const hole = rectangle({ x: t, y, width: w, height: w }, r - t);
  const text = isAbove ? line(w, width / 2, 0, bar) : line(w, width / 2, t + w, height);
  return { width, height, x: t, y, ground, parts: [{ path: ground + hole }], text, isTextOnFrame: true };
}
