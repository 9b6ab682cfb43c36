/**
 * One line of text under or beside a code on a sheet, in Inter, whose letters are embedded as far as they are used. The
 * font comes in one file for each script; each character is taken from the first that has it, and what none has (Inter
 * knows Latin, Greek and Cyrillic) is shown as a question mark. A text that is too long ends in an ellipsis, never outside its
 * label.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PrintFile } from './print-file.ts';

const scripts = ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'greek-ext', 'vietnamese'] as const;
type Script = (typeof scripts)[number];

/** The files of the package, read when the first character asks for them. */
const fonts = new Map<Script, Uint8Array>();
function font(script: Script): Uint8Array {
  const known = fonts.get(script);
  if (known !== undefined) return known;
  const name = `@fontsource/inter/files/inter-${script}-400-normal.woff`;
  const bytes = new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(name))));
  fonts.set(script, bytes);
  return bytes;
}

/** What pdfkit 0.20 has and its types don't tell: the font that is chosen, as fontkit sees it. */
type Chosen = { _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } } };

const unknown = '?';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Inter's contextual forms change what stands between capitals and cost fontkit 70 % of a whole sheet's time. */
const features = { calt: false } as unknown as PDFKit.Mixins.OpenTypeFeatures[];

/** A character as it will stand there: in which font, and how wide. */
interface Glyph {
  readonly script: Script;
  readonly text: string;
  readonly width: number;
}

/** Writes captions of one size into one file. */
export function captions(file: PrintFile, sizePt: number) {
  const opened = new Set<Script>();
  const glyphs = new Map<string, Glyph>();

  function choose(script: Script): void {
    if (!opened.has(script)) file.registerFont(script, font(script) as Buffer);
    opened.add(script);
    file.font(script, sizePt);
  }

  function glyph(character: string): Glyph {
    const known = glyphs.get(character);
    if (known !== undefined) return known;
    const script = scripts.find(name => {
      choose(name);
      return (file as unknown as Chosen)._font.font.hasGlyphForCodePoint(character.codePointAt(0)!);
    });
    if (script === undefined && character !== unknown) return glyph(unknown);
    const made = { script: script ?? 'latin', text: character, width: file.widthOfString(character) };
    if (glyphs.size < glyphsMax) glyphs.set(character, made);
    return made;
  }

  /** Without kerning, which moves letters closer to each other: a line is never wider than this. */
  const widthOf = (text: string): number => Array.from(text, glyph).reduce((sum, { width }) => sum + width, 0);

  /** Neighbours of one script as one. */
  function runs(text: string): Glyph[] {
    const parts: Glyph[] = [];
    for (const next of Array.from(text, glyph)) {
      const last = parts.at(-1);
      if (last?.script !== next.script) parts.push(next);
      else parts.splice(-1, 1, { ...last, text: last.text + next.text, width: last.width + next.width });
    }
    return parts;
  }

  /** The text, or as much of it as fits before an ellipsis. */
  function shortened(text: string, widthMax: number): string {
    if (widthOf(text) <= widthMax) return text;
    const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
    let [fits, tooMany] = [0, parts.length];
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      if (widthOf(`${parts.slice(0, middle).join('').trimEnd()}…`) <= widthMax) fits = middle;
      else tooMany = middle;
    }
    return `${parts.slice(0, fits).join('').trimEnd()}…`;
  }

  /** Writes one line in the colour that is chosen; x, y and width are in points, y is the base line. */
  return (caption: string, x: number, y: number, widthMax: number, align: 'left' | 'center'): void => {
    const line = caption
      .normalize('NFC')
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim();
    const shown = shortened(line.slice(0, captionMax), widthMax);
    let at = align === 'center' ? x + (widthMax - widthOf(shown)) / 2 : x;
    for (const { script, text, width } of runs(shown)) {
      choose(script);
      file.text(text, at, y, { lineBreak: false, baseline: 'alphabetic', features });
      at += width;
    }
  };
}

/** More than any label shows; longer ones need not be measured. */
const captionMax = 500;

/** A sheet in an alphabet has a hundred; this bounds what a hostile one can make us remember. */
const glyphsMax = 10_000;
