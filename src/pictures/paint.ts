/**
 * Puts a drawing onto a page of a PDF: outlines stay outlines, each layer is one filled path, so that no renderer can
 * leave hairlines between modules and no press has to guess at pixels. Where a drawing has a ground of its own, that
 * can be painted further than the drawing goes, which is what a bleed is.
 */
import { createHash } from 'node:crypto';
import type { Box, Drawing, Paint } from '../render/drawing.ts';
import { type ColorMode, type Colors, canonical, fillOperator, spotsByColor } from './colors.ts';
import { image } from './image.ts';
import { decimal, isRectangle, pathOperators } from './path.ts';
import { type PrintFile, separation } from './print-file.ts';
import { shading } from './shading.ts';

/** A rectangle on the page, in points from its top left. */
export type Place = Box;

/** Paints drawings onto the pages of one file, in the colours of one order. */
export function painter(file: PrintFile, colors: Colors = {}) {
  const mode: ColorMode = colors.color ?? 'rgb';
  const spots = spotsByColor(colors);
  const digests = new WeakMap<Uint8Array, string>();

  /** The operators that choose a paint for filling; `matrix` leads from modules to the page's own points. */
  function chosen(paint: Paint, matrix: readonly number[]): string {
    if (paint.kind === 'gradient') {
      const pattern = file.object(shading(paint.gradient, paint.box, mode, matrix));
      return `/Pattern cs /${file.use('patterns', pattern)} scn`;
    }
    const spot = spots.get(canonical(paint.color));
    if (spot === undefined) return fillOperator(paint.color, mode);
    const ink = () => file.object(separation(spot.name, spot.cmyk));
    return `/${file.shared('colorSpaces', `spot ${spot.name}`, ink)} cs 1 scn`;
  }

  /** Pictures are the same when their bytes are, so that a logo on a thousand codes is in the file once. */
  function picture(png: Uint8Array): string {
    const digest = digests.get(png) ?? createHash('sha256').update(png).digest('hex');
    digests.set(png, digest);
    return file.shared('xobjects', `picture ${digest}`, () => image(file, png, mode));
  }

  /** Paints into a rectangle, as large as fits and in its middle. A ground of the drawing fills all of `ground`. */
  return (drawing: Drawing, place: Place, ground: Place = place): void => {
    const scale = Math.min(place.width / drawing.width, place.height / drawing.height);
    const x = place.x + (place.width - drawing.width * scale) / 2;
    const y = place.y + (place.height - drawing.height * scale) / 2;
    const matrix = [scale, 0, 0, -scale, x, file.page.height - y];
    const out = [`q ${[scale, 0, 0, scale, x, y].map(decimal).join(' ')} cm`];
    for (const [i, layer] of drawing.layers.entries()) {
      if (layer.kind === 'picture') {
        const { x, y, width, height } = layer.box;
        out.push(`q ${[width, 0, 0, -height, x, y + height].map(decimal).join(' ')} cm /${picture(layer.png)} Do Q`);
        continue;
      }
      const isGround = i === 0 && isRectangle(layer.path, { x: 0, y: 0, ...drawing });
      const wide = [(ground.x - x) / scale, (ground.y - y) / scale, ground.width / scale, ground.height / scale];
      const shape = isGround ? `${wide.map(decimal).join(' ')} re` : pathOperators(layer.path);
      if (shape !== '') out.push(chosen(layer.paint, matrix), shape, 'f*');
    }
    file.addContent([...out, 'Q'].join('\n'));
  };
}
