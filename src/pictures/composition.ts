/**
 * From a text, a style and a logo to a drawing: the level of error correction is chosen, the logo placed, the frame's
 * letters set. Every picture, print file, sheet and check starts here, so that what was checked is what is printed.
 */
import type { QrStyle } from '../../events/style.ts';
import { invalid } from '../problem.ts';
import { frameTextDefault } from '../render/colors.ts';
import { draw } from '../render/draw.ts';
import type { Drawing } from '../render/drawing.ts';
import type { Matrix } from '../render/matrix.ts';
import { matrix } from '../render/matrix.ts';
import { type Logo, matrixFor } from '../render/placement.ts';
import { MissingGlyph, textOutline } from './text.ts';

export type { Logo };

export interface Composition {
  /** What the code says. */
  readonly text: string;
  readonly style: QrStyle;
  readonly logo: Logo | undefined;
  readonly matrix: Matrix;
  readonly drawing: Drawing;
}

/**
 * Draws a text in a style.
 *
 * @param pointer where the style stands in the caller's input
 * @throws Problem `validation_failed` when the frame's text can not be set or the text does not fit into any code
 */
export async function compose(text: string, style: QrStyle, logo?: Logo, pointer = '/style'): Promise<Composition> {
  const words = style.frame && (await outlined(style.frame.text ?? frameTextDefault, `${pointer}/frame/text`));
  const code = encoded(text, style, logo, pointer);
  return {
    text,
    style,
    logo,
    matrix: code,
    drawing: draw(code, style, { ...(logo && { logo }), ...(words && { text: words }) }),
  };
}

async function outlined(text: string, pointer: string) {
  try {
    return await textOutline(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const code = error instanceof MissingGlyph ? 'missing_glyph' : 'empty';
    throw invalid([{ pointer, code, detail: `${error.message}.` }]);
  }
}

function encoded(text: string, style: QrStyle, logo: Logo | undefined, pointer: string): Matrix {
  try {
    return matrixFor(level => matrix(text, { level }), style, logo);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([{ pointer: `${pointer}/errorCorrection`, code: 'too_long', detail: `${error.message}.` }]);
  }
}
