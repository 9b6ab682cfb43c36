/**
 * What the contact sheet shows: a cell for every shape, corner and frame, and colours that a designer might choose.
 */
import { Resvg } from '@resvg/resvg-js';
import {
  cornerDotShapes,
  cornerFrameShapes,
  dotShapes,
  frameShapes,
  type Gradient,
  type QrStyle,
} from '../../events/style.ts';
import { frameTextDefault } from '../../src/render/colors.ts';
import type { Logo } from '../../src/render/placement.ts';

export const ink = '#14213d';

export interface Cell {
  readonly label: string;
  readonly style: QrStyle;
  readonly logo?: Logo;
  /** Whether only the finder pattern at the top left is shown. */
  readonly crop?: boolean;
}

const linear = (rotation: number, ...colors: string[]): Gradient => ({
  type: 'linear',
  rotation,
  stops: stops(colors),
});
const radial = (...colors: string[]): Gradient => ({ type: 'radial', stops: stops(colors) });
const stops = (colors: string[]) => colors.map((color, index) => ({ offset: index / (colors.length - 1), color }));

/** A picture to stand for a customer's: a leaf in a circle. */
function logo(): Logo {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><circle cx="50" cy="50" r="50" fill="#e4572e"/>
    <path d="M28 72C24 40 44 24 76 24C78 56 60 76 34 70L58 44" fill="#fff"/></svg>`;
  const png = new Resvg(drawing, { fitTo: { mode: 'width', value: 400 } }).render().asPng();
  return { png, width: 400, height: 400 };
}

const palette = ['#14213d', '#7b2d26', '#0b5345', '#4a235a', '#1f4e79'];
const tint = (index: number) => palette[index % palette.length]!;

const texts = [
  'SCAN ME',
  'Menü & Karte',
  'BOOK A TABLE',
  'FREE WI-FI',
  'Join us',
  'Your ticket',
  'Say hello!',
  'Our summer',
  'SCAN ME',
  'SINCE 1987',
];

export const sections: readonly { title: string; columns: number; cells: readonly Cell[] }[] = [
  {
    title: 'Modules',
    columns: 5,
    cells: dotShapes.map(dotShape => ({ label: dotShape, style: { dotShape, dotColor: ink } })),
  },
  {
    title: 'Corner frames',
    columns: 8,
    cells: cornerFrameShapes.map(cornerFrameShape => ({
      label: cornerFrameShape,
      crop: true,
      style: { dotShape: 'rounded', dotColor: ink, cornerFrameShape, cornerFrameColor: '#c8431f' },
    })),
  },
  {
    title: 'Corner dots',
    columns: 8,
    cells: cornerDotShapes.map(cornerDotShape => ({
      label: cornerDotShape,
      crop: true,
      style: {
        dotShape: 'rounded',
        dotColor: ink,
        cornerFrameShape: 'rounded',
        cornerDotShape,
        cornerDotColor: '#c8431f',
      },
    })),
  },
  {
    title: 'Colours, gradients and logos',
    columns: 5,
    cells: [
      [
        'linear, 45°',
        {
          dotGradient: linear(45, '#6a11cb', '#c2185b'),
          dotShape: 'extra-rounded',
          cornerFrameShape: 'extra-rounded',
          cornerDotShape: 'circle',
        },
      ],
      [
        'linear, 90°, three colours',
        {
          dotGradient: linear(90, '#00416a', '#1f7a5c', '#5b3a00'),
          dotShape: 'vertical',
          cornerFrameShape: 'rounded',
          cornerDotShape: 'rounded',
        },
      ],
      [
        'radial',
        {
          dotGradient: radial('#d1361b', '#4a0d3b'),
          dotShape: 'dots',
          cornerFrameShape: 'circle',
          cornerDotShape: 'circle',
        },
      ],
      [
        'on a tinted ground',
        {
          dotColor: '#1b4332',
          bgColor: '#e9f5db',
          dotShape: 'classy',
          cornerFrameShape: 'leaf',
          cornerDotShape: 'leaf',
        },
      ],
      [
        'transparent ground',
        {
          dotColor: '#7b2d26',
          bgColor: 'transparent',
          dotShape: 'mosaic',
          cornerFrameShape: 'cut',
          cornerDotShape: 'cut',
        },
      ],
      ['logo', { dotShape: 'rounded', dotColor: ink, cornerFrameShape: 'rounded', cornerDotShape: 'rounded' }],
      [
        'logo, wide margin',
        {
          dotShape: 'dots',
          dotColor: '#1f4e79',
          cornerFrameShape: 'circle',
          cornerDotShape: 'circle',
          cornerDotColor: '#e4572e',
          logo: { margin: 2 },
        },
      ],
      [
        'logo and gradient',
        {
          dotShape: 'extra-rounded',
          dotGradient: linear(135, '#14213d', '#b23a12'),
          cornerFrameShape: 'extra-rounded',
          cornerDotShape: 'rounded',
          logo: { size: 0.28 },
        },
      ],
      [
        'horizontal, notched',
        {
          dotShape: 'horizontal',
          dotGradient: linear(0, '#0b5345', '#1f4e79'),
          cornerFrameShape: 'notched',
          cornerDotShape: 'cross',
        },
      ],
      [
        'own corner colours',
        {
          dotShape: 'diamond',
          dotColor: '#3d405b',
          cornerFrameShape: 'dotted',
          cornerFrameColor: '#9c2f1b',
          cornerDotShape: 'star',
          cornerDotColor: '#9c2f1b',
        },
      ],
    ].map(([label, style]) => ({
      label: label as string,
      style: style as QrStyle,
      ...(`${label}`.startsWith('logo') ? { logo: logo() } : {}),
    })),
  },
  {
    title: 'Frames',
    columns: 5,
    cells: frameShapes.map((shape, index) => ({
      label: shape,
      style: {
        dotShape: 'rounded',
        dotColor: tint(index),
        cornerFrameShape: 'rounded',
        cornerDotShape: 'rounded',
        frame: { shape, text: texts[index] ?? frameTextDefault },
      },
    })),
  },
];
