/**
 * Names that people give to things: one line of text. They stand in lists and pictures, and neither XML nor Postgres
 * takes control characters or half a surrogate pair.
 */
import { invalid } from '../problem.ts';

/** The name without outer blanks; throws when it is none. */
export function nameFrom(name: string, pointer = '/name'): string {
  const trimmed = name.trim();
  if (trimmed === '') throw invalid([{ pointer, code: 'required', detail: 'A name is needed, not only blanks.' }]);
  if (!/[\p{Cc}\p{Cs}]/u.test(trimmed)) return trimmed;
  throw invalid([{ pointer, code: 'format', detail: 'A name is one line of text without control characters.' }]);
}
