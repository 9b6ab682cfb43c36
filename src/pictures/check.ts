/**
 * Whether a picture can be scanned, found out by scanning it: the very drawing is rasterised at several sizes, sharp and
 * out of focus, and read back by zxing-cpp; before that its colours, quiet zone and logo are judged by rule, because a
 * rule can say what to change. Squares in one good colour on a good ground skip the reading when a style is saved: no
 * reader fails on what the standard itself draws, and making a code stays fast.
 */
import type { QrStyle } from '../../events/style.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { isPlain, quietZoneDefault } from '../render/colors.ts';
import { placement } from '../render/placement.ts';
import { type Composition, compose, type Logo } from './composition.ts';
import { colorFindings, type Finding, leastContrast } from './contrast.ts';
import { decimal, moduleOf, type PictureOptions, smallestPrintMm } from './picture-file.ts';
import { blurred, photographed, read } from './reader.ts';

export type { Finding };

/** One look at the picture. */
export interface View {
  readonly pixelsPerModule: number;
  /** Modules over which a point is smeared, 0 when in focus. */
  readonly blur: number;
  /** Whether what cannot be read in this view is refused, or only told. */
  readonly isNeeded: boolean;
}

/**
 * Far away, near, and near but out of focus. Every shape, frame and gradient of the contact sheet reads in the needed
 * ones, with texts of any kind; when a point is smeared over more than a module, even plain squares begin to fail.
 */
const views: readonly View[] = [
  { pixelsPerModule: 3, blur: 0, isNeeded: true },
  { pixelsPerModule: 4, blur: 0, isNeeded: true },
  { pixelsPerModule: 10, blur: 0, isNeeded: true },
  { pixelsPerModule: 6, blur: 5 / 6, isNeeded: true },
  { pixelsPerModule: 7, blur: 1, isNeeded: false },
];

/** Wall around the picture in a view: what stands there is light, as paper is. */
const paperPixels = 12;
/** A code of version 40 at ten pixels a module would be 1,850 pixels wide, and no camera shows it so. */
const widthMax = 1_200;

export interface Decode extends View {
  readonly isRead: boolean;
}

/** Looks at a composition in every view, one after the other. */
export async function decodes({ drawing, text }: Composition, asked: readonly View[] = views): Promise<Decode[]> {
  const results: Decode[] = [];
  for (const view of asked) {
    const pixelsPerModule = Math.min(view.pixelsPerModule, widthMax / drawing.width);
    const sharp = await photographed(drawing, pixelsPerModule, paperPixels);
    const radius = Math.round((view.blur * pixelsPerModule - 1) / 2);
    const seen = await read(blurred(sharp, radius));
    results.push({ ...view, pixelsPerModule: decimal(pixelsPerModule), isRead: seen === text });
  }
  return results;
}

function decodeFindings(results: readonly Decode[], pointer: string): Finding[] {
  const failed = results.filter(result => !result.isRead);
  const told = (list: readonly Decode[]) =>
    list.map(({ pixelsPerModule, blur }) => `${pixelsPerModule} px a module${blur > 0 ? ', blurred' : ''}`).join('; ');
  const needed = failed.filter(result => result.isNeeded);
  const advice =
    'Take simpler shapes, darker colours, a smaller logo with a margin, or a higher errorCorrection; keep the quiet zone.';
  if (needed.length > 0) {
    const detail = `The finished picture could not be read at ${told(needed)}.`;
    return [{ pointer, code: 'not_decoded', severity: 'error', detail, advice }];
  }
  if (failed.length === 0) return [];
  const detail = `The finished picture reads when it is in focus, but not at ${told(failed)}.`;
  return [{ pointer, code: 'fragile', severity: 'warning', detail, advice }];
}

