/**
 * What a style says when it says nothing, and the arithmetic of its colours. Every colour that reaches a picture has
 * passed here and is `#rrggbb`, so the writers of formats need not check or escape it again.
 */
import { Color, type Gradient, type QrStyle } from '../../events/style.ts';
import type { Box, Paint } from './drawing.ts';

/** Modules of white space on each side, as ISO/IEC 18004 asks for. */
export const quietZoneDefault = 4;

/** What a frame says when its style does not. */
export const frameTextDefault = 'SCAN ME';

const hex = new RegExp(Color.pattern!);

/**
 * A colour in six digits.
 *
 * @throws RangeError if it is not written as `#rgb` or `#rrggbb`
 */
export function longColor(color: string): string {
  if (!hex.test(color)) throw new RangeError(`Not a colour in hex: ${JSON.stringify(color)}; write #rgb or #rrggbb`);
  return color.length === 4 ? color.replace(/[^#]/g, '$&$&') : color;
}

/** The two colours of a style, black on white where it says nothing; no ground at all is null. */
export function colors({ dotColor = '#000000', bgColor = '#ffffff' }: QrStyle = {}): {
  dot: string;
  bg: string | null;
} {
  return { dot: longColor(dotColor), bg: bgColor === 'transparent' ? null : longColor(bgColor) };
}

/** Whether a style is squares in one colour on a ground, so that a picture of it without a logo needs no rasteriser. */
export function isPlain(style: QrStyle = {}): boolean {
  const { dot } = colors(style);
  const isSame = (color?: string) => color === undefined || longColor(color) === dot;
  const isSquare = (shape?: string) => shape === undefined || shape === 'square';
  return (
    [style.dotShape, style.cornerFrameShape, style.cornerDotShape].every(isSquare) &&
    [style.cornerFrameColor, style.cornerDotColor].every(isSame) &&
    style.dotGradient === undefined &&
    style.frame === undefined
  );
}

function channels(color: string): number[] {
  return [1, 3, 5].map(at => Number.parseInt(color.slice(at, at + 2), 16));
}

/** Relative luminance as WCAG 2.2 defines it, from 0 for black to 1 for white. */
export function luminance(color: string): number {
  const [r, g, b] = channels(color).map(channel => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** How well two colours can be told apart, as WCAG 2.2 measures it: from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export function solid(color: string): Paint {
  return { kind: 'solid', color: longColor(color) };
}

/** A gradient over a box, with its stops in order and its colours written out. */
export function graded(gradient: Gradient, box: Box): Paint {
  const stops = gradient.stops
    .map(({ offset, color }) => ({ offset, color: longColor(color) }))
    .sort((a, b) => a.offset - b.offset);
  return { kind: 'gradient', gradient: { ...gradient, stops }, box };
}

/** The same colour in shadow, 0 to 1 deep; what is nearly black already is lit instead, so that folds can be seen. */
export function shaded(color: string, depth: number): string {
  const isDark = luminance(color) < 0.03;
  const parts = channels(color).map(channel =>
    Math.round(isDark ? channel + (255 - channel) * depth * 0.6 : channel * (1 - depth)),
  );
  return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Black or white, whichever can be read better on a colour. */
export function readableOn(color: string): string {
  return contrast('#000000', color) > contrast('#ffffff', color) ? '#000000' : '#ffffff';
}
