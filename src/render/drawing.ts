/**
 * A picture before it has a format: filled outlines in layers, measured in modules, origin at the top left. SVG, PDF
 * and raster are written from the same drawing, so that a code looks the same wherever it is printed. It holds no
 * text: letters have been turned into outlines.
 */
import type { Gradient } from '../../events/style.ts';

/** What an outline is filled with. A gradient runs over `box`, by default over the whole outline's bounds. */
export type Paint =
  | { readonly kind: 'solid'; readonly color: string }
  | { readonly kind: 'gradient'; readonly gradient: Gradient; readonly box: Box };

/** A rectangle in modules. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One layer: an outline as SVG path data (commands M, L, H, V, C, Q, A, Z; absolute; even-odd fill rule) and its paint. */
export interface Outline {
  readonly kind: 'outline';
  readonly path: string;
  readonly paint: Paint;
}

/** One layer: a raster picture (PNG bytes), fitted into its box. */
export interface Picture {
  readonly kind: 'picture';
  readonly png: Uint8Array;
  readonly box: Box;
}

/** Layers from the back to the front, on a ground of `width` × `height` modules. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly layers: readonly (Outline | Picture)[];
}
