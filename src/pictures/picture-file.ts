/**
 * A composition as a file: SVG, PNG or PDF in the size that was asked for, in pixels, millimetres or inches. The same
 * composition and options always give the same bytes, so a hash of them is a strong entity tag. A plain code in one
 * colour becomes a PNG of two colours without a rasteriser; everything else is drawn by resvg.
 */
import { invalid } from '../problem.ts';
import { isPlain, quietZoneDefault } from '../render/colors.ts';
import { png } from '../render/png.ts';
import { svg } from '../render/svg.ts';
import type { Colors } from './colors.ts';
import type { Composition } from './composition.ts';
import { pdf } from './pdf.ts';
import { raster } from './raster.ts';

export const pictureFormats = ['png', 'svg', 'pdf'] as const;
export type PictureFormat = (typeof pictureFormats)[number];
export const pictureUnits = ['px', 'mm', 'in'] as const;
export type PictureUnit = (typeof pictureUnits)[number];

export interface PictureOptions extends Colors {
  readonly format?: PictureFormat | undefined;
  /** Width in the unit: 512 px, 50 mm or 2 in by default. */
  readonly size?: number | undefined;
  /** Pixels by default, millimetres for a PDF. */
  readonly unit?: PictureUnit | undefined;
  /** Pixels of an inch, 300 by default where millimetres or inches become pixels. */
  readonly dpi?: number | undefined;
  readonly bleedMm?: number | undefined;
  readonly cropMarks?: boolean | undefined;
  readonly title?: string | undefined;
}

export interface PictureFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly extension: PictureFormat;
}

export const mediaTypes: Readonly<Record<PictureFormat, string>> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
};

const mmPerInch = 25.4;
/** Of paper: where nobody says how many pixels an inch has. */
const dpiDefault = 300;
/** What browsers take a pixel for (CSS Values 4, §6.2). */
const cssDpi = 96;
const pixelsMin = 32;
const pixelsMax = 4096;
const mmMin = 5;
const mmMax = 4_000;
const sizes: Readonly<Record<PictureUnit, number>> = { px: 512, mm: 50, in: 2 };

/** The width of a picture in both measures. */
export interface Width {
  readonly px: number;
  readonly mm: number;
  readonly unit: PictureUnit;
}

/**
 * How wide the picture is.
 *
 * @throws Problem naming `size` when it is none for this unit
 */
export function widthOf({ format = 'png', size, unit, dpi }: PictureOptions, prefix = '?'): Width {
  const chosen = unit ?? (format === 'pdf' ? 'mm' : 'px');
  const value = size ?? sizes[chosen];
  const resolution = dpi ?? (chosen === 'px' ? cssDpi : dpiDefault);
  const mm = chosen === 'mm' ? value : (value * mmPerInch) / (chosen === 'in' ? 1 : resolution);
  const px = chosen === 'px' ? value : Math.round((mm / mmPerInch) * resolution);
  const fault = (code: string, detail: string) => invalid([{ pointer: `${prefix}size`, code, detail }]);
  if (chosen === 'px' && !Number.isInteger(px)) throw fault('type', '"size" must be an integer in pixels.');
  if (format === 'png' || chosen === 'px') {
    if (px < pixelsMin) throw fault('too_small', `A picture is at least ${pixelsMin} pixels wide, not ${px}.`);
    if (px > pixelsMax) throw fault('too_large', `A picture is at most ${pixelsMax} pixels wide, not ${px}.`);
  }
  if (chosen !== 'px' || format === 'pdf') {
    if (mm < mmMin) throw fault('too_small', `A print is at least ${mmMin} mm wide, not ${decimal(mm)}.`);
    if (mm > mmMax) throw fault('too_large', `A print is at most ${mmMax} mm wide, not ${decimal(mm)}.`);
  }
  return { px, mm, unit: chosen };
}

/** Writes a composition. */
export async function pictureFile(
  composition: Composition,
  options: PictureOptions = {},
  prefix = '?',
): Promise<PictureFile> {
  const { format = 'png' } = options;
  return { bytes: await written(composition, options, prefix), type: mediaTypes[format], extension: format };
}

async function written(composition: Composition, options: PictureOptions, prefix: string) {
  const { drawing, matrix, style, logo } = composition;
  const { format = 'png', dpi, title, bleedMm, cropMarks, color, spots } = options;
  const width = widthOf(options, prefix);
  if (format === 'pdf') {
    const more = { ...(bleedMm !== undefined && { bleedMm }), ...(cropMarks && { cropMarks }) };
    const colors = { ...(color && { color }), ...(spots && { spots }) };
    return new Uint8Array(
      pdf(drawing, { widthMm: width.mm, ...more, ...colors, ...(title !== undefined && { title }) }),
    );
  }
  if (format === 'svg') {
    const inPixels = width.unit === 'px';
    const size = inPixels ? width.px : width.mm;
    return new TextEncoder().encode(
      svg(drawing, { size, unit: inPixels ? 'px' : 'mm', ...(title !== undefined && { title }) }),
    );
  }
  const needed = Math.ceil(drawing.width);
  if (width.px < needed) {
    const detail = `This code needs at least ${needed} pixels.`;
    throw invalid([{ pointer: `${prefix}size`, code: 'too_small', detail }]);
  }
  const written = dpi ?? (width.unit === 'px' ? undefined : dpiDefault);
  const resolution = written === undefined ? {} : { dpi: written };
  return isPlain(style) && !logo
    ? png(matrix, style, { size: width.px, ...resolution })
    : raster(drawing, { size: width.px, ...resolution });
}

/** How large one module is, and how many there are across, quiet zone included. */
export function moduleOf({ drawing, matrix, style }: Composition, options: PictureOptions, prefix = '?') {
  const { px, mm } = widthOf(options, prefix);
  const modules = matrix.size + 2 * (style.quietZone ?? quietZoneDefault);
  return { px: decimal(px / drawing.width), mm: decimal(mm / drawing.width), modules, widthMm: decimal(mm) };
}

/**
 * The smallest advised width of a whole print, for reading it from a distance: a code of 25 modules is a tenth of the
 * distance wide, as printers' guides have it, and a module is never finer than four dots of a 300 dpi printer.
 */
export function smallestPrintMm({ drawing }: Composition, distanceMm: number): number {
  const moduleMm = Math.max(distanceMm / 250, (4 * mmPerInch) / dpiDefault);
  return Math.ceil(drawing.width * moduleMm * 10) / 10;
}

export const decimal = (value: number): number => Math.round(value * 1_000) / 1_000;