function logoFindings({ matrix, style, logo }: Composition, pointer: string): Finding[] {
  if (!logo) return [];
  const { coverage, isReduced } = placement(matrix, style.logo, logo);
  const findings: Finding[] = [];
  if (isReduced) {
    const detail = `Error correction bears a logo on ${percent(coverage)} of the code, so it is drawn smaller than asked for.`;
    const advice = 'Ask for a smaller logo, or for a smaller margin around it.';
    findings.push({ pointer: `${pointer}/logo/size`, code: 'logo', severity: 'warning', detail, advice });
  }
  if (style.logo?.knockout === false) {
    const detail = 'Modules show around and through the logo.';
    const advice = 'Leave knockout on, unless the logo has a ground of its own.';
    findings.push({ pointer: `${pointer}/logo/knockout`, code: 'logo', severity: 'warning', detail, advice });
  }
  return findings;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** How far a print is looked at from when nobody says: a phone held over a table. */
export const distanceMmDefault = 250;

/** Everything there is to know about a picture before it is printed. */
export async function report(composition: Composition, options: PictureOptions = {}, distanceMm = distanceMmDefault) {
  const { style, matrix, text, logo } = composition;
  const looked = await decodes(composition);
  const findings = [
    ...colorFindings(style),
    ...logoFindings(composition, '/style'),
    ...decodeFindings(looked, '/style'),
  ];
  const { px, mm, modules, widthMm } = moduleOf(composition, options);
  const place = logo && placement(matrix, style.logo, logo);
  return {
    scannable: findings.every(finding => finding.severity !== 'error'),
    reasons: findings,
    decodes: looked.map(({ pixelsPerModule, blur, isRead }) => ({
      pixelsPerModule,
      blur: decimal(blur),
      read: isRead,
    })),
    payload: text,
    version: matrix.version,
    errorCorrection: matrix.level,
    modules,
    moduleSizePx: px,
    moduleSizeMm: mm,
    widthMm,
    quietZone: style.quietZone ?? quietZoneDefault,
    contrast: Math.floor(leastContrast(style) * 10) / 10,
    logo: place ? { coverage: decimal(place.coverage), reduced: place.isReduced } : null,
    print: { viewingDistanceMm: distanceMm, smallestWidthMm: smallestPrintMm(composition, distanceMm) },
  };
}

/** Styles that have been looked at, by what they are; a campaign gives one style to thousands of codes. */
const judged = new Map<string, Promise<readonly Finding[]>>();
const judgedMax = 1_000;

/**
 * What keeps a style from being scanned; empty when nothing does. It is tried on a text like those that codes hold.
 *
 * @throws Problem when the style cannot be drawn at all
 */
export function findingsOf(style: QrStyle, logo?: Logo & { readonly sha256?: string }, text = sample) {
  if (isPlain(style) && !logo) return Promise.resolve(colorFindings(style));
  const key = JSON.stringify([style, logo && (logo.sha256 ?? Buffer.from(logo.png).toString('base64')), text]);
  const known = judged.get(key);
  if (known) return known;
  const found = judge(style, logo, text);
  judged.set(key, found);
  found.catch(() => judged.delete(key));
  if (judged.size > judgedMax) judged.delete(judged.keys().next().value!);
  return found;
}

/** As long as most short URLs are. */
const sample = 'https://qr.example.com/abcd2345';

async function judge(style: QrStyle, logo: Logo | undefined, text: string): Promise<readonly Finding[]> {
  const colors = colorFindings(style);
  // Rules say better what to change than a failed reading does, and cost nothing.
  if (colors.some(finding => finding.severity === 'error')) return colors;
  const composition = await compose(text, style, logo);
  const looked = await decodes(
    composition,
    views.filter(view => view.isNeeded),
  );
  return [...colors, ...decodeFindings(looked, '/style')];
}

/** Findings that forbid as faults of the input. */
export const faultsFrom = (findings: readonly Finding[], prefix = ''): Fault[] =>
  findings
    .filter(finding => finding.severity === 'error')
    .map(({ pointer, detail, advice }) => ({
      pointer: prefix + pointer,
      code: 'not_scannable',
      detail: `${detail} ${advice} Or send force=true.`,
    }));

const under = (prefix: string) => (fault: Fault) => ({ ...fault, pointer: prefix + fault.pointer });

/**
 * Refuses a style that doesn't scan, unless it is forced.
 *
 * @returns whether it had to be forced, which is written on the event
 * @throws Problem `validation_failed` with `not_scannable` where the style stands
 */
export async function assertScannable(
  style: QrStyle,
  options: {
    readonly logo?: (Logo & { readonly sha256?: string }) | undefined;
    readonly force?: boolean | undefined;
    /** Before `/style` in pointers. */
    readonly prefix?: string;
    readonly text?: string | undefined;
  } = {},
): Promise<boolean> {
  const { prefix = '', logo, text } = options;
  const findings = await findingsOf(style, logo, text).catch((error: unknown) => {
    throw error instanceof Problem && error.errors.length > 0 ? invalid(error.errors.map(under(prefix))) : error;
  });
  const faults = faultsFrom(findings, prefix);
  if (faults.length > 0 && !options.force) throw invalid(faults);
  return faults.length > 0;
}
