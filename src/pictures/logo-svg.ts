/**
 * An uploaded SVG as one that is safe to draw: read by a real XML parser, kept where it is on the list, written anew from
 * what was kept. Nothing of the file itself reaches the renderer. What a logo can't have (scripts, pictures, text, links,
 * filters, entities) is refused by name rather than dropped, so that nobody prints half a logo; what only drawing
 * programs read is left out. All counts and depths are bounded, so that small files can't make big pictures.
 */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { Problem } from '../problem.ts';
import { quoted, refused, wrongKind } from './logo-refusal.ts';
import { Drawing, type Element } from './svg-drawing.ts';
import { declarations, StyleSheet } from './svg-styles.ts';
import { safeValue } from './svg-values.ts';

const elementsMax = 5_000;
const attributesMax = 100;
const depthMax = 32;
const outlinesLengthMax = 500_000;

const svgSpace = 'http://www.w3.org/2000/svg';
const xlinkSpace = 'http://www.w3.org/1999/xlink';
/** What drawing programs keep for themselves. */
const editorSpace =
  /^(?:https?:\/\/(?:sodipodi\.sourceforge\.net|www\.inkscape\.org|www\.w3\.org\/1999\/02\/22-rdf-syntax-ns|(?:web\.resource|creativecommons)\.org|purl\.org\/dc|ns\.adobe\.com|www\.bohemiancoding\.com|www\.serif\.com|www\.figma\.com|vectornator\.io))/;
/** The only document types there are: their text is known, and it is dropped. */
const documentType =
  /^\s*svg\s+PUBLIC\s+"-\/\/W3C\/\/DTD SVG 1\.[01](?: Basic| Tiny)?\/\/EN"\s+"https?:\/\/www\.w3\.org\/[\w/.-]{1,80}\.dtd"\s*$/;

const drawn = new Set(
  'svg g defs path rect circle ellipse line polyline polygon use linearGradient radialGradient stop clipPath'.split(
    ' ',
  ),
);
const silent = new Set(['title', 'desc', 'metadata']);

/** The safe SVG and its proportions. */
export interface SafeSvg {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** @throws Problem saying what the logo must not have */
export function safeSvg(text: string): SafeSvg {
  try {
    return new Reader().read(text);
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The parser's message would repeat a piece of the file.
    throw refused('malformed', 'The file is no well-formed XML.');
  }
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #sheet = new StyleSheet();
  readonly #open: Element[] = [];
  #root: Element | undefined;
  #depth = 0;
  #elements = 0;
  #attributes = 0;
  #outlines = 0;
  /** Depth of the element whose contents are left out. */
  #silentFrom = Number.POSITIVE_INFINITY;
  #style: string | undefined;

  read(text: string): SafeSvg {
    const parser = this.#parser;
    parser.on('error', error => {
      throw error;
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding)) {
        throw refused('encoding', 'Save the logo as UTF-8; it says that it is in another encoding.');
      }
    });
    parser.on('doctype', doctype => {
      if (!documentType.test(doctype))
        throw refused('not_allowed', 'A logo can not declare entities or a document type.');
    });
    parser.on('processinginstruction', () => {
      throw refused('not_allowed', 'A logo can not have processing instructions such as xml-stylesheet.');
    });
    parser.on('attribute', () => {
      if (++this.#attributes > attributesMax)
        throw refused('too_complex', `An element has more than ${attributesMax} attributes.`);
    });
    parser.on('opentag', tag => this.#enter(tag));
    parser.on('closetag', () => this.#leave());
    const styleText = (part: string) => {
      if (this.#style !== undefined) this.#style += part;
    };
    parser.on('text', styleText);
    parser.on('cdata', styleText);
    parser.write(text).close();
    return new Drawing(this.#root!, this.#sheet).toSvg();
  }

  #enter(tag: SaxesTagNS): void {
    this.#attributes = 0;
    if (++this.#elements > elementsMax) throw refused('too_complex', `The logo has more than ${elementsMax} elements.`);
    if (++this.#depth > depthMax) throw refused('too_complex', `The logo is nested deeper than ${depthMax} levels.`);
    const { local, uri } = tag;
    if (this.#depth === 1 && (uri !== svgSpace || local !== 'svg'))
      throw wrongKind('The file is no SVG: its first element is another.');
    const attributes = this.#kept(Object.values(tag.attributes), uri === svgSpace);
    const isSilent = this.#style === undefined && (uri === svgSpace ? silent.has(local) : editorSpace.test(uri));
    if (isSilent && this.#depth < this.#silentFrom) this.#silentFrom = this.#depth;
    if (isSilent) return;
    const isStyle = uri === svgSpace && local === 'style';
    const isDrawn = uri === svgSpace && drawn.has(local) && (local !== 'svg' || this.#depth === 1);
    if (this.#style !== undefined || this.#depth > this.#silentFrom || !(isDrawn || isStyle)) {
      throw refused('not_allowed', `A logo can not have the element ${quoted(tag.name)}: ${hintFor(local)}.`);
    }
    if (isStyle) {
      this.#style = '';
      return;
    }
    const element: Element = { name: local, attributes, children: [] };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #leave(): void {
    if (this.#style !== undefined) {
      this.#sheet.add(this.#style);
      this.#style = undefined;
    } else if (this.#depth < this.#silentFrom) this.#open.pop();
    if (this.#depth === this.#silentFrom) this.#silentFrom = Number.POSITIVE_INFINITY;
    this.#depth--;
  }

  /** What is passed on of the attributes of an element; those of editors are looked at and left out. */
  #kept(attributes: readonly SaxesAttributeNS[], isSvg: boolean): Map<string, string> {
    const kept = new Map<string, string>();
    for (const { local, prefix, uri, value } of attributes) {
      if (/^on/i.test(local)) throw refused('not_allowed', `A logo can not have the event handler ${quoted(local)}.`);
      const isLink = /^(?:href|src|base|action|formaction|data)$/i.test(local) && prefix !== 'xmlns';
      if (isLink && !/^#[\w.:-]{1,128}$/.test(value.trim())) {
        throw refused('external_reference', `The logo refers to something outside of itself, in ${quoted(local)}.`);
      }
      if (!isSvg || (uri !== '' && uri !== xlinkSpace)) continue;
      if (local === 'href') kept.set('href', value.trim());
      else if (uri !== '') continue;
      else if (local === 'id' && /^[\w.:-]{1,128}$/.test(value)) kept.set('id', value);
      else if (local === 'class' || local === 'viewBox') kept.set(local, value.slice(0, 1_000));
      else if (local === 'style') for (const [name, text] of declarations(value)) safeValue(name, text, true);
      const safe = local === 'style' ? value : safeValue(local, value, false);
      if (safe === undefined) continue;
      if (local === 'd' || local === 'points') this.#outlines += safe.length;
      if (this.#outlines > outlinesLengthMax)
        throw refused('too_complex', `The outlines of the logo are longer than ${outlinesLengthMax} characters.`);
      kept.set(local, safe);
    }
    return kept;
  }
}

function hintFor(element: string): string {
  if (/^(?:text|tspan|textPath|font.*|glyph)$/.test(element)) return 'turn text into outlines';
  if (element === 'image') return 'upload pictures as PNG';
  return 'flatten or remove it in the drawing program';
}
