/**
 * A code in its style, as a drawing that every format is written from: ground, modules, corners, logo, frame. Outlines
 * of one colour become one layer, so that a printer separates them once. What a style leaves out is drawn as the
 * standard has it: black squares on white with four modules of quiet zone.
 */
import type { QrStyle } from '../../events/style.ts';
import { colors, contrast, graded, longColor, luminance, quietZoneDefault, readableOn, solid } from './colors.ts';
import { cornerDots, cornerFrames } from './corners.ts';
import { dots } from './dots.ts';
import type { Drawing, Outline, Paint, Picture } from './drawing.ts';
import { type Framed, frame, type TextOutline } from './frames.ts';
import type { Matrix } from './matrix.ts';
import { rectangle } from './path.ts';
import { isCovered, type Logo, placement } from './placement.ts';

export interface DrawOptions {
  readonly logo?: Logo;
  /** The frame's text; without it a frame stays empty. */
  readonly text?: TextOutline;
}

/**
 * Draws a code.
 *
 * @throws RangeError on a colour that is not hex
 */
export function draw(matrix: Matrix, style: QrStyle = {}, { logo, text }: DrawOptions = {}): Drawing {
  const { size } = matrix;
  const { bg } = colors(style);
  const quiet = style.quietZone ?? quietZoneDefault;
  const side = size + 2 * quiet;
  const framed = style.frame ? frame(style.frame.shape, side, frameColors(style), text) : unframed(side);
  const [x, y] = [framed.code.x, framed.code.y];
  const place = logo && placement(matrix, style.logo, logo);
  const isLeftOut = (column: number, row: number) =>
    place !== undefined && style.logo?.knockout !== false && isCovered(place.cleared, column, row);

  const code = { x: quiet + x, y: quiet + y, width: size, height: size };
  const paint = style.dotGradient ? graded(style.dotGradient, code) : solid(colors(style).dot);
  const own = (color?: string) => (color === undefined ? paint : solid(color));
  const at = [code.x, code.y] as const;
  const outline = (path: string, paint: Paint): Outline => ({ kind: 'outline', path, paint });
  const around = style.cornerFrameShape ?? 'square';
  const parts = [
    outline(cornerFrames(size, around, at), own(style.cornerFrameColor)),
    outline(cornerDots(size, style.cornerDotShape ?? 'square', at, around), own(style.cornerDotColor)),
    outline(dots(matrix, style.dotShape ?? 'square', at, isLeftOut), paint),
  ];
  const pictures: Picture[] = [];
  if (logo && place) {
    const box = { ...place.box, x: place.box.x + code.x, y: place.box.y + code.y };
    pictures.push({ kind: 'picture', png: logo.png, box });
  }
  const ground = bg === null ? [] : [outline(framed.ground, solid(bg))];
  return {
    width: framed.width,
    height: framed.height,
    layers: [...ground, ...merged(parts), ...pictures, ...framed.layers],
  };
}

function unframed(side: number): Framed {
  const ground = rectangle({ x: 0, y: 0, width: side, height: side });
  return { width: side, height: side, code: { x: 0, y: 0 }, ground, layers: [] };
}

/** Outlines that don't overlap, those of one paint as one. */
function merged(parts: readonly Outline[]): Outline[] {
  const byPaint = new Map<string, Outline>();
  for (const { path, paint } of parts) {
    const key = JSON.stringify(paint);
    byPaint.set(key, { kind: 'outline', path: (byPaint.get(key)?.path ?? '') + path, paint });
  }
  return [...byPaint.values()].filter(({ path }) => path !== '');
}

/** Contrast from which letters of this size can be read, as WCAG 2.2 has it for large text. */
const contrastMin = 3;

/** A frame takes the colour of the dots, or the darkest of their gradient; its text that of the ground, if it shows. */
function frameColors(style: QrStyle) {
  const { dot, bg } = colors(style);
  const stops = style.dotColor ? [] : (style.dotGradient?.stops ?? []).map(({ color }) => longColor(color));
  const darkest = stops.sort((a, b) => luminance(a) - luminance(b))[0] ?? dot;
  const color = style.frame?.color ? longColor(style.frame.color) : darkest;
  const own = style.frame?.textColor;
  const onFrame = own ?? (bg !== null && contrast(bg, color) >= contrastMin ? bg : readableOn(color));
  return { frame: color, onFrame: longColor(onFrame), onGround: longColor(own ?? color) };
}
