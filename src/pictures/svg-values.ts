/**
 * What may stand in the attributes of a logo. Every value that gets through is written in a grammar known here, with
 * numbers that no renderer stumbles over, and refers to nothing but the id of a gradient or a clip path. What is not
 * listed has no influence on the picture and is left out; what would have some, and isn't safe, is refused by name.
 */
import { quoted, refused } from './logo-refusal.ts';

/** Beyond it single-precision renderers lose the pixel; drawings of architects stay below. */
const numberMax = 1e6;
/** Characters of any value but an outline. */
const valueLengthMax = 1_000;

const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi;
const lengthPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:px|pt|pc|mm|cm|in|em|ex|%)?$/i;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?$/i;
const colorPattern =
  /^(?:#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})|[a-z]{3,20}|(?:rgb|hsl)a?\(\s*[\d.,%+\-\s/]{1,60}\))$/i;
const referencePattern = /^url\(\s*(["']?)#([\w.:-]{1,128})\1\s*\)(?:\s+(\S+))?$/;
const functionPattern = /\s*,?\s*(?:matrix|translate|scale|rotate|skewX|skewY)\s*\(([\d\s,.eE+-]{1,400})\)/y;

/** Takes a trimmed value; what is passed on, undefined if it is not right: renderers ignore what they can't read. */
type ValueRule = (value: string) => string | undefined;

const hasSaneNumbers = (text: string): boolean =>
  (text.match(number) ?? []).every(part => Math.abs(Number(part)) <= numberMax);

const matching =
  (pattern: RegExp): ValueRule =>
  value =>
    pattern.test(value) && hasSaneNumbers(value) ? value : undefined;

const oneOf =
  (...words: string[]): ValueRule =>
  value =>
    words.includes(value) ? value : undefined;

const paint: ValueRule = value => {
  if (colorPattern.test(value)) return value;
  const [, , id, fallback] = referencePattern.exec(value) ?? [];
  if (id === undefined) return undefined;
  return fallback !== undefined && colorPattern.test(fallback) ? `url(#${id}) ${fallback}` : `url(#${id})`;
};

const clip: ValueRule = value => {
  const id = referencePattern.exec(value)?.[2];
  return id === undefined ? oneOf('none')(value) : `url(#${id})`;
};

const transform: ValueRule = value => {
  functionPattern.lastIndex = 0;
  for (let at = 0, count = 0; value.slice(at).trim() !== ''; at = functionPattern.lastIndex) {
    const inner = functionPattern.exec(value)?.[1];
    if (inner === undefined || !hasSaneNumbers(inner) || ++count > 16) return undefined;
  }
  return value;
};

const outline: ValueRule = value =>
  /^[\sMmZzLlHhVvCcSsQqTtAaEe\d.,+-]*$/.test(value) && hasSaneNumbers(value) ? value : undefined;

const length = matching(lengthPattern);
const share = matching(numberPattern);
const units = oneOf('userSpaceOnUse', 'objectBoundingBox');

/** Properties that may be attributes or stand in a style. */
const properties: Readonly<Record<string, ValueRule>> = {
  fill: paint,
  stroke: paint,
  color: paint,
  'stop-color': paint,
  opacity: share,
  'fill-opacity': share,
  'stroke-opacity': share,
  'stop-opacity': share,
  'stroke-width': length,
  'stroke-miterlimit': share,
  'stroke-linecap': oneOf('butt', 'round', 'square'),
  'stroke-linejoin': oneOf('miter', 'round', 'bevel', 'miter-clip', 'arcs'),
  'fill-rule': oneOf('nonzero', 'evenodd'),
  'clip-rule': oneOf('nonzero', 'evenodd'),
  'clip-path': clip,
  display: oneOf('none', 'inline', 'block'),
  visibility: oneOf('visible', 'hidden', 'collapse'),
  'paint-order': matching(/^[a-z ]{1,40}$/),
  'shape-rendering': oneOf('auto', 'optimizeSpeed', 'crispEdges', 'geometricPrecision'),
};

/** Attributes of geometry. */
const geometry: Readonly<Record<string, ValueRule>> = {
  ...Object.fromEntries(
    'x y width height rx ry cx cy r x1 y1 x2 y2 fx fy fr offset'.split(' ').map(name => [name, length]),
  ),
  transform,
  gradientTransform: transform,
  gradientUnits: units,
  clipPathUnits: units,
  spreadMethod: oneOf('pad', 'reflect', 'repeat'),
};

/** Properties that change the picture in ways that can burn time or hide things. */
const flattened = new Set(
  'filter mask mask-image marker marker-start marker-mid marker-end mix-blend-mode stroke-dasharray'.split(' '),
);

/**
 * A property or attribute as it may be passed on, undefined if it has no influence.
 *
 * @throws Problem if it is one that must not be in a logo
 */
export function safeValue(name: string, given: string, isStyle: boolean): string | undefined {
  const value = given.trim();
  if (name === 'd' || name === 'points') return safeGeometry(name, value, outline);
  // Without spaces first: in a pattern they would cost quadratic time.
  if (/url\(["']?(?!["'#])/i.test(value.replace(/\s+/g, ''))) {
    throw refused('external_reference', `The logo refers to something outside of itself, in ${quoted(name)}.`);
  }
  if (flattened.has(name) && !/^(none|normal|auto|inherit|0)?$/.test(value)) {
    throw refused('not_allowed', `A logo can not have the property ${quoted(name)}: expand it in the drawing program.`);
  }
  if (value.length > valueLengthMax) return undefined;
  if (Object.hasOwn(properties, name)) return properties[name]!(value);
  return !isStyle && Object.hasOwn(geometry, name) ? safeGeometry(name, value, geometry[name]!) : undefined;
}

function safeGeometry(name: string, value: string, rule: ValueRule): string {
  const safe = rule(value);
  if (safe === undefined) {
    throw refused('bad_value', `The attribute ${quoted(name)} has a value that is not allowed in a logo.`);
  }
  return safe;
}

const pixels: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 96 / 72,
  pc: 16,
  mm: 96 / 25.4,
  cm: 96 / 2.54,
  in: 96,
};

/** A length of the root in pixels, undefined if it is relative. */
export function pixelsOf(value: string | undefined): number | undefined {
  if (value === undefined || value.length > 40) return undefined;
  const [, amount, unit = ''] = /^\s*\+?([\d.]+(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  const scale = Object.hasOwn(pixels, unit.toLowerCase()) ? pixels[unit.toLowerCase()] : undefined;
  return amount === undefined || scale === undefined ? undefined : Number(amount) * scale;
}
