/**
 * The kept elements of a logo, put together again. Here it is settled what an element looks like (its attributes, the
 * sheet, its own style, in this order) and what it refers to: each reference leads to an element of the right kind, and
 * never through a second one, so that copies of copies can't multiply. Layers are counted, since each is a picture of
 * its own for the renderer.
 */
import { refused } from './logo-refusal.ts';
import { declarations, type StyleSheet } from './svg-styles.ts';
import { pixelsOf, safeValue } from './svg-values.ts';

export interface Element {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: Element[];
}

/** Elements that are drawn in all, copies counted. */
const copiesMax = 5_000;
/** What is drawn apart first, a picture of up to 4 MB and 80 ms of resvg at 1024 px: in all, and within each other. */
const layersMax = 16;
const layerDepthMax = 4;
/** Larger than any screen or sheet. */
const sideMax = 16_384;
const proportionMax = 20;

const clippable = new Set(['g', 'path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon', 'use']);

const copyable = /^(?:g|path|rect|circle|ellipse|line|polyline|polygon)$/;

const idIn = (value: string | undefined): string | undefined => /^url\(#(.*?)\)/.exec(value ?? '')?.[1];

export class Drawing {
  readonly #root: Element;
  readonly #sheet: StyleSheet;
  readonly #byId = new Map<string, Element>();
  #drawn = 0;
  #hasCopies = false;

  constructor(root: Element, sheet: StyleSheet) {
    this.#root = root;
    this.#sheet = sheet;
    this.#settle(root);
    if (!this.#hasCopies) fadeFills(root, undefined, 1);
  }

  /** @throws Problem if the size, a reference or the number of copies is out of bounds */
  toSvg(): { svg: string; width: number; height: number } {
    const { x, y, width, height } = this.#viewBox();
    // In this order: what is checked first keeps the counts below from going in circles.
    this.#check(this.#root, false);
    this.#count(this.#root, false);
    const { count, depth } = this.#layers(this.#root);
    if (count > layersMax || depth > layerDepthMax) {
      throw refused('too_complex', 'The logo has too many transparent or clipped groups; flatten them.');
    }
    const inner = this.#root.children.map(child => this.#markup(child)).join('');
    const looks = this.#attributes(this.#root, name => !/^(?:id|x|y|width|height|transform|clip-path)$/.test(name));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}"${looks}>${inner}</svg>`;
    return { svg, width, height };
  }

  /** Attributes, then the sheet, then the own style; ids, of which the first one counts. */
  #settle(element: Element): void {
    const { attributes } = element;
    if (element.name === 'use') this.#hasCopies = true;
    const id = attributes.get('id');
    if (id !== undefined && this.#byId.has(id)) attributes.delete('id');
    else if (id !== undefined) this.#byId.set(id, element);
    const style = attributes.get('style');
    const rules = this.#sheet.for(element.name, attributes.get('class') ?? '', id);
    for (const [name, value] of [...rules, ...(style === undefined ? [] : declarations(style))]) {
      const safe = safeValue(name, value, true);
      if (safe !== undefined) attributes.set(name, safe);
    }
    attributes.delete('style');
    attributes.delete('class');
    for (const child of element.children) this.#settle(child);
  }

  #viewBox() {
    const { attributes } = this.#root;
    const box = attributes
      .get('viewBox')
      ?.trim()
      .split(/[\s,]+/)
      .map(Number);
    const [width, height] = [pixelsOf(attributes.get('width')), pixelsOf(attributes.get('height'))];
    const [x, y, w, h] = box?.length === 4 ? box : [0, 0, width, height];
    if (x === undefined || y === undefined || w === undefined || h === undefined || !(w > 0 && h > 0)) {
      throw refused('size', 'The logo needs a viewBox, or a width and a height.');
    }
    const sides = [w, h, width ?? 0, height ?? 0, Math.abs(x), Math.abs(y)];
    if (!sides.every(side => side <= sideMax))
      throw refused('size', `The logo is larger than ${sideMax} × ${sideMax}.`);
    if (Math.max(w / h, h / w) > proportionMax)
      throw refused('size', `The logo is more than ${proportionMax} times as long as wide.`);
    return { x, y, width: w, height: h };
  }

  /** What a reference leads to. */
  #target(reference: string, kinds: RegExp): Element {
    const target = this.#byId.get(reference.replace(/^#/, ''));
    if (!target || !kinds.test(target.name))
      throw refused('bad_reference', 'The logo refers to something that is not there or of another kind.');
    return target;
  }

  /** Counts what is drawn, copies and clips as often as they are. What a `use` shows has no `use` of its own. */
  #count(element: Element, isCopy: boolean): void {
    if (++this.#drawn > copiesMax) throw refused('too_complex', `The logo draws more than ${copiesMax} elements.`);
    const { attributes, children, name } = element;
    if (name === 'use') {
      if (isCopy) throw refused('too_complex', 'The logo has copies of copies; expand them in the drawing program.');
      this.#count(this.#target(attributes.get('href') ?? '', copyable), true);
    }
    const clip = idIn(attributes.get('clip-path'));
    if (clip !== undefined) this.#count(this.#target(clip, /^clipPath$/), false);
    for (const child of children) this.#count(child, isCopy);
  }

  #layers(element: Element): { count: number; depth: number } {
    const { attributes, name } = element;
    const below = element.children.map(child => this.#layers(child));
    if (name === 'use') below.push(this.#layers(this.#target(attributes.get('href') ?? '', /./)));
    const isLayer = ['opacity', 'clip-path'].some(key => !/^(?:1|none)?$/.test(attributes.get(key) ?? ''));
    const own = isLayer ? 1 : 0;
    return {
      count: below.reduce((sum, { count }) => sum + count, own),
      depth: own + Math.max(0, ...below.map(({ depth }) => depth)),
    };
  }

  /** Paint is a gradient, clips are clip paths, and within a clip path nothing is clipped again. */
  #check(element: Element, isClip: boolean): void {
    const { attributes, name } = element;
    for (const paint of ['fill', 'stroke']) {
      const id = idIn(attributes.get(paint));
      if (id !== undefined) this.#target(id, /^(?:linear|radial)Gradient$/);
    }
    const clip = idIn(attributes.get('clip-path'));
    if (clip !== undefined) this.#target(clip, /^clipPath$/);
    const inClip = isClip || name === 'clipPath';
    if (clip !== undefined && (inClip || !clippable.has(name))) {
      throw refused('too_complex', 'The logo clips what clips already; flatten it in the drawing program.');
    }
    const href = attributes.get('href');
    if (href !== undefined && name.endsWith('Gradient')) {
      const target = this.#target(href, /^(?:linear|radial)Gradient$/);
      if (target.attributes.has('href'))
        throw refused('too_complex', 'The gradients of the logo refer to each other in a chain.');
    }
    if (name === 'use' && inClip && this.#hasClip(this.#target(href ?? '', /./))) {
      throw refused('too_complex', 'The logo clips what clips already; flatten it in the drawing program.');
    }
    for (const child of element.children) this.#check(child, inClip);
  }

  #hasClip({ attributes, children }: Element): boolean {
    return attributes.has('clip-path') || children.some(child => this.#hasClip(child));
  }

  #markup(element: Element): string {
    const { name, children } = element;
    const hasHref = name === 'use' || name.endsWith('Gradient');
    const attributes = this.#attributes(element, key => key !== 'viewBox' && (key !== 'href' || hasHref));
    if (children.length === 0) return `<${name}${attributes}/>`;
    return `<${name}${attributes}>${children.map(child => this.#markup(child)).join('')}</${name}>`;
  }

  #attributes({ attributes }: Element, isKept: (name: string) => boolean): string {
    return [...attributes]
      .filter(([name]) => isKept(name) && name !== 'viewBox')
      .map(([name, value]) => ` ${name}="${value.replace(/[&<"]/g, mark => `&#${mark.charCodeAt(0)};`)}"`)
      .join('');
  }
}

/**
 * Turns the opacity of a filled shape without stroke into that of its fill, which looks the same and needs no layer.
 * Copies would inherit a stroke from elsewhere, so a drawing that has some is left as it is.
 */
function fadeFills({ attributes, children, name }: Element, outerStroke: string | undefined, outerFade: number): void {
  const stroke = attributes.get('stroke') ?? outerStroke;
  const fade = shareOf(attributes.get('fill-opacity')) ?? outerFade;
  const opacity = shareOf(attributes.get('opacity'));
  if (opacity !== undefined && copyable.test(name) && name !== 'g' && (stroke === undefined || stroke === 'none')) {
    attributes.delete('opacity');
    attributes.set('fill-opacity', `${opacity * fade}`);
  }
  for (const child of children) fadeFills(child, stroke, fade);
}

function shareOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const share = Number.parseFloat(value) / (value.endsWith('%') ? 100 : 1);
  return Math.min(1, Math.max(0, share));
}
