/**
 * What the picture routes take and give: images, previews, logos, style templates, sheets and exports. Measures are
 * named with their unit or say it in their description; what a format has no use for is refused instead of ignored.
 */
import { type Static, Type } from '@sinclair/typebox';
import { QrType } from '../../events/qr.ts';
import { QrStyle } from '../../events/style.ts';
import { filterFields } from './qr-queries.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

export const Force = Type.Optional(
  Type.Boolean({ description: 'Saves looks that fail the scannability check; they are marked as forced' }),
);

export const StyleId = Type.Optional(
  Type.String({ maxLength: 64, description: 'Saved looks to copy, sty_…; instead of style' }),
);

/** What a picture shall be, in a query and in a body. */
const picture = {
  format: Type.Optional(OneOf(['svg', 'png', 'pdf'], 'png by default')),
  size: Type.Optional(
    Type.Number({ description: 'Width in the unit: 32 to 4096 px, or 5 to 4000 mm; 512 px, 50 mm or 2 in by default' }),
  ),
  unit: Type.Optional(OneOf(['px', 'mm', 'in'], 'px by default, mm for a PDF')),
  dpi: Type.Optional(
    Type.Integer({ minimum: 36, maximum: 2400, description: 'Pixels of an inch; 300 by default for mm and in' }),
  ),
  quietZone: Type.Optional(Type.Integer({ minimum: 0, maximum: 20, description: "Instead of the style's own" })),
  errorCorrection: Type.Optional(OneOf(['L', 'M', 'Q', 'H'], "Instead of the style's own")),
  alphanumeric: Type.Optional(
    Type.Boolean({ description: 'Writes the short URL in capitals where that makes a smaller code' }),
  ),
  bleed: Type.Optional(Type.Number({ minimum: 0, maximum: 20, description: 'PDF: mm of ground beyond each edge' })),
  cropMarks: Type.Optional(Type.Boolean({ description: 'PDF: marks at the corners in registration colour' })),
  color: Type.Optional(OneOf(['rgb', 'cmyk'], 'PDF: rgb by default; black is black ink alone')),
  spot: Type.Optional(
    Type.String({ minLength: 1, maxLength: 60, description: 'PDF: name of the spot ink that prints dotColor' }),
  ),
  check: Type.Optional(Type.Boolean({ description: 'Answers the scannability report instead of the picture' })),
  distance: Type.Optional(
    Type.Number({ minimum: 50, maximum: 100_000, description: 'mm from which a print is read; 250 by default' }),
  ),
};
export type PictureWish = Static<ReturnType<typeof Closed<typeof picture>>>;

export const ImageQuery = Closed({
  ...picture,
  download: Type.Optional(Type.Boolean({ description: 'Names the file as an attachment' })),
});

export const Preview = Closed(
  {
    type: Type.Optional(QrType),
    destination: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
    content: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    static: Type.Optional(
      Type.Boolean({ description: 'Encodes the payload itself; otherwise a stand-in for the short URL' }),
    ),
    style: Type.Optional(QrStyle),
    logo: Type.Optional(Type.String({ maxLength: 1_000_000, description: 'A PNG or SVG in base64' })),
    ...picture,
  },
  {
    title: 'Preview',
    examples: [
      {
        type: 'url',
        destination: 'https://example.com/landing',
        style: { dotShape: 'rounded', dotColor: '#14213d', frame: { shape: 'banner-bottom', text: 'SCAN ME' } },
        format: 'svg',
      },
    ],
  },
);

const finding = Type.Object(
  {
    pointer: Type.String(),
    code: OneOf(['contrast', 'inverted', 'quiet_zone', 'logo', 'transparent', 'not_decoded', 'fragile']),
    severity: OneOf(['error', 'warning'], 'Errors make it not scannable'),
    detail: Type.String(),
    advice: Type.String(),
  },
  { title: 'ScanFinding' },
);
export const ScanReport = Type.Object(
  {
    scannable: Type.Boolean(),
    reasons: Type.Array(finding),
    decodes: Type.Array(
      Type.Object({
        pixelsPerModule: Type.Number(),
        blur: Type.Number({ description: 'Modules over which a point is smeared' }),
        read: Type.Boolean(),
      }),
    ),
    payload: Type.String(),
    version: Type.Integer({ description: '1 to 40' }),
    errorCorrection: OneOf(['L', 'M', 'Q', 'H']),
    modules: Type.Integer({ description: 'Across, quiet zone included' }),
    moduleSizePx: Type.Number(),
    moduleSizeMm: Type.Number(),
    widthMm: Type.Number(),
    quietZone: Type.Integer(),
    contrast: Type.Number({ description: 'The least of anything dark to its ground, as WCAG measures it' }),
    logo: OrNull(Type.Object({ coverage: Type.Number(), reduced: Type.Boolean() })),
    print: Type.Object({ viewingDistanceMm: Type.Number(), smallestWidthMm: Type.Number() }),
  },
  { title: 'ScanReport' },
);

