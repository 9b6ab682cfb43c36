/**
 * Letters as outlines: satori sets a line of text in Inter Bold, whose files come with the program, and what it draws
 * is kept as path data. So a picture looks the same on every machine and needs no font where it is printed. Texts are
 * remembered, because a campaign sets the same three words on thousands of codes.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import satori, { type Font } from 'satori';
import type { TextOutline } from '../render/frames.ts';
import { moved } from '../render/path.ts';

/** A character that no font of ours has, so that it could only be drawn as an empty box. */
export class MissingGlyph extends RangeError {
  override readonly name = 'MissingGlyph';
  readonly character: string;
  constructor(character: string) {
    const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    super(`No font here has the character “${character}” (U+${point}): write it in Latin, Greek or Cyrillic letters`);
    this.character = character;
  }
}

/** Parts of Inter, the likeliest first. */
const subsets = ['latin', 'latin-ext', 'vietnamese', 'greek', 'greek-ext', 'cyrillic', 'cyrillic-ext'];
const weight = 700;

/** Large enough that satori's one decimal is a thousandth of a letter. */
const fontSize = 200;

const textsMax = 1_000;
const known = new Map<string, TextOutline>();

let loading: Promise<{ fonts: Font[]; top: number; bottom: number }> | undefined;

async function load() {
  const fonts = await Promise.all(
    subsets.map(async (subset): Promise<Font> => {
      const file = import.meta.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff`);
      return { name: `Inter ${subset}`, data: await readFile(fileURLToPath(file)), weight, style: 'normal' };
    }),
  );
  // An H is a letter of straight lines, so its corners tell where capitals stand.
  const heights = coordinates((await set('H', fonts)).path).filter((_, index) => index % 2 === 1);
  return { fonts, top: Math.min(...heights), bottom: Math.max(...heights) };
}

const coordinates = (path: string): number[] => (path.match(/-?[\d.]+/g) ?? []).map(Number);

/**
 * A line of text. White space of any kind is one space, and letters with marks are joined where Unicode has the pair.
 *
 * @throws MissingGlyph if a character is in none of the fonts
 * @throws RangeError if there is nothing to see in the text
 */
export async function textOutline(text: string): Promise<TextOutline> {
  const line = text.normalize('NFC').replace(/\s+/g, ' ').trim();
  const outline = known.get(line) ?? (await outlined(line));
  known.delete(line); // and put last: the first is the one to forget
  known.set(line, outline);
  if (known.size > textsMax) known.delete(known.keys().next().value!);
  return outline;
}

async function outlined(line: string): Promise<TextOutline> {
  loading ??= load();
  const { fonts, top, bottom } = await loading;
  const { path, width, missing } = await set(line, fonts);
  if (missing !== '') {
    for (const character of missing)
      if ((await set(character, fonts)).missing !== '') throw new MissingGlyph(character);
    throw new MissingGlyph(missing);
  }
  if (path === '') throw new RangeError('There is nothing to see in this text');
  return { path: moved(path, 1, 0, -top), width, height: bottom - top };
}

/** What satori draws: each line of text is one `<path>` beside the mask of its box. */
async function set(text: string, fonts: Font[]) {
  const style = { display: 'flex', whiteSpace: 'pre', fontFamily: fonts.map(font => font.name).join(', '), fontSize };
  let missing = '';
  const drawn = await satori(
    { type: 'div', key: null, props: { style: { ...style, fontWeight: weight }, children: text } },
    {
      fonts,
      height: 2 * fontSize,
      embedFont: true,
      loadAdditionalAsset: (_language: string, segment: string) => {
        missing += segment;
        return Promise.resolve([]);
      },
    },
  );
  const path = [...drawn.matchAll(/<path [^>]*?\bd="([^"]*)"/g)].map(match => match[1]).join('');
  return { path, width: Number(/^<svg width="([\d.]+)"/.exec(drawn)?.[1]), missing };
}
