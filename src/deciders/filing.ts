/**
 * Where codes are filed: tags, of which a code has many, and a folder, of which it has one. Tags are the same whatever
 * capitals, accents' encodings and spaces they are written with: they are kept in lower case, Unicode's form NFC and
 * single spaces. A folder is a flat name that is kept as it was written, in form NFC; a slash in it means nothing.
 */
import type { Fault } from '../problem.ts';

export const tagsMax = 20;
export const tagLengthMax = 50;
export const folderLengthMax = 100;

/** A tag as it is kept and compared. */
export const canonicalTag = (text: string): string => {
  // Lower case may bring what form NFC joins again, as with the dotted I.
  const once = lower(text);
  return lower(once).trim().replace(/\s+/g, ' ');
};
const lower = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');

/** Tags as a code has them: canonical, each once, sorted by code units. */
export const canonicalTags = (tags: readonly string[]): string[] => [...new Set(tags.map(canonicalTag))].sort();

/** A folder's name as it is kept; null for none. */
export const canonicalFolder = (folder: string | null): string | null => folder?.normalize('NFC').trim() ?? null;

/** What is wrong with tags, each fault at the tag that has it. */
export function tagFaults(tags: readonly string[] | undefined): Fault[] {
  if (tags === undefined) return [];
  const faults = tags.flatMap((tag, i) => wordFaults(canonicalTag(tag), `/tags/${i}`, 'tag', tagLengthMax));
  for (const [i, tag] of tags.entries()) {
    // A comma stands between tags where they are asked for.
    if (tag.includes(',')) faults.push({ pointer: `/tags/${i}`, code: 'format', detail: 'A tag has no comma.' });
  }
  if (new Set(tags.map(canonicalTag)).size > tagsMax) {
    faults.push({ pointer: '/tags', code: 'too_many', detail: `A code has at most ${tagsMax} tags.` });
  }
  return faults;
}

/** What is wrong with a folder's name. */
export function folderFaults(folder: string | null | undefined): Fault[] {
  if (folder == null) return [];
  return wordFaults(canonicalFolder(folder)!, '/folder', 'folder', folderLengthMax);
}

/** Lengths are counted in characters, not in the halves of a surrogate pair. */
function wordFaults(word: string, pointer: string, noun: string, lengthMax: number): Fault[] {
  const length = [...word].length;
  if (length === 0) return [{ pointer, code: 'too_short', detail: `A ${noun} has at least one visible character.` }];
  if (length > lengthMax)
    return [{ pointer, code: 'too_long', detail: `A ${noun} has at most ${lengthMax} characters.` }];
  if (!/[\p{Cc}\p{Cs}]/u.test(word)) return [];
  return [{ pointer, code: 'format', detail: `A ${noun} is one line of text without control characters.` }];
}