export const ForceQuery = Closed({ force: Force });
/** The form's file, as `bodyOf` gives it. */
export const LogoUpload = Closed({ file: Type.Uint8Array() });
export const LogoUploaded = Type.Object(
  { logoUrl: Type.String({ format: 'uri' }), updatedAt: Time },
  { title: 'LogoUploaded' },
);
export const LogoRemoved = Type.Object({ logoUrl: Type.Null(), updatedAt: Time }, { title: 'LogoRemoved' });

const Name = Type.String({ minLength: 1, maxLength: 100, description: 'A name for people', examples: ['House style'] });
const exampleStyle = { dotShape: 'rounded', dotColor: '#14213d', cornerFrameShape: 'rounded' };
export const StyleCreate = Closed(
  { name: Name, style: QrStyle, force: Force },
  { title: 'StyleCreate', examples: [{ name: 'House style', style: exampleStyle }] },
);
export const StylePatch = Closed(
  { name: Type.Optional(Name), style: Type.Optional(QrStyle), force: Force },
  { title: 'StylePatch', minProperties: 1, examples: [{ name: 'House style 2026' }] },
);
export const StyleTemplate = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    style: QrStyle,
    forced: Type.Optional(Type.Literal(true, { description: 'It failed the scannability check' })),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'StyleTemplate' },
);
export const StyleDeleted = Type.Object({ deleted: Type.Literal(true), id: Type.String() }, { title: 'StyleDeleted' });

export const selectionMax = 10_000;
const Search = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'Part of label, destination or slug' }),
);
const mm = (description: string) => Type.Number({ minimum: 0, maximum: 5000, description: `${description}, in mm` });
const count = Type.Integer({ minimum: 1, maximum: 10_000 });

export const SheetRequest = Closed(
  {
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: selectionMax })),
    search: Search,
    layout: Type.Optional(Type.String({ maxLength: 40, description: 'Name of a label sheet, e.g. avery-l7160' })),
    grid: Type.Optional(
      Closed({
        pageWidth: mm('Width of the page'),
        pageHeight: mm('Height of the page'),
        columns: count,
        rows: count,
        marginTop: mm('Above the first row'),
        marginLeft: mm('Left of the first column'),
        labelWidth: mm('Width of a label'),
        labelHeight: mm('Height of a label'),
        gapX: mm('Between two columns'),
        gapY: mm('Between two rows'),
      }),
    ),
    caption: Type.Optional(OneOf(['label', 'slug', 'shortUrl', 'none'], 'label by default')),
    captionPt: Type.Optional(Type.Number({ minimum: 3, maximum: 72, description: '7 by default' })),
    startAt: Type.Optional(Type.Integer({ minimum: 1, description: 'The first label to print on' })),
    cropMarks: Type.Optional(Type.Boolean()),
    color: Type.Optional(OneOf(['rgb', 'cmyk'])),
    title: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { title: 'SheetRequest', examples: [{ search: 'example', layout: 'avery-l7160', caption: 'label' }] },
);

export const ExportQuery = Closed({
  format: Type.Optional(OneOf(['zip', 'csv', 'ndjson'], 'zip by default')),
  ids: Type.Optional(Type.String({ maxLength: 8_000, description: 'Ids with commas between; instead of filters' })),
  ...filterFields,
  picture: Type.Optional(OneOf(['svg', 'png', 'pdf'], 'Of the pictures in a ZIP; svg by default')),
  size: Type.Optional(Type.Number({ description: 'Width of the pictures; see getImage' })),
  unit: Type.Optional(OneOf(['px', 'mm', 'in'])),
});
export const ExportedCode = Type.Object(
  {
    id: Type.String(),
    shortUrl: OrNull(Type.String()),
    slug: OrNull(Type.String()),
    type: Type.String(),
    static: Type.Boolean(),
    destination: OrNull(Type.String()),
    content: OrNull(Type.Record(Type.String(), Type.Unknown())),
    label: OrNull(Type.String()),
    payload: Type.String(),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'ExportedCode' },
);
