/**
 * What of an organisation a key sees, and where what it makes belongs: a test key lives among test codes, a key for a
 * team among that team's, one for some tags or domains among the codes that have one of them. A code that is not seen
 * is not there.
 */
import type { Access } from '../../projections/keys.ts';
import type { QrScope } from '../../projections/qrs.ts';

/** The codes a key sees. */
export const visibleTo = ({ mode, team, tags, domains }: Access): QrScope => ({
  test: mode === 'test',
  ...{ team, tags, domains },
});

/** Fields of a code that a key makes, besides what was asked for: it must see it itself afterwards. */
export interface Belonging {
  readonly test?: true;
  readonly team?: string;
  readonly tags?: string[];
}

/**
 * Where a code belongs that is made with this key. A key for some tags gives them to codes that were asked for without
 * any of them.
 */
export function belonging({ mode, team, tags }: Access, asked: { readonly tags?: readonly string[] | undefined } = {}) {
  const given = asked.tags ?? [];
  const needed = tags === null || tags.some(tag => given.includes(tag)) ? [] : tags;
  const all = [...new Set([...given, ...needed])];
  return {
    ...(mode === 'test' && { test: true as const }),
    ...(team !== null && { team }),
    ...(all.length > 0 && { tags: all }),
  } satisfies Belonging;
}
