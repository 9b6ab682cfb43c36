/**
 * How a code looks: the `style` of the reference, with what print shops and brand guides ask for. Every field is
 * optional and means the default when absent: black squares on white with the quiet zone of the standard. Shapes and
 * frames are closed lists, because a picture must look the same for as long as it hangs on a wall.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal } from './envelope.ts';

/** A colour as CSS writes it in hex: `#rgb` or `#rrggbb`. */
export const Color = Type.String({
  pattern: '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$',
  description: 'A colour in hex, #rgb or #rrggbb',
  examples: ['#1a1a2e'],
});

const oneOf = <const T extends readonly string[]>(names: T, description: string) =>
  Type.Unsafe<T[number]>(
    Type.Union(
      names.map(name => Type.Literal(name)),
      { description },
    ),
  );

export const dotShapes = [
  'square',
  'dots',
  'rounded',
  'extra-rounded',
  'classy',
  'diamond',
  'star',
  'vertical',
  'horizontal',
  'mosaic',
] as const;
export type DotShape = (typeof dotShapes)[number];

export const cornerFrameShapes = [
  'square',
  'rounded',
  'extra-rounded',
  'circle',
  'leaf',
  'cut',
  'notched',
  'dotted',
] as const;
export type CornerFrameShape = (typeof cornerFrameShapes)[number];

export const cornerDotShapes = ['square', 'rounded', 'circle', 'leaf', 'cut', 'diamond', 'star', 'cross'] as const;
export type CornerDotShape = (typeof cornerDotShapes)[number];

export const frameShapes = [
  'box',
  'rounded-box',
  'banner-bottom',
  'banner-top',
  'ribbon',
  'ticket',
  'bubble',
  'polaroid',
  'brackets',
  'badge',
] as const;
export type FrameShape = (typeof frameShapes)[number];

/** Colours along a line or from the middle outwards. */
export const Gradient = Type.Object(
  {
    type: oneOf(['linear', 'radial'] as const, 'Along a line or from the middle outwards'),
    rotation: Type.Optional(
      Type.Number({ minimum: 0, maximum: 360, description: 'Of a linear one, in degrees clockwise' }),
    ),
    stops: Type.Array(
      Type.Object(
        { offset: Type.Number({ minimum: 0, maximum: 1 }), color: Color },
        { title: 'ColorStop', additionalProperties: false },
      ),
      { minItems: 2, maxItems: 8 },
    ),
  },
  { title: 'Gradient', additionalProperties: false },
);
export type Gradient = Static<typeof Gradient>;

export const QrStyle = Type.Object(
  {
    dotColor: Type.Optional(Color),
    bgColor: Type.Optional(
      Type.String({
        pattern: '^(#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})|transparent)$',
        description: 'A colour in hex, #rgb or #rrggbb, or transparent',
      }),
    ),
    dotShape: Type.Optional(oneOf(dotShapes, 'Shape of the modules')),
    dotGradient: Type.Optional(Gradient),
    cornerFrameShape: Type.Optional(oneOf(cornerFrameShapes, 'Shape of the outer part of the three corners')),
    cornerFrameColor: Type.Optional(Color),
    cornerDotShape: Type.Optional(oneOf(cornerDotShapes, 'Shape of the inner part of the three corners')),
    cornerDotColor: Type.Optional(Color),
    quietZone: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 20, description: 'Empty modules around, 4 by default' }),
    ),
    errorCorrection: Type.Optional(oneOf(['L', 'M', 'Q', 'H'] as const, 'M by default; raised by itself for a logo')),
    logo: Type.Optional(
      Type.Object(
        {
          size: Type.Optional(
            Type.Number({ minimum: 0.05, maximum: 0.35, description: "Share of the code's width, 0.22 by default" }),
          ),
          margin: Type.Optional(
            Type.Number({ minimum: 0, maximum: 4, description: 'Modules around it, 1 by default' }),
          ),
          knockout: Type.Optional(
            Type.Boolean({ description: 'Whether modules behind it are left out; true by default' }),
          ),
        },
        { title: 'StyleLogo', additionalProperties: false },
      ),
    ),
    frame: Type.Optional(
      Type.Object(
        {
          shape: oneOf(frameShapes, 'Shape of the frame'),
          text: Type.Optional(
            personal(Type.String({ minLength: 1, maxLength: 40, description: 'Call to action, "SCAN ME" by default' })),
          ),
          color: Type.Optional(Color),
          textColor: Type.Optional(Color),
        },
        { title: 'StyleFrame', additionalProperties: false },
      ),
    ),
  },
  { title: 'QrStyle', additionalProperties: false },
);
export type QrStyle = Static<typeof QrStyle>;

/** The life of a style template: looks that an organisation keeps under a name, to be given to many codes. */
export const styleEvents = {
  'style.created': Data({ name: personal(Type.String()), style: QrStyle, forced: Type.Optional(Type.Literal(true)) }),
  'style.renamed': Data({ name: personal(Type.String()) }),
  'style.changed': Data({ style: QrStyle, forced: Type.Optional(Type.Literal(true)) }),
  'style.deleted': Data({}),
  /** Gone as a deleted one is, and its names and texts can not be read any more. */
  'style.erased': Data({}),
} as const;

export type StyleFact = FactOf<typeof styleEvents>;
