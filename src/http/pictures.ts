/**
 * What all routes that give pictures share: which text a code encodes, where its logo comes from, what a wish for a
 * picture means, and how the file is sent. Pictures hold no destination of a dynamic code, so they outlive every change
 * of it.
 */
import { createHash } from 'node:crypto';
import type { LogoRef } from '../../events/qr.ts';
import type { QrStyle } from '../../events/style.ts';
import { type Encodable, payloadOf } from '../content/encoded.ts';
import { report } from '../pictures/check.ts';
import { type Colors, cmyk, spotsByColor } from '../pictures/colors.ts';
import { type Composition, compose, type Logo } from '../pictures/composition.ts';
import { moduleOf, type PictureOptions, pictureFile, smallestPrintMm } from '../pictures/picture-file.ts';
import { type Fault, invalid } from '../problem.ts';
import { colors } from '../render/colors.ts';
import { matrix } from '../render/matrix.ts';
import type { ApiDeps } from './deps.ts';
import type { PictureWish } from './picture-schemas.ts';
import { isKnown, json, notModified } from './replies.ts';

/** A code as far as its picture goes. */
export type Pictured = Encodable & { readonly style: QrStyle; readonly logo: LogoRef | null };

/** A logo with its name, so that what was found out about it can be remembered. */
export type StoredLogo = Logo & { readonly sha256: string };

/** A logo that an event names. It is there: it was stored before the event. */
export async function logoOf(deps: ApiDeps, ref: LogoRef | null): Promise<StoredLogo | undefined> {
  if (ref === null) return undefined;
  const blob = await deps.blobs.find(ref.sha256);
  if (!blob) throw new Error(`the logo ${ref.sha256} is on record and not in the store`);
  return { png: blob.bytes, ...ref };
}

/** The text of a code; in capitals where the caller asked for it and it makes a smaller code. */
export function textOf(
  deps: ApiDeps,
  code: Pictured,
  wish: Pick<PictureWish, 'alphanumeric' | 'errorCorrection'> = {},
) {
  const level = wish.errorCorrection ?? code.style.errorCorrection ?? 'M';
  const versionOf = wish.alphanumeric ? (text: string) => matrix(text, { level }).version : undefined;
  return payloadOf(code, deps.baseUrl(), versionOf);
}

/** Draws a code. */
export async function composed(deps: ApiDeps, code: Pictured, wish: PictureWish = {}): Promise<Composition> {
  return compose(textOf(deps, code, wish), styleWith(code.style, wish), await logoOf(deps, code.logo));
}

/** A style with what the caller wishes for this picture alone. */
export const styleWith = (style: QrStyle, { quietZone, errorCorrection }: PictureWish): QrStyle => ({
  ...style,
  ...(quietZone !== undefined && { quietZone }),
  ...(errorCorrection !== undefined && { errorCorrection }),
});

/**
 * What a wish means to the writers of files.
 *
 * @param prefix before the names in pointers: `?` in a query, `/` in a body
 */
export function optionsOf(wish: PictureWish, style: QrStyle, prefix: '?' | '/'): PictureOptions {
  const { format = 'png', size, unit, dpi, bleed, cropMarks, color } = wish;
  const faults: Fault[] = [];
  for (const name of ['bleed', 'cropMarks', 'color', 'spot'] as const) {
    if (wish[name] === undefined || format === 'pdf') continue;
    faults.push({ pointer: `${prefix}${name}`, code: 'not_allowed', detail: `"${name}" is for format=pdf.` });
  }
  if (wish.spot !== undefined && style.dotGradient) {
    const detail = 'A spot ink prints areas of one colour, and this style has a gradient.';
    faults.push({ pointer: `${prefix}spot`, code: 'not_allowed', detail });
  }
  if (faults.length > 0) throw invalid(faults);
  const spots = wish.spot === undefined ? {} : { spots: spotsOf(wish.spot, style, `${prefix}spot`) };
  return { format, size, unit, dpi, bleedMm: bleed, cropMarks, ...(color && { color }), ...spots };
}

function spotsOf(name: string, style: QrStyle, pointer: string): NonNullable<Colors['spots']> {
  const { dot } = colors(style);
  const [c, m, y, k] = cmyk(dot).map(ink => Math.round(ink * 100)) as [number, number, number, number];
  const spots = { [dot]: { name, cmyk: [c, m, y, k] as const } };
  try {
    spotsByColor({ spots });
    return spots;
  } catch (error) {
    throw invalid([{ pointer, code: 'not_allowed', detail: `${(error as Error).message}.` }]);
  }
}

/** The picture, or what there is to say of it, as an answer. */
export async function pictureResponse(
  request: Request,
  composition: Composition,
  wish: PictureWish & { readonly download?: boolean },
  { name, title, prefix }: { readonly name: string; readonly title?: string | undefined; readonly prefix: '?' | '/' },
): Promise<Response> {
  const options = { ...optionsOf(wish, composition.style, prefix), title };
  if (wish.check) {
    const said = await report(composition, options, wish.distance);
    const etag = tagOf(JSON.stringify(said));
    return isKnown(request, etag) ? notModified(etag) : json(said, { headers: { etag } });
  }
  const { bytes, type, extension } = await pictureFile(composition, options, prefix);
  const etag = tagOf(bytes);
  const keeping = 'private, no-cache';
  if (isKnown(request, etag)) return notModified(etag, keeping);
  const module = moduleOf(composition, options, prefix);
  return new Response(bytes, {
    headers: {
      'content-type': type,
      'content-disposition': `${wish.download ? 'attachment' : 'inline'}; filename="${name}.${extension}"`,
      'cache-control': keeping,
      'x-content-type-options': 'nosniff',
      'x-qr-version': String(composition.matrix.version),
      'x-qr-error-correction': composition.matrix.level,
      'x-qr-module-px': String(module.px),
      'x-qr-module-mm': String(module.mm),
      'x-qr-smallest-width-mm': String(smallestPrintMm(composition, wish.distance ?? 250)),
      etag,
    },
  });
}

/** A strong tag: the same bytes, the same tag. */
const tagOf = (content: string | Uint8Array): string =>
  `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
