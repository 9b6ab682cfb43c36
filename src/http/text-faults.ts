/**
 * What JSON can say and no text is: the character NUL, which Postgres takes in none of its texts, and half of a surrogate
 * pair, which has no form in UTF-8. Both can only come as escapes, so a body without those is looked at no further.
 */
import type { Fault } from '../problem.ts';

const suspicious = /\\u(0000|d[89a-f])/i;
const detail = 'This holds a character that no text has: NUL, or half of a surrogate pair.';
const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** So that no answer is without bounds; and no route takes anything at places that are longer. */
const faultsMax = 1_000;
const pointerLengthMax = 1_000;

/** What can be kept of a text: U+FFFD stands for what no text has. */
export const keepable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/** A name as a part of a JSON Pointer (RFC 6901 §3). */
export const inPointer = (name: string): string => name.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

const found = new WeakMap<object, readonly Fault[]>();

/** Remembers what is wrong with a body's texts, for whoever judges the body; `text` is what it was parsed from. */
export function lookAtTexts(body: unknown, text: string): void {
  if (typeof body !== 'object' || body === null || !suspicious.test(text)) return;
  const faults: Fault[] = [];
  const look = (value: unknown, pointer: string): void => {
    if (typeof value === 'string' && !isText(value)) faults.push({ pointer, code: 'format', detail });
    if (typeof value !== 'object' || value === null || pointer.length > pointerLengthMax) return;
    for (const [name, inner] of Object.entries(value)) {
      const place = `${pointer}/${inPointer(name)}`;
      if (!isText(name)) faults.push({ pointer: place, code: 'format', detail });
      look(inner, place);
      if (faults.length >= faultsMax) return;
    }
  };
  look(body, '');
  if (faults.length > 0) found.set(body, faults);
}

/** What was wrong with the texts of a body. */
export const textFaults = (body: unknown): readonly Fault[] =>
  typeof body === 'object' && body !== null ? (found.get(body) ?? []) : [];
