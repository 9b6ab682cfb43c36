/**
 * One code as a PDF for a print shop: vectors in exact millimetres, with trim and bleed box, in RGB, CMYK or spot
 * colours, with crop marks in registration colour when they are wanted. The same drawing and options give the same
 * bytes, so that the file can be cached under a strong ETag. A drawing without a ground leaves the paper as it is.
 */
import type { Drawing } from '../render/drawing.ts';
import type { Colors } from './colors.ts';
import { painter } from './paint.ts';
import { PrintFile, pointsPerMm } from './print-file.ts';

export interface PdfOptions extends Colors {
  /** Width after cutting. */
  readonly widthMm: number;
  /** Height after cutting; by default the drawing's own proportion. */
  readonly heightMm?: number;
  /** How far the ground goes over the edge on each side, 0 by default; 3 is common. */
  readonly bleedMm?: number;
  readonly cropMarks?: boolean;
  readonly title?: string;
}

/** Marks stand 1 mm off the bleed, so that none can be seen on a sheet that is cut a little beside. */
const markGapMm = 1;
const markMm = 5;
/** ISO 32000, annex C: a page measures at most 14,400 points. */
const sideMmMax = 5_000;
const bleedMmMax = 50;

/**
 * Draws a code as a PDF of one page.
 *
 * @throws RangeError on a size that is no size or a bleed of more than 50 mm, and on spot colours that are none
 */
export function pdf(drawing: Drawing, options: PdfOptions): Uint8Array {
  const { widthMm, bleedMm = 0, cropMarks = false, title } = options;
  const heightMm = options.heightMm ?? (widthMm * drawing.height) / drawing.width;
  const margin = cropMarks ? bleedMm + markGapMm + markMm : bleedMm;
  if (!(bleedMm >= 0 && bleedMm <= bleedMmMax))
    throw new RangeError(`The bleed is 0 to ${bleedMmMax} mm, not ${bleedMm}`);
  for (const side of [widthMm, heightMm]) {
    if (!(side >= 1 && side + 2 * margin <= sideMmMax)) {
      throw new RangeError(`Width and height are 1 to ${sideMmMax} mm with all margins, not ${side}`);
    }
  }
  const file = new PrintFile(title).begin({ trimWidth: widthMm, trimHeight: heightMm, bleed: bleedMm, margin });
  const place = (outset: number) => ({
    x: (margin - outset) * pointsPerMm,
    y: (margin - outset) * pointsPerMm,
    width: (widthMm + 2 * outset) * pointsPerMm,
    height: (heightMm + 2 * outset) * pointsPerMm,
  });
  painter(file, options)(drawing, place(0), place(bleedMm));
  if (cropMarks) file.registrationLines(marks(widthMm, heightMm, margin));
  file.end();
  return file.written();
}

/** Eight lines at the corners of the trim, from the paper's edge inwards. */
function marks(width: number, height: number, margin: number): [number, number, number, number][] {
  const [far, bottom] = [width + 2 * margin, height + 2 * margin];
  return [margin, margin + width]
    .flatMap(x => [
      [x, 0, x, markMm],
      [x, bottom - markMm, x, bottom],
    ])
    .concat(
      [margin, margin + height].flatMap(y => [
        [0, y, markMm, y],
        [far - markMm, y, far, y],
      ]),
    )
    .map(line => line.map(mm => mm * pointsPerMm) as [number, number, number, number]);
}
