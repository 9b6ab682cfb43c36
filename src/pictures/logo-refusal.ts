/**
 * How a logo is refused: with a code that never changes its meaning and a sentence that says what to do instead. It
 * repeats names of elements and attributes at most, cut short, never content: an uploaded file may hold anything.
 */
import { Problem } from '../problem.ts';

/** What the caller has to change in the file. */
export function refused(code: string, detail: string): Problem {
  return new Problem('validation_failed', detail, { errors: [{ pointer: '/file', code, detail }] });
}

/** A file of another kind than those that are taken. */
export const wrongKind = (detail: string): Problem => new Problem('unsupported_media_type', detail);

/** A name out of the file as it may stand in a sentence. */
export const quoted = (name: string): string => `"${name.replace(/[^\w:.-]/g, '?').slice(0, 40)}"`;
