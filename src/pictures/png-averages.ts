/**
 * A picture made smaller by a whole factor while its rows come in, in any order: each pixel is the average of a square
 * of the original, weighed by alpha, so that transparent pixels lend no colour to their neighbours. Only the small
 * picture is ever held, and with factor 1 it is the original to the last bit of every pixel that can be seen.
 */
import type { Pixels } from './png-writer.ts';

/** A picture each of whose pixels is the average of a square of the original. */
export class Averages {
  readonly #scale: number;
  readonly #side: readonly [number, number];
  readonly #width: number;
  /** Sums of red, green and blue by alpha, and of alpha: at most 16 × 255 × 255 each. */
  readonly #sums: Uint32Array;

  constructor(width: number, height: number, scale: number) {
    this.#scale = scale;
    this.#side = [width, height];
    this.#width = Math.ceil(width / scale);
    this.#sums = new Uint32Array(this.#width * Math.ceil(height / scale) * 4);
  }

  /** Adds `count` pixels of row `y`, the first at `x0`, each `dx` further on. */
  addRow(pixels: Uint8Array, count: number, x0: number, dx: number, y: number): void {
    const sums = this.#sums;
    const scale = this.#scale;
    const from = Math.floor(y / scale) * this.#width;
    for (let i = 0, x = x0; i < count; ) {
      // All pixels of the row that go into the same one, summed up before memory is touched.
      const cell = Math.floor(x / scale);
      const end = (cell + 1) * scale;
      let red = 0;
      let green = 0;
      let blue = 0;
      let opaque = 0;
      for (; x < end && i < count; i++, x += dx) {
        const at = i * 4;
        const alpha = pixels[at + 3]!;
        red += pixels[at]! * alpha;
        green += pixels[at + 1]! * alpha;
        blue += pixels[at + 2]! * alpha;
        opaque += alpha;
      }
      const to = (from + cell) * 4;
      sums[to] = sums[to]! + red;
      sums[to + 1] = sums[to + 1]! + green;
      sums[to + 2] = sums[to + 2]! + blue;
      sums[to + 3] = sums[to + 3]! + opaque;
    }
  }

  pixels(): Pixels {
    const [width, height] = [this.#width, this.#sums.length / 4 / this.#width];
    const sums = this.#sums;
    const rgba = new Uint8Array(sums.length);
    const scale = this.#scale;
    const reach = (side: number, at: number) => Math.min(scale, side - at * scale);
    for (let i = 0; i < sums.length; i += 4) {
      const alpha = sums[i + 3]!;
      if (alpha === 0) continue;
      const cell = i / 4;
      const area = reach(this.#side[0], cell % width) * reach(this.#side[1], Math.floor(cell / width));
      for (let c = 0; c < 3; c++) rgba[i + c] = Math.round(sums[i + c]! / alpha);
      rgba[i + 3] = Math.round(alpha / area);
    }
    return { width, height, rgba };
  }
}
