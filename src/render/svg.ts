/**
 * A drawing as SVG, for print and for the web: one path for each layer, in units of modules, so that it is exact at any
 * size. Nothing in it refers to anything outside: pictures are `data:` addresses and letters are outlines. Whatever
 * enters the markup has been checked before or is escaped here.
 */
import type { Drawing, Outline, Paint, Picture } from './drawing.ts';
import { gradientLine } from './gradients.ts';
import { num } from './path.ts';

export interface SvgOptions {
  /** Width, or both, in the unit; a width alone keeps the proportions; absent, the picture fills what it is put into. */
  readonly size?: number | { readonly width: number; readonly height: number };
  readonly unit?: 'px' | 'mm';
  /** What a screen reader says and a browser shows on hover; any text. */
  readonly title?: string;
}

/** Writes an SVG 1.1 document without an XML declaration, so that it can stand inside HTML too. */
export function svg(drawing: Drawing, options: SvgOptions = {}): string {
  const { width, height, layers } = drawing;
  const definitions: string[] = [];
  const body = layers.map(layer => (layer.kind === 'picture' ? image(layer) : path(layer, definitions))).join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${num(width)} ${num(height)}"`,
    measures(drawing, options),
    ' role="img">',
    options.title === undefined ? '' : `<title>${escaped(options.title)}</title>`,
    definitions.length > 0 ? `<defs>${definitions.join('')}</defs>` : '',
    body,
    '</svg>',
  ].join('');
}

function measures({ width, height }: Drawing, { size, unit = 'px' }: SvgOptions): string {
  if (size === undefined) return '';
  const both = typeof size === 'number' ? { width: size, height: (size * height) / width } : size;
  const suffix = unit === 'mm' ? 'mm' : '';
  return ` width="${num(both.width)}${suffix}" height="${num(both.height)}${suffix}"`;
}

/** Edges of squares are kept sharp, all other edges smooth. */
function path({ path, paint }: Outline, definitions: string[]): string {
  const isSquare = !/[ACLQ]/.test(path);
  // The rule makes no difference to a rectangle, and a plain code is drawn so that it needs none either.
  const rule = isSquare ? ' shape-rendering="crispEdges"' : '';
  return `<path fill="${fill(paint, definitions)}" fill-rule="evenodd"${rule} d="${path}"/>`;
}

function fill(paint: Paint, definitions: string[]): string {
  if (paint.kind === 'solid') return paint.color;
  const { gradient, box } = paint;
  const id = `g${definitions.length}`;
  const line = gradientLine(gradient, box);
  const stops = gradient.stops
    .map(({ offset, color }) => `<stop offset="${num(offset)}" stop-color="${color}"/>`)
    .join('');
  const units = `id="${id}" gradientUnits="userSpaceOnUse"`;
  definitions.push(
    line.kind === 'linear'
      ? `<linearGradient ${units} x1="${num(line.x1)}" y1="${num(line.y1)}" x2="${num(line.x2)}" y2="${num(line.y2)}">${stops}</linearGradient>`
      : `<radialGradient ${units} cx="${num(line.x)}" cy="${num(line.y)}" r="${num(line.radius)}">${stops}</radialGradient>`,
  );
  return `url(#${id})`;
}

function image({ png, box }: Picture): string {
  const place = `x="${num(box.x)}" y="${num(box.y)}" width="${num(box.width)}" height="${num(box.height)}"`;
  return `<image ${place} href="data:image/png;base64,${Buffer.from(png).toString('base64')}"/>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text content of XML 1.0: three characters are escaped, those it cannot hold become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>]/g, character => entities[character]!);
}
