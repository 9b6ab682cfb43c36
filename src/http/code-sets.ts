/**
 * The codes that a question about scans is asked of: all that the caller sees, or those with a tag, in a folder, of a
 * list, or whatever else the list of codes can be narrowed to. Deleted codes are among them: what was scanned was
 * scanned.
 */
import type { Static, TProperties } from '@sinclair/typebox';
import { Type } from '@sinclair/typebox';
import type { Access } from '../../projections/keys.ts';
import { isWhole, type QrFilter, qrIds } from '../../projections/qr-filters.ts';
import { canonicalFolder, canonicalTags } from '../deciders/filing.ts';
import { invalid, Problem } from '../problem.ts';
import type { ApiDeps } from './deps.ts';
import { filterFields } from './qr-queries.ts';
import { visibleTo } from './visible.ts';

const { search, type, static: isStatic, team, tags, tagMatch, folder } = filterFields;
const listMax = 1_000;

export const codeSetFields = {
  codes: Type.Optional(
    Type.String({ minLength: 1, maxLength: listMax * 30, description: `Ids of codes with commas, at most ${listMax}` }),
  ),
  ...{ search, type, static: isStatic, team, tags, tagMatch, folder },
} satisfies TProperties;

const CodeSet = Type.Object(codeSetFields);
export type CodeSetQuery = Static<typeof CodeSet>;

/** Codes whose scans are told one by one or in sums; beyond, a question has to be narrower. */
export const codesMax = 10_000;

/**
 * Ids of the codes that are meant; null for the whole organisation. `qrs` must be fresh. Throws 404 when a code of the
 * list is not there for the caller, and 422 when there are too many.
 */
export async function codesMeant(
  deps: ApiDeps,
  access: Access,
  query: CodeSetQuery,
  pointer = '?codes',
): Promise<string[] | null> {
  const { codes, tags, tagMatch, folder, ...rest } = query;
  if (tagMatch !== undefined && tags === undefined) {
    throw invalid([{ pointer: '?tagMatch', code: 'not_allowed', detail: '"tagMatch" is for tags.' }]);
  }
  const scope = visibleTo(access);
  const isNarrowed = Object.keys(codeSetFields).some(name => query[name as keyof CodeSetQuery] !== undefined);
  if (!isNarrowed && isWhole(scope)) return null;
  const ids = codes?.split(',').map(id => id.trim());
  if (ids && ids.length > listMax) {
    throw invalid([{ pointer, code: 'too_many', detail: `A list has at most ${listMax} codes.` }]);
  }
  const filter: QrFilter = {
    ...{ search: rest.search, type: rest.type, static: rest.static, team: rest.team },
    ...{ ids, tagMatch, status: 'any' },
    tags: tags === undefined ? undefined : canonicalTags(tags.split(',')).filter(tag => tag !== ''),
    folder: folder === undefined ? undefined : canonicalFolder(folder)!,
  };
  if (ids) await refuseUnknown(deps, access, ids, pointer);
  const found = await qrIds(deps.sql, access.org, filter, scope);
  if (found.length > codesMax) {
    const detail = `These are ${found.length} codes; a question is asked of at most ${codesMax}, or of all.`;
    throw invalid([{ pointer: '?', code: 'too_many', detail }]);
  }
  return found;
}

async function refuseUnknown({ sql }: ApiDeps, access: Access, ids: readonly string[], pointer: string): Promise<void> {
  const known = new Set(await qrIds(sql, access.org, { ids, status: 'any' }, visibleTo(access)));
  const unknown = ids.filter(id => !known.has(id));
  if (unknown.length === 0) return;
  const errors = unknown.map(id => ({
    pointer,
    code: 'unknown',
    detail: `There is no code ${id.slice(0, 40)}.`,
  }));
  throw new Problem('not_found', `${unknown.length} of the codes are not there.`, { errors: errors.slice(0, 100) });
}
